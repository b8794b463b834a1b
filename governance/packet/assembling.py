"""Puts the verifier together: one file that needs nothing but Python, from the modules that the office itself runs on.

Import lines are rewritten mechanically: those of the standard library move to the top, those of modules that stand in
the file are left out, any other is refused. All other lines are copied as they are.
"""

import ast
import builtins
import hashlib
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PARTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("office.domain.chain", ()),
    ("office.domain.formulas", ()),
    ("controls.domain.relations", ()),
    ("controls.domain.coverage", ()),
    ("frameworks.domain.applicability", ("APPLIES",)),
    ("governance.domain.position", ("Share", "share")),
    ("governance.packet.counting", ()),
    ("governance.packet.replaying", ()),
    ("governance.packet.checking", ()),
    ("governance.packet.verifier", ()),
)
"""Module and the names that are taken of it; none named: all of it."""
HEAD = '''"""Checks an audit packet without the office that made it. Needs Python 3.11 or later, and nothing else.

    python verify.py PACKET.zip DIGEST

DIGEST is the SHA-256 of the packet, as the office printed it outside the packet. Exit code 0: everything holds; 1: not.
This file is put together from the modules of the office; each begins with a line that names it.
"""

from __future__ import annotations
'''
TOO_OLD = """
if sys.version_info < (3, 11):
    sys.exit("The verifier needs Python 3.11 or later; this is " + sys.version.split()[0] + ".")
"""


class CannotBundle(Exception):
    """A module imports, or uses, what the verifier does not hold."""


@cache
def verifier_source() -> bytes:
    """The same bytes for the same product."""
    return assemble(
        [(name, (ROOT / f"{name.replace('.', '/')}.py").read_text(encoding="utf-8"), names) for name, names in PARTS]
    )


def verifier_digest() -> str:
    return hashlib.sha256(verifier_source()).hexdigest()


def assemble(parts: Sequence[tuple[str, str, tuple[str, ...]]]) -> bytes:
    """From (module, text, names taken). Raises CannotBundle with a sentence."""
    imports, bodies, bundled = {"import sys"}, list[str](), {name for name, _, _ in parts}
    for name, text, names in parts:
        tree = ast.parse(text)
        _refuse_hidden(name, tree)
        if names:
            body = _pieces(name, text, tree, names)
        else:
            imports |= set(_imports(name, tree, bundled))
            body = _without(text, [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)])
        bodies.append(f"# --- {name} ---\n\n{body.strip()}\n")
    whole = "\n\n".join([HEAD + "\n" + "\n".join(sorted(imports)) + "\n" + TOO_OLD, *bodies])
    _refuse_loose_ends(ast.parse(whole))
    return whole.encode("utf-8")


def _refuse_hidden(module: str, tree: ast.Module) -> None:
    """Imports inside functions or branches would stay as they are, and fail on the auditor's machine."""
    inner = (node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom))
    if any(node not in tree.body for node in inner):
        raise CannotBundle(f"{module} imports inside a function or a branch.")


def _imports(module: str, tree: ast.Module, bundled: set[str]) -> Iterator[str]:
    """One line a name, for what comes from the standard library."""
    for node in tree.body:
        if isinstance(node, ast.Import):
            yield from (_import(module, "", name) for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module in bundled:
            if any(name.asname for name in node.names):
                raise CannotBundle(f"{module} imports from {node.module} under another name.")
        elif isinstance(node, ast.ImportFrom) and node.module != "__future__":
            yield from (_import(module, "." * node.level + (node.module or ""), name) for name in node.names)


def _import(module: str, source: str, name: ast.alias) -> str:
    """`source` empty: a whole module is imported; with a dot: one that lies beside."""
    wanted = source or name.name
    if wanted.split(".")[0] not in sys.stdlib_module_names:
        raise CannotBundle(f"{module} imports {wanted}, which is neither bundled nor of Python.")
    alias = f" as {name.asname}" if name.asname else ""
    return f"from {source} import {name.name}{alias}" if source else f"import {name.name}{alias}"


def _without(text: str, nodes: Iterable[ast.stmt]) -> str:
    gone = {line for node in nodes for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)}
    kept = (line for number, line in enumerate(text.splitlines(), start=1) if number not in gone)
    return "\n".join(kept)


def _pieces(module: str, text: str, tree: ast.Module, names: Sequence[str]) -> str:
    """The named definitions, decorators and all, as they stand."""
    lines, found = text.splitlines(), dict[str, str]()
    for node in tree.body:
        first = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", []))])
        for name in _defined(node):
            found[name] = "\n".join(lines[first - 1 : node.end_lineno])
    missing = [name for name in names if name not in found]
    if missing:
        raise CannotBundle(f"{module} has no {', '.join(missing)}.")
    return "\n\n\n".join(found[name] for name in names)


def _defined(node: ast.stmt) -> list[str]:
    """Names that a statement of a module gives."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [(name.asname or name.name).split(".")[0] for name in node.names]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [one.id for target in targets for one in ast.walk(target) if isinstance(one, ast.Name)]


def _refuse_loose_ends(tree: ast.Module) -> None:
    """Every name is given exactly once at the top, and none is used that nobody gives."""
    given = [name for node in tree.body for name in _defined(node)]
    twice = sorted({name for name in given if given.count(name) > 1})
    if twice:
        raise CannotBundle(f"Two modules give a meaning to: {', '.join(twice)}.")
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    inner = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}
    inner |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    inner |= {node.name for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler) and node.name}
    unknown = sorted(used - inner - set(given) - set(dir(builtins)) - {"__name__", "__file__"})
    if unknown:
        raise CannotBundle(f"No module gives a meaning to: {', '.join(unknown)}.")
