"""What a line refuses, in two languages."""

from chalicelib.kit.errors import Conflict, Invalid
from chalicelib.kit.i18n import Text


class NotPossible(Conflict):
    """The ticket's state does not allow it; says what it does allow."""

    code = "ticket-state"
    title = Text("Not possible in the ticket's present state", "排号当前状态不允许此操作")
    detail = Text("The ticket is {state}. Possible: {possible}.", "排号状态为 {state}，可执行：{possible}。")


class CalledEnough(Conflict):
    code = "called-enough"
    title = Text("It was called often enough", "重复叫号次数已达上限")
    detail = Text("A ticket is recalled {limit} times at most.", "每个号最多重复叫号 {limit} 次。")


class NobodyWaits(Conflict):
    code = "nobody-waits"
    title = Text("Nobody waits", "当前无人排队")
    detail = Text("There is no number to call.", "没有可叫的号。")


class LineClosed(Conflict):
    code = "queue-closed"
    title = Text("The queue takes nobody now", "当前不可取号")
    detail = Text("Who waits already stays in it.", "已取号的顾客不受影响。")


class DayFull(Conflict):
    code = "queue-full"
    title = Text("All numbers of the day are given out", "今日号码已发完")
    detail = Text("A queue gives out {limit} numbers a day.", "每个队列每天最多发 {limit} 个号。")


class AlreadyInLine(Conflict):
    """The customer holds another number in this shop."""

    code = "already-in-queue"
    title = Text("You have a number in this shop", "您已在该店取号")
    detail = Text("It is {label}, ticket {ticket_id}. Leave it first.", "您的号码是 {label}（{ticket_id}），请先取消。")


class PartyDoesNotFit(Invalid):
    code = "party-does-not-fit"
    title = Text("The queue is for other parties", "人数不适用于该队列")
    detail = Text("It takes parties of {least} to {most}.", "该队列适用于 {least} 至 {most} 人。")


class TooManyLines(Conflict):
    code = "too-many-queues"
    title = Text("The shop has as many queues as it can have", "已达到商铺的队列数量上限")
    detail = Text("At most {limit}. Change one of them instead.", "最多 {limit} 个，请修改已有队列。")


class PrefixTaken(Conflict):
    code = "prefix-taken"
    title = Text("Another queue has that letter", "该字母已被其他队列使用")
    detail = Text("Numbers of two queues would look the same: {prefix}.", "两个队列的号码会相同：{prefix}。")
