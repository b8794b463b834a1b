"""Rules of the house that no reviewer should have to remember, read from the syntax trees."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
APPS = ("office", "frameworks", "controls", "governance")
SOURCES = sorted(path for app in APPS for path in (ROOT / app).rglob("*.py") if "migrations" not in path.parts)
WRITES = {"save", "update", "delete", "create", "get_or_create", "update_or_create"}
BULK = re.compile(r"^bulk_|_raw$")
FUNCTION_LINES, MODULE_LINES, NESTING = 40, 400, 3
BLOCKS = (ast.If, ast.For, ast.While, ast.With, ast.Try)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def may_write(path: Path) -> bool:
    return "services" in path.parts


def written_in(path: Path) -> list[str]:
    """Calls that write rows: a method of that name on anything but a dictionary, a set or a hash of ours."""
    found = []
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            name = node.func.attr
            if (name in WRITES or BULK.search(name)) and not is_plain(node.func.value, name):
                found.append(f"{name_of(path)}:{node.lineno} .{name}()")
    return found


def is_plain(owner: ast.expr, name: str) -> bool:
    """Counters, dictionaries and digests have an update() too, and a text document a save(); they are named so."""
    last = owner.attr if isinstance(owner, ast.Attribute) else owner.id if isinstance(owner, ast.Name) else ""
    plain = {
        "update": {"total", "digest", "shared", "known", "context", "counts", "parts"},
        "save": {"document", "page"},
    }
    return last in plain.get(name, set())


def test_only_services_write():
    found = [call for path in SOURCES if not may_write(path) for call in written_in(path)]
    assert found == []


def test_the_write_test_sees_a_write_behind_the_services(tmp_path: Path):
    sneaky = tmp_path / "sneaky.py"
    sneaky.write_text(
        "def f(row):\n    row.save()\n    Model.objects.filter(pk=1).update(a=2)\n    Model.objects.bulk_create([])\n",
        encoding="utf-8",
    )
    assert [call.split()[1] for call in written_in(sneaky)] == [".save()", ".update()", ".bulk_create()"]


def functions() -> list[tuple[str, int]]:
    return [
        (f"{name_of(path)}:{node.lineno} {node.name}", (node.end_lineno or node.lineno) - node.lineno + 1)
        for path in SOURCES
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def test_functions_have_at_most_forty_lines():
    assert [(name, lines) for name, lines in functions() if lines > FUNCTION_LINES] == []


def test_modules_have_at_most_four_hundred_lines():
    sizes = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES}
    assert {name: lines for name, lines in sizes.items() if lines > MODULE_LINES} == {}


def depth(node: ast.AST, level: int = 0) -> int:
    below = [
        depth(child, level + isinstance(child, BLOCKS) - is_elif(node, child)) for child in ast.iter_child_nodes(node)
    ]
    return max([level, *below])


def is_elif(node: ast.AST, child: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(child, ast.If) and child in node.orelse


def test_nothing_is_nested_deeper_than_three():
    deep = [
        f"{name_of(path)}:{node.lineno} {node.name}"
        for path in SOURCES
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef) and depth(node) > NESTING
    ]
    assert deep == []


def test_no_import_hides_in_a_function_except_ready():
    hidden = [
        f"{name_of(path)}:{inner.lineno}"
        for path in SOURCES
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef) and node.name != "ready"
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]
    assert hidden == []


def test_the_clock_is_read_at_the_edges_only():
    """`today()` is asked by doors and jobs; nothing in a pure room or a service of rules knows what day it is."""
    readers = [
        name_of(path)
        for path in SOURCES
        if "domain" in path.parts and re.search(r"\btoday\(|\bnow\(", path.read_text(encoding="utf-8"))
    ]
    assert readers == []


PLAIN_DAYS = {
    "frameworks/domain/clocks.py": "the zone of the event says which day it is",
    "office/tables.py": "cells of a sheet have no zone",
}


def test_a_moment_becomes_a_day_by_the_zone_of_the_office():
    """A stored moment is in UTC: its `.date()` is yesterday until eight in the morning in Hong Kong."""
    found = {
        name_of(path)
        for path in SOURCES
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if node.func.attr == "date" and not node.args
    }
    assert found == set(PLAIN_DAYS), "ask django.utils.timezone.localdate"


def shipped_text() -> list[Path]:
    kinds = {".py", ".html", ".yaml", ".js", ".css", ".md"}
    folders = [*APPS, "templates", "static", "docs"]
    return [path for folder in folders for path in (ROOT / folder).rglob("*") if path.suffix in kinds]


CLAIM = re.compile(r"\bcompliant\b", re.IGNORECASE)


@pytest.mark.parametrize("folder", [*APPS, "templates", "static"])
def test_no_screen_and_no_file_says_that_anything_fulfils_the_law(folder: str):
    claims = [
        name_of(path)
        for path in shipped_text()
        if path.is_relative_to(ROOT / folder) and CLAIM.search(path.read_text(encoding="utf-8"))
    ]
    assert claims == []


def test_every_contract_between_the_rooms_is_kept():
    tool = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([tool], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_every_setting_that_is_read_stands_in_the_page_on_operation():
    settings = (ROOT / "governance" / "settings.py").read_text(encoding="utf-8")
    read = set(re.findall(r'(?:environ(?:\.get)?[\(\[]|_flag\(|_words\()"([A-Z_]+)"', settings))
    told = (ROOT / "docs" / "operation.md").read_text(encoding="utf-8")
    assert {name for name in read if f"`{name}`" not in told} == set()
    compose = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    given = yaml.safe_load(compose)["x-office"]["environment"]
    assert set(given) <= read, "compose sets only what is read"


def test_compose_starts_parts_that_exist():
    services = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]
    assert {"web", "worker", "schedule", "postgres", "redis", "proxy"} == set(services)
    for name in ("web", "schedule"):
        command = services[name]["command"]
        assert command.startswith("python manage.py serve")
        assert command.split("--parts ")[1].split() == [name]
