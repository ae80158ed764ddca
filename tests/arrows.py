"""Reads the imports of the shipped code and says which ones point the wrong way.

Two maps are the law: which module may import which vendor's package, and which domain may call which. An import for type
checking alone is looked at like any other, except where a path to a vendor's package is followed: it does not run.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# Which domain may use which other's `use_cases`, `ports` and `messages`.
DOMAINS: dict[str, frozenset[str]] = {
    "accounts": frozenset({"audit", "risk"}),
    "audit": frozenset(),
    "booking": frozenset({"orders", "shops"}),
    "calendars": frozenset({"booking", "shops"}),
    "claims": frozenset({"audit", "orders"}),
    "coupons": frozenset({"audit", "risk", "shops"}),
    "health": frozenset(),
    "ledger": frozenset(),
    "moderation": frozenset({"accounts", "audit", "orders", "reviews", "risk", "shops", "team"}),
    "notifications": frozenset({"accounts", "audit", "orders", "profiles", "shops"}),
    "openapi": frozenset(),
    "orders": frozenset({"audit", "coupons", "settlement"}),
    "outbox": frozenset(),
    "outreach": frozenset({"coupons", "notifications", "orders", "privacy", "profiles", "shops"}),
    "payments": frozenset({"audit", "ledger", "orders", "risk"}),
    "payouts": frozenset({"audit", "ledger", "payments", "risk", "settlement"}),
    "privacy": frozenset({"audit"}),
    "profiles": frozenset({"audit", "shops"}),
    "queueing": frozenset({"shops"}),
    "reach": frozenset({"accounts", "notifications"}),
    "reconciliation": frozenset({"audit", "ledger", "orders", "payments", "settlement"}),
    "regions": frozenset(),
    "reminders": frozenset({"booking", "orders", "shops"}),
    "reviews": frozenset({"accounts", "booking", "orders", "risk", "shops", "team"}),
    "risk": frozenset({"audit"}),
    "search": frozenset({"booking", "coupons", "orders", "reviews", "shops"}),
    "settlement": frozenset({"audit", "ledger"}),
    "shops": frozenset({"audit"}),
    "support": frozenset({"accounts", "audit"}),
    "team": frozenset({"accounts", "audit"}),
    "vetting": frozenset({"accounts", "audit", "risk"}),
    "webhooks": frozenset({"audit"}),
}
ADMIN = "admin"  # may call every other domain; none calls it
PUBLIC_PARTS = {"use_cases", "ports", "messages", "personal"}
WIRE_PARTS = {"schemas", "page_schemas"}  # an answer may hold what another domain answers

# Packages that tie code to a vendor, and the parts of a domain that may import them.
VENDORS: dict[str, set[str]] = {
    "chalice": {"routes", "events"},
    "pynamodb": {"store"},
    "boto3": {"gateways"},
    "botocore": {"gateways"},
    "stripe": {"gateways"},
    "PIL": {"gateways"},
}
KIT_VENDORS: dict[str, set[str]] = {
    "call": {"chalice"},
    "doors": {"chalice"},
    "edge": {"chalice"},
    "http": {"chalice"},
    "problems": {"chalice"},
    "events": {"chalice"},
    "aws": {"botocore"},
    "files_s3": {"botocore"},
    "redelivery": {"botocore"},
    "dynamo": {"pynamodb", "botocore"},
    "idempotency_store": {"pynamodb"},
    "paging": {"pynamodb"},
    "outages": {"pynamodb", "botocore"},
}
PURE_PARTS = {"rules", "use_cases", "ports", "messages", "personal"}  # must not reach a vendor's package, by no path
INNER_PARTS = {"rules", "use_cases", "ports", "messages", "personal", "schemas", "store", "gateways"}
ENTRANCES = {"routes", "events"}  # import what they need; nobody imports them but app.py
WIRING_USERS = {"chalicelib.kit.call", "chalicelib.kit.events"}  # beside the entrances


@dataclass(frozen=True, order=True)
class Import:
    """`source` imports `target`; `typing_only` when it does so under TYPE_CHECKING."""

    source: str
    target: str
    line: int
    typing_only: bool = False


def read(root: Path) -> dict[str, list[Import]]:
    """All imports of `app.py` and `chalicelib` below a folder, by module."""
    files = [root / "app.py", *sorted((root / "chalicelib").rglob("*.py"))]
    sources = {_module_name(path.relative_to(root)): path for path in files if path.exists()}
    return {module: list(_imports(module, path, set(sources))) for module, path in sources.items()}


def _module_name(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports(module: str, path: Path, known: set[str]) -> Iterator[Import]:
    tree = ast.parse(path.read_text(), str(path))
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    quiet = {id(inner) for node in ast.walk(tree) if _is_type_checking(node) for inner in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            targets = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(package, node)
            names = [f"{base}.{alias.name}" for alias in node.names]
            targets = [name if name in known else base for name in names]
        else:
            continue
        for target in targets:
            yield Import(module, target, node.lineno, id(node) in quiet)


def _is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}


def _absolute(package: str, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    anchor = package.split(".")[: len(package.split(".")) - node.level + 1]
    return ".".join([*anchor, *([node.module] if node.module else [])])


def place(module: str) -> tuple[str, str]:
    """Domain and part of a module: `chalicelib.orders.use_cases.cancel` is (`orders`, `use_cases`)."""
    parts = module.split(".")
    if parts[0] != "chalicelib":
        return "", parts[0]
    return (parts[1] if len(parts) > 1 else ""), (parts[2] if len(parts) > 2 else "")


def wrong(imports: dict[str, list[Import]]) -> list[str]:
    """Every wrong arrow as `module:line imports target: why`."""
    found: list[str] = []
    for rows in imports.values():
        for row in rows:
            reason = _vendor(row) or _inside(row) or _between(row)
            if reason:
                found.append(f"{row.source}:{row.line} imports {row.target}: {reason}")
    return sorted(found + list(_reached(imports)))


def _is_root(module: str) -> bool:
    return module == "app" or f"{module}.".startswith("chalicelib.wiring.")


def _vendor(row: Import) -> str | None:
    vendor = row.target.split(".")[0]
    domain, part = place(row.source)
    if vendor in {"infra", "tests", "app"}:
        return "shipped code knows nothing of what does not ship or of app.py"
    if vendor not in VENDORS or row.source == "app":
        return None
    allowed = vendor in KIT_VENDORS.get(part, set()) if domain == "kit" else part in VENDORS[vendor]
    return None if allowed else f"{vendor} is for {sorted(VENDORS[vendor])} alone"


def _inside(row: Import) -> str | None:
    domain, part = place(row.source)
    target_domain, target_part = place(row.target)
    if _is_root(row.source):
        is_entrance = row.source != "app" and target_part in ENTRANCES
        return "wiring works without routes, events and app" if is_entrance else None
    if _is_root(row.target) and row.target != "app" and part not in ENTRANCES and row.source not in WIRING_USERS:
        return "only routes and events ask the wiring"
    if (
        target_part in {"store", "gateways"}
        and target_domain != "kit"
        and (domain, part) != (target_domain, target_part)
    ):
        return "only the wiring makes stores and gateways; take them as arguments typed by ports"
    if target_part in ENTRANCES and target_domain != "kit" and (domain, part) != (target_domain, target_part):
        return "routes and events are entrances; nobody imports them but app.py"
    if target_part in WIRE_PARTS and part in INNER_PARTS - WIRE_PARTS:
        return "schemas are for the wire; use cases and rules do not know them"
    return None


def _between(row: Import) -> str | None:
    domain, part = place(row.source)
    target, target_part = place(row.target)
    if _is_root(row.source) or target in {"", "kit", domain} or place(row.target)[0] == "":
        return None
    if row.target == "chalicelib.settings" or _is_root(row.target):
        return "rules and use cases take settings as arguments" if part in PURE_PARTS else None
    if domain == "kit":
        return "the kit knows no domain"
    allowed = DOMAINS.get(domain, frozenset())
    if domain != ADMIN and target not in allowed:
        return f"{domain} may call {sorted(allowed) or 'no other domain'}"
    if target_part not in (PUBLIC_PARTS | WIRE_PARTS if part in WIRE_PARTS else PUBLIC_PARTS):
        return f"of another domain only {sorted(PUBLIC_PARTS)} may be used"
    return None


def _reached(imports: dict[str, list[Import]]) -> Iterator[str]:
    """Pure modules that come to a vendor's package by way of others."""
    for module in imports:
        domain, part = place(module)
        if domain in {"", "kit"} or part not in PURE_PARTS:
            continue
        path = _path_to_vendor(module, imports)
        if path and len(path) > 2:
            yield f"{module} reaches {path[-1]}: {' -> '.join(path)}"


def _path_to_vendor(start: str, imports: dict[str, list[Import]]) -> list[str] | None:
    paths = [[start]]
    seen = {start}
    for path in paths:  # grows while it is read: breadth first
        for row in imports.get(path[-1], []):
            if row.typing_only or row.target in seen:
                continue
            if row.target.split(".")[0] in VENDORS:
                return [*path, row.target]
            seen.add(row.target)
            paths.append([*path, row.target])
    return None
