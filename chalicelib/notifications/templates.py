"""The texts of all notices. Variables: see `VARIABLES`; no text names a person."""

from collections.abc import Mapping

from chalicelib.kit.i18n import Text

VARIABLES: Mapping[str, frozenset[str]] = {
    "account": frozenset({"end", "after"}),
    "login": frozenset({"device", "place", "at"}),
    "factor": frozenset({"factor", "left"}),
    "team": frozenset({"role"}),
    "identity": frozenset({"way"}),
    "privacy": frozenset(),
    "order": frozenset({"shop", "what", "amount", "refunded"}),
    "claim": frozenset({"shop", "what", "amount", "given"}),
    "coupon": frozenset({"title"}),
    "settlement": frozenset({"lines", "amount"}),
    "payout": frozenset({"amount", "arrived", "returned"}),
    "dispute": frozenset({"shop", "what", "amount", "by"}),
    "vetting": frozenset({"until"}),
    "review": frozenset({"shop", "stars"}),
    "queue": frozenset({"shop", "number", "ahead"}),
    "wait": frozenset({"shop", "what", "amount", "until"}),
}
"""What the texts of a domain may name.

shop: the shop's name in the reader's language. what: the lines of an order, each with its local time. amount: what the
customer paid, asks back, what the merchant gets. title: of the coupon. refunded: what went back. given: what goes back
of a claim. lines: how many. stars: 1 to 5. number: as it is called, such as A012. ahead: how many wait in front.
until: by when it is to be paid, by the shop's clock; a licence's last day. arrived, returned: what of a payout did, and
did not. by: until when the bank wants evidence, by the shop's clock, or soon. end: last digits of an account. after:
from when on money goes there, by the merchant's clock. device: what signed in, as far as it can be told. place: the
country, or none that is known. factor: what kind of second factor. left: how many recovery codes. at: when,
by the clock of most who read the language. role: what somebody is asked to be, or was. way: a kind of sign-in.
"""

