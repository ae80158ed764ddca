"""What profiles refuse, in two languages."""

from chalicelib.kit.errors import Conflict, TooMany, Unavailable
from chalicelib.kit.i18n import Text


class TooManyAddresses(Conflict):
    code = "too-many-addresses"
    title = Text("The address book is full", "地址簿已满")
    detail = Text("At most {limit}. Change or remove one of them.", "最多 {limit} 个地址，请修改或删除已有地址。")


class AddressChanged(Conflict):
    code = "address-changed"
    title = Text("The address has changed since", "地址已被修改")
    detail = Text("Read it again: it has version {version} now.", "请重新读取，当前版本为 {version}。")


class TooManyFavourites(Conflict):
    code = "too-many-favourites"
    title = Text("The list of favourites is full", "收藏已满")
    detail = Text("At most {limit}. Remove one of them.", "最多收藏 {limit} 家商铺，请先移除部分收藏。")


class TooManyBlocked(Conflict):
    code = "too-many-blocked"
    title = Text("The list of those who are blocked is full", "屏蔽名单已满")
    detail = Text("At most {limit}. Remove one of them.", "最多屏蔽 {limit} 个对象，请先移除部分对象。")


class AskedEnough(TooMany):
    code = "geocoder-budget"
    title = Text("Too many addresses were looked up", "地址查询过于频繁")
    detail = Text("At most {limit} an hour. Type it in, or wait.", "每小时最多查询 {limit} 次，请手动输入或稍候再试。")


class GeocoderDown(Unavailable):
    code = "geocoder-unavailable"
    title = Text("Addresses cannot be looked up now", "地址查询服务暂不可用")
    detail = Text("Type the address in, or try again later.", "请手动输入地址，或稍后再试。")
