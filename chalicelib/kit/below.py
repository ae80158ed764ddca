"""Paths of which API Gateway knows the beginning alone.

It takes 300 resources an API, and every part of a path is one (API Gateway quotas, "Resources per API"). What lies
below `FOLDED` is one resource there; which operation is meant is found here, and the event made what it would have been
had the gateway known the path.
"""

from collections.abc import Iterable, Mapping
from typing import Any

FOLDED = ("/v1/admin",)
"""Below these nothing is a resource of its own: few call them, so that no limit of the gateway's is set there."""
BELOW = "{below+}"


class Below:
    """Finds which path is meant by what lies below a folded one.

    Args:
        paths: all that there are, with `{parameters}`.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        folded = [path.split("/") for path in paths if path.startswith(tuple(f"{one}/" for one in FOLDED))]
        # As the gateway does: what is said literally goes before a parameter, from the left on.
        self._paths = sorted(folded, key=lambda parts: [part.startswith("{") for part in parts])

    def found(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Return the event of a folded path as that of the path that is meant; where there is none, as that of what was
        asked for, which nobody answers.
        """
        context = event["requestContext"]
        beginning = context["resourcePath"].removesuffix(BELOW)
        asked = f"{beginning}{event['pathParameters'][BELOW.strip('{+}')]}"
        path, parameters = self._match(asked.split("/")) or (asked, {})
        return {
            **event,
            "resource": path,
            "pathParameters": parameters or None,
            "requestContext": {**context, "resourcePath": path},
        }

    def _match(self, asked: list[str]) -> tuple[str, dict[str, str]] | None:
        for parts in self._paths:
            pairs = list(zip(parts, asked, strict=False))
            if len(parts) == len(asked) and all(part == said or (part[:1] == "{" and said) for part, said in pairs):
                return "/".join(parts), {part.strip("{}"): said for part, said in pairs if part[:1] == "{"}
        return None


def fold(paths: dict[str, Any]) -> None:
    """Put one path in the place of all that lie below a folded one, with the methods that any of them takes; each
    method of a path is told as Swagger 2.0 tells it, and all of them call the same function.
    """
    for beginning in FOLDED:
        below = [path for path in paths if path.startswith(f"{beginning}/")]
        methods = {name: method for path in below for name, method in paths.pop(path).items()}
        parameter = {"name": BELOW.strip("{+}"), "in": "path", "required": True, "type": "string"}
        if methods:
            paths[f"{beginning}/{BELOW}"] = {
                name: {**method, "parameters": [parameter]} for name, method in methods.items()
            }