TEMPLATES: Mapping[str, Text] = {
    "order.confirmed.customer": Text(
        "[Linli] Booked at {shop}: {what}. Paid {amount}. See you there!",
        "【邻里】您在{shop}的预订已确认：{what}，已支付{amount}。期待您的光临！",
    ),
    "order.confirmed.merchant": Text(
        "[Linli] New order for {shop}: {what}. {amount}.",
        "【邻里】{shop}收到新订单：{what}，金额{amount}。",
    ),
    "order.cancelled.customer": Text(
        "[Linli] Cancelled at {shop}: {what}. What is to be refunded is on its way.",
        "【邻里】您在{shop}的预订已取消：{what}。如有应退款项，将原路退回。",
    ),
    "order.cancelled.merchant": Text(
        "[Linli] Cancelled for {shop}: {what}. The time is free again.",
        "【邻里】{shop}的订单已取消：{what}。该时段已重新开放。",
    ),
    "order.changed.customer": Text(
        "[Linli] Changed at {shop}, it is now: {what}.",
        "【邻里】您在{shop}的预订已变更为：{what}。",
    ),
    "order.changed.merchant": Text(
        "[Linli] Changed for {shop}, it is now: {what}.",
        "【邻里】{shop}的订单已变更为：{what}。",
    ),
    "order.expired.customer": Text(
        "[Linli] Your unpaid order at {shop} has run out: {what}. Nothing was charged; you can order again.",
        "【邻里】您在{shop}的订单因未支付已失效：{what}。未产生任何费用，您可以重新下单。",
    ),
    "order.refunded.customer": Text(
        "[Linli] {refunded} for your order at {shop} went back the way you paid.",
        "【邻里】您在{shop}的订单已退款{refunded}，款项将原路返回。",
    ),
    "order.completed.customer": Text(
        "[Linli] Thank you for visiting {shop}. How was it? You can write a review now: {what}.",
        "【邻里】感谢光临{shop}。本次体验如何？欢迎评价：{what}。",
    ),
    "account.bank.merchant": Text(
        "[Linli] We now pay you to the bank account ending in {end}, {after}. If you did not ask for this, contact us "
        "right away.",
        "【邻里】您的收款银行账户已变更为尾号 {end} 的账户，{after}开始打款。如非您本人要求，请立即联系我们。",
    ),
    "account.connect.merchant": Text(
        "[Linli] We now pay you to the account ending in {end} at our payment provider, {after}. If you did not ask "
        "for this, contact us right away.",
        "【邻里】您的收款账户已变更为支付机构尾号 {end} 的账户，{after}开始打款。如非您本人要求，请立即联系我们。",
    ),
    "login.new.customer": Text(
        "[Linli] New sign-in to your account with {device} from {place} on {at}. If it was not you, end your sessions "
        "and change how you sign in.",
        "【邻里】您的账号于{at}通过{device}在{place}登录。如非本人操作，请立即退出所有设备并更改登录方式。",
    ),
    "login.password.customer": Text(
        "[Linli] Your password was set on {at}, and everywhere else you are signed out. If it was not you, sign in "
        "with a code, set another one and contact us.",
        "【邻里】您的登录密码已于{at}设置，其他设备已退出登录。如非本人操作，请使用验证码登录后重设密码，并联系我们。",
    ),
    "team.invited.customer": Text(
        "[Linli] A merchant asks you to work for them as {role}. Sign in with this number to accept.",
        "【邻里】有商户邀请您担任{role}。请使用本手机号登录后接受邀请。",
    ),
    "team.left.merchant": Text(
        "[Linli] Somebody works for you no longer ({role}). Addresses of calendar feeds that they may know stay good: "
        "make new ones.",
        "【邻里】有成员（{role}）已不再为您工作。其可能知晓的日历订阅地址仍然有效，请重新生成。",
    ),
    "privacy.export_ready.customer": Text(
        "[Linli] The copy of your data is ready. Fetch it in the app within 7 days.",
        "【邻里】您的个人信息副本已生成，请在 7 天内于应用内下载。",
    ),
    "privacy.erasure_asked.customer": Text(
        "[Linli] Your account will be erased in 7 days. If you did not ask for that, sign in and keep it.",
        "【邻里】您的账号将在 7 天后注销。如非本人操作，请登录并撤回。",
    ),
    "identity.linked.customer": Text(
        "[Linli] You can now sign in by {way}, too. If you did not ask for this, end your sessions and contact us "
        "right away.",
        "【邻里】您的账号已绑定新的登录方式：{way}。如非本人操作，请立即退出所有设备并联系我们。",
    ),
    "identity.unlinked.customer": Text(
        "[Linli] Nobody can sign in to your account by {way} any more. If you did not ask for this, contact us right "
        "away.",
        "【邻里】您的账号已解绑登录方式：{way}。如非本人操作，请立即联系我们。",
    ),
    "factor.added.customer": Text(
        "[Linli] Your account has new sign-in protection: {factor}. If it was not you, end your sessions and contact "
        "us.",
        "【邻里】您的账号新增了登录验证：{factor}。如非本人操作，请立即退出所有设备并联系我们。",
    ),
    "factor.removed.customer": Text(
        "[Linli] Sign-in protection was removed from your account: {factor}. If it was not you, contact us right away.",
        "【邻里】您的账号已移除登录验证：{factor}。如非本人操作，请立即联系我们。",
    ),
    "factor.recovered.customer": Text(
        "[Linli] A recovery code was used to sign in to your account; {left} are left. If it was not you, contact us "
        "right away.",
        "【邻里】您的账号使用恢复码登录，剩余 {left} 个。如非本人操作，请立即联系我们。",
    ),
    "factor.cloned.customer": Text(
        "[Linli] A sign-in with your passkey was refused: it may have been copied. Remove it and make a new one.",
        "【邻里】通行密钥登录已被拒绝：该密钥可能已被复制。请移除后重新创建。",
    ),
    "claim.asked.merchant": Text(
        "[Linli] A customer of {shop} asks {amount} back: {what}. Please answer within 48 hours.",
        "【邻里】{shop}收到售后申请：{what}，申请退款{amount}。请在 48 小时内处理。",
    ),
    "claim.agreed.customer": Text(
        "[Linli] {shop} gives you {given} back: {what}. It is on its way.",
        "【邻里】{shop}已同意退款{given}：{what}，款项将原路退回。",
    ),
    "claim.declined.customer": Text(
        "[Linli] {shop} declined your claim of {amount}: {what}. You can ask us to decide within 7 days.",
        "【邻里】{shop}拒绝了您的退款申请{amount}：{what}。您可在 7 天内申请平台介入。",
    ),
    "claim.escalated.merchant": Text(
        "[Linli] A customer of {shop} asked us to decide about {amount}: {what}.",
        "【邻里】{shop}的顾客已申请平台介入：{what}，涉及金额{amount}。",
    ),
    "claim.decided.customer": Text(
        "[Linli] We decided about your claim of {amount} at {shop}: {given} goes back to you. {what}.",
        "【邻里】您对{shop}的退款申请（{amount}）平台已裁定：退款{given}。{what}。",
    ),
    "claim.decided.merchant": Text(
        "[Linli] We decided about a claim of {amount} at {shop}: {given} goes back to the customer. {what}.",
        "【邻里】{shop}的退款申请（{amount}）平台已裁定：向顾客退款{given}。{what}。",
    ),
    "coupon.expired.customer": Text(
        "[Linli] A coupon of yours has expired: {title}.",
        "【邻里】您的优惠券“{title}”已过期。",
    ),
    "settlement.posted.merchant": Text(
        "[Linli] Your settlement is posted: {amount} for {lines} completed items.",
        "【邻里】您的结算已入账：{lines} 项已完成服务，共{amount}。",
    ),
    "payout.paid.merchant": Text(
        "[Linli] {arrived} was paid out to you.",
        "【邻里】您的打款{arrived}已完成。",
    ),
    "payout.failed.merchant": Text(
        "[Linli] {returned} of your payout of {amount} did not arrive. We pay it with a later one; please check your "
        "account.",
        "【邻里】您的打款{amount}中有{returned}未能到账，将随后续打款重新支付，请检查您的收款账户。",
    ),
    "dispute.warning.merchant": Text(
        "[Linli] A customer's bank asks about {amount} at {shop}: {what}. Answer with evidence {by}, before it becomes "
        "a dispute.",
        "【邻里】{shop}的一笔{amount}收款被顾客的银行查询：{what}。请{by}提交证据，以免升级为争议。",
    ),
    "dispute.open.merchant": Text(
        "[Linli] A customer's bank took {amount} back at {shop}: {what}. Give evidence {by}.",
        "【邻里】{shop}的一笔{amount}收款被顾客的银行追回：{what}。如有异议，请{by}提交证据。",
    ),
    "dispute.won.merchant": Text(
        "[Linli] The dispute over {amount} at {shop} was decided for you: {what}.",
        "【邻里】{shop}的{amount}争议已判您胜诉：{what}。",
    ),
    "dispute.lost.merchant": Text(
        "[Linli] The dispute over {amount} at {shop} was decided for the customer: {what}.",
        "【邻里】{shop}的{amount}争议已判顾客胜诉：{what}。",
    ),
    "vetting.approved.merchant": Text(
        "[Linli] Your application is approved: you can open your shop now.",
        "【邻里】您的入驻申请已通过，现在可以开店了。",
    ),
    "vetting.rejected.merchant": Text(
        "[Linli] Your application was not approved. Please read why in your account.",
        "【邻里】您的入驻申请未通过，原因请在账号中查看。",
    ),
    "vetting.more_wanted.merchant": Text(
        "[Linli] We need more for your application. Please read what in your account.",
        "【邻里】您的入驻申请需要补充材料，详情请在账号中查看。",
    ),
    "vetting.expiring.merchant": Text(
        "[Linli] Your business licence ends on {until}. Please send us the new one in time, or payouts will stop.",
        "【邻里】您的营业执照将于 {until} 到期，请及时提交新证照，以免影响打款。",
    ),
    "vetting.lapsed.merchant": Text(
        "[Linli] Your business licence ended on {until}: payouts are on hold until we have approved the new one.",
        "【邻里】您的营业执照已于 {until} 到期，打款已暂停，提交新证照并审核通过后恢复。",
    ),
    "review.posted.merchant": Text(
        "[Linli] {shop} has a new review: {stars} of 5 stars.",
        "【邻里】{shop}收到新评价：{stars} 星（满分 5 星）。",
    ),
    "queue.called.customer": Text(
        "[Linli] {shop} calls number {number}. Please come to the door now.",
        "【邻里】{shop}正在叫号：{number}，请尽快到店门口。",
    ),
    "queue.nearly.customer": Text(
        "[Linli] You are nearly there: {ahead} ahead of number {number} at {shop}. Please stay near.",
        "【邻里】您在{shop}的排号 {number} 前面还有 {ahead} 桌，请在附近等候。",
    ),
    "wait.offered.customer": Text(
        "[Linli] A time you waited for is free at {shop}: {what}. It is held for you: pay {amount} by {until}.",
        "【邻里】您候补的时间有空位了：{shop}，{what}。已为您预留，请在{until}前支付{amount}。",
    ),
}

WAYS: Mapping[str, Text] = {
    "phone": Text("phone", "手机号"),
    "email": Text("e-mail", "邮箱"),
    "wechat": Text("WeChat", "微信"),
    "oidc": Text("another provider", "第三方账号"),
}
"""Kinds of sign-ins, as their owner calls them."""
