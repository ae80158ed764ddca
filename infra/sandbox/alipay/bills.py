"""The bill of a day in China as Alipay makes it: a ZIP of two CSV files in GBK, lines and sums."""

import io
import zipfile

from infra.sandbox.alipay.world import World, written, yuan

_HEAD = (
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,"
    "订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,"
    "券名称,商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注"
)
_RULE = "#" + "-" * 30


def lines(world: World, date: str) -> list[str]:
    """The lines of a day that is over; none is no bill."""
    if written(world.clock())[:10] <= date:
        return []
    found = []
    with world.lock:
        for trade in world.trades.values():
            if trade.paid_at is not None:
                fee = (trade.total * world.settings.fee_bps + 5000) // 10000
                found.append((trade.paid_at, trade, "交易", trade.total, "", fee))
            done = (refund for refund in trade.refunds.values() if refund.state == "done")
            found += [(refund.at, trade, "退款", -refund.fen, refund.request, 0) for refund in done]
        return [
            f"{trade.trade_no}\t,{trade.out_trade_no}\t,{kind}\t,{trade.subject},{written(trade.created)},"
            f"{written(at)},\t,\t,\t,\t,**(138****0000)\t,{yuan(amount)},{yuan(amount)},0.00,0.00,0.00,0.00,0.00,,"
            f"0.00\t,0.00,{request}\t,{yuan(-fee)},0.00,"
            for at, trade, kind, amount, request, fee in found
            if written(at)[:10] == date
        ]


def archive(world: World, date: str) -> bytes:
    """The ZIP file of a day."""
    found = lines(world, date)
    head = ["#支付宝业务明细查询", f"#起始日期：[{date}]"]
    details = [*head, _RULE, _HEAD, *found, _RULE, f"#交易合计：{len(found)}笔"]
    sums = [*head, _RULE, "门店编号,门店名称,交易订单总笔数,退款订单总笔数", f"合计,,{len(found)},0"]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as files:
        for name, rows in (("业务明细(汇总).csv", sums), ("业务明细.csv", details)):
            files.writestr(name, "\r\n".join(rows).encode("gbk"))
    return packed.getvalue()
