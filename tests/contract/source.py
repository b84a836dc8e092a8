"""Our own code as data: which module imports what, and which settings it asks the environment for."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
SHIPPED = (ROOT / "functions", ROOT / "layers" / "nightshift")
Sources = Mapping[str, str]


@dataclass(frozen=True)
class Setting:
    """One variable that the code reads, with the bounds it puts on it."""

    name: str
    required: bool
    minimum: int | None = None
    maximum: int | None = None


def shipped() -> dict[str, str]:
    """Module name to source text, of everything that runs on AWS."""
    return {
        _module_name(file.relative_to(root)): file.read_text("utf-8")
        for root in SHIPPED
        for file in sorted(root.rglob("*.py"))
    }


def _module_name(file: Path) -> str:
    parts = file.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(module: str, source: str, known: Sources) -> set[str]:
    """Every module that a module imports, anywhere in it; not what only type checkers see."""
    found: set[str] = set()
    for node in _imports(source):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        else:
            base = _base(module, node, known)
            found.add(base)
            found |= {f"{base}.{alias.name}" for alias in node.names if f"{base}.{alias.name}" in known}
    return found


@cache
def _imports(source: str) -> tuple[ast.Import | ast.ImportFrom, ...]:
    # Every function is asked for all it can reach: each text is read once, not once a function.
    return tuple(node for node in _running(ast.parse(source)) if isinstance(node, ast.Import | ast.ImportFrom))


def _base(module: str, node: ast.ImportFrom, known: Sources) -> str:
    if not node.level:
        return node.module or ""
    is_package = any(name.startswith(f"{module}.") for name in known)
    parts = module.split(".")
    parts = parts[: len(parts) - node.level + is_package]
    return ".".join([*parts, node.module] if node.module else parts)


def _running(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes but those below `if TYPE_CHECKING:`."""
    yield node
    for child in ast.iter_child_nodes(node):
        is_guard = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
        if not is_guard:
            yield from _running(child)


def reachable(start: str, sources: Sources, *, packages: bool = True) -> set[str]:
    """The modules of ours that may be loaded once `start` is, with or without the packages around them."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        module = waiting.pop()
        if module in found or module not in sources:
            continue
        found.add(module)
        waiting += imports(module, sources[module], sources)
        if packages:
            waiting.append(module.rpartition(".")[0])
    return found


def outside(modules: set[str], sources: Sources) -> set[str]:
    """The top-level names that these modules import and that are not ours."""
    named = {name.split(".")[0] for module in modules for name in imports(module, sources[module], sources)}
    return named - {module.split(".")[0] for module in sources} - {""}


@cache
def texts(source: str) -> frozenset[str]:
    """Every piece of text in the code, such as the names of variables it may ask for."""
    constants = (node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant))
    return frozenset(value for value in constants if isinstance(value, str))


@cache
def settings(source: str) -> tuple[Setting, ...]:
    """What is declared with `env("NAME", default=..., minimum=..., maximum=...)`."""
    return tuple(
        _setting(node)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "env" and node.args
    )


def _setting(call: ast.Call) -> Setting:
    given = {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords if keyword.arg}
    return Setting(ast.literal_eval(call.args[0]), "default" not in given, given.get("minimum"), given.get("maximum"))
