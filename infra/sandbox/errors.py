"""Errors in the shape in which Stripe answers them."""

from typing import Any

from infra.sandbox.bodies import Refused


class ApiError(Refused):
    """A refused API call: HTTP status and the members of Stripe's `error` object.

    `kind` is Stripe's `error.type`; `extra` adds members such as `decline_code` or `payment_intent`.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        extra: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.kind = kind
        self.code = code
        self.param = param
        self.extra = extra or {}

    def body(self) -> dict[str, Any]:
        """The JSON body of the answer."""
        error: dict[str, Any] = {"type": self.kind, "message": self.message}
        if self.code is not None:
            error["code"] = self.code
            error["doc_url"] = f"https://docs.stripe.com/error-codes#{self.code.replace('_', '-')}"
        if self.param is not None:
            error["param"] = self.param
        return {"error": error | self.extra}


def missing(what: str, object_id: str, param: str = "id") -> ApiError:
    """404: no such object."""
    return ApiError(f"No such {what}: '{object_id}'", status=404, code="resource_missing", param=param)


def required(param: str) -> ApiError:
    """400: a parameter without which the call makes no sense."""
    return ApiError(f"Missing required param: {param}.", code="parameter_missing", param=param)


def unsupported(param: str) -> ApiError:
    """400: Stripe knows this parameter, the sandbox does not; saying so is better than ignoring it."""
    return ApiError(f"The sandbox does not do '{param}'.", code="sandbox_unsupported", param=param)
