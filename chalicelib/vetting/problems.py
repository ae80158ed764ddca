"""What vetting refuses, in two languages."""

from chalicelib.kit.errors import Conflict, Invalid, TooMany
from chalicelib.kit.i18n import Text


class NotPossible(Conflict):
    code = "application-state"
    title = Text("Not possible in the application's present state", "申请的当前状态不允许此操作")
    detail = Text("The application is {state}.", "申请当前状态为 {state}。")


class DocumentsMissing(Conflict):
    code = "documents-missing"
    title = Text("The application has no documents", "申请缺少证照")
    detail = Text("Upload an image of the licence first.", "请先上传营业执照图片。")


class TooManyDocuments(Conflict):
    code = "too-many-documents"
    title = Text("The application has enough documents", "证照数量已达上限")
    detail = Text("At most {most}; remove one first.", "最多 {most} 份，请先删除一份。")


class TooManyUploads(TooMany):
    code = "too-many-uploads"
    title = Text("Too many uploads", "上传次数过多")
    detail = Text(
        "An application takes {most} uploads. Please contact support.", "每份申请最多上传 {most} 次，请联系客服。"
    )


class AppliedEnough(TooMany):
    code = "applied-enough"
    title = Text("Submitted too often", "提交次数过多")
    detail = Text("Please contact support.", "请联系客服。")


class NotUploaded(Conflict):
    code = "not-uploaded"
    title = Text("There is no such upload", "未找到上传的文件")
    detail = Text(
        "Send the file with the form first; a form's file is kept for two days.",
        "请先用上传表单发送文件，文件保留两天。",
    )


class DocumentRefused(Invalid):
    """What was uploaded is not what it was said to be."""

    code = "document-refused"
    title = Text("The file is not accepted", "文件未被接受")
    detail = Text(
        "Its content is not of the type that it was sent as. Upload a JPEG, PNG, WebP or PDF.",
        "文件内容与声明的类型不符，请上传 JPEG、PNG、WebP 或 PDF。",
    )


class LicenceOver(Conflict):
    code = "licence-over"
    title = Text("The licence has ended", "证照已过期")
    detail = Text(
        "It ended while the application waited; ask for another one.", "证照在等待审核期间已过期，请要求补充。"
    )
