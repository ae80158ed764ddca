"""An account lives in one region of its stage, and a phone says in which: by what its number begins with.

Nothing here looks at accounts: whoever asks learns where such numbers live, and nothing of this one. The regions are
told to everybody (`GET /v1/regions`), so that a client finds its own before it says who it is for.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from chalicelib.kit.errors import Conflict, Problem, Unauthorized
from chalicelib.kit.i18n import Text

REST = "*"
"""In the place of calling codes: all numbers that no other region has."""


@dataclass(frozen=True)
class Region:
    """A stack of this stage.

    Attributes:
        id: the AWS region.
        name: as people choose it.
        api: its address, without `/v1`.
        codes: calling codes (E.164, without the plus) of the phones that live there; `*` is all others.
    """

    id: str
    name: Text
    api: str
    codes: tuple[str, ...]

    def members(self) -> Mapping[str, str]:
        """Return what a problem tells of it: where to go on."""
        return {"region": self.id, "api": f"{self.api}/v1"}


class _Elsewhere(Problem):
    detail = Text("Go on in {en}: {api}.", "请前往“{zh}”：{api}。")

    def __init__(self, region: Region) -> None:
        super().__init__(en=region.name.en, zh=region.name.zh, api=region.members()["api"])
        self._region = region

    def members(self) -> Mapping[str, str]:
        return self._region.members()


class WrongRegion(_Elsewhere, Conflict):
    """The phone's accounts live elsewhere; whether there is one was not looked up. 421 would say it too, but browsers
    send such requests again by themselves.
    """

    code = "wrong-region"
    title = Text("Accounts with this phone live in another region", "该手机号的账号属于其他区域")


class TokenElsewhere(_Elsewhere, Unauthorized):
    """The access token was issued by another region of this stage, or says so: it opens nothing here."""

    code = "token-of-another-region"
    title = Text("You are signed in in another region", "您登录的是其他区域")


@dataclass(frozen=True)
class Regions:
    """The regions of a stage, as one of them knows them.

    Attributes:
        here: the AWS region of this stack.
        listed: all of them with this one; none where this is the only one.
        keeps: calling codes whose phones sign in here all the same: they did before their region was there.
    """

    here: str
    listed: tuple[Region, ...] = ()
    keeps: frozenset[str] = frozenset()

    def other(self, region_id: object) -> Region | None:
        """Return another region of this stage by its id; None where there is none."""
        return next((one for one in self.listed if one.id == region_id != self.here), None)

    def home(self, phone: str) -> Region | None:
        """Return where accounts with a phone (E.164) live; None where there is but this region. No calling code begins
        with another, so the first that fits is the one.
        """
        number = phone.removeprefix("+")
        named = (one for one in self.listed if any(code != REST and number.startswith(code) for code in one.codes))
        return next(named, None) or next((one for one in self.listed if REST in one.codes), None)

    def must_live_here(self, phone: str) -> None:
        """Let a phone (E.164) pass whose accounts live here, or did before their region was there.

        Raises:
            WrongRegion: they live in another region.
        """
        home, kept = self.home(phone), any(phone.startswith(f"+{code}") for code in self.keeps)
        if home is not None and home.id != self.here and not kept:
            raise WrongRegion(home)
