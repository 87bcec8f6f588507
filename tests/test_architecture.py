"""Which way imports point, read from the source itself."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "taskyard"

MAY_IMPORT = {
    "core": set(),
    "client": set(),
    "aio.py": {"client"},
    "stores": {"core"},
    "engine": {"core", "stores"},
    # it stands between the engine and a store to make it fail, and so knows what a store promises;
    # which store that is, its caller says
    "simulator": {"core", "engine", "stores"},
    "demo": {"client"},
    "server": {"core", "engine"},
    "command_line": {"client", "core", "engine", "server", "simulator", "stores"},
}
IMPURE = {"time", "datetime", "random", "secrets", "asyncio", "socket", "threading"}


def imports_of(path: Path) -> Iterator[str]:
    """The absolute names that a file imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module
        elif isinstance(node, ast.ImportFrom) and node.level > 0:
            here = path.relative_to(SOURCE.parent).with_suffix("").parts[: -node.level]
            yield ".".join((*here, node.module or ""))


def files_of(part: str) -> list[Path]:
    return [SOURCE / part] if part.endswith(".py") else sorted((SOURCE / part).rglob("*.py"))


@pytest.mark.parametrize("part", sorted(MAY_IMPORT))
def test_a_part_imports_only_what_lies_further_in(part: str) -> None:
    allowed = MAY_IMPORT[part] | {part}
    for path in files_of(part):
        # app.py alone puts the parts together, and so opens a store
        allowed_here = allowed | {"stores"} if path == SOURCE / "server" / "app.py" else allowed
        for name in imports_of(path):
            if name.startswith("taskyard.") and name != "taskyard.":
                assert name.split(".")[1] in allowed_here, f"{path} imports {name}"


def test_the_core_is_pure() -> None:
    for path in files_of("core"):
        for name in imports_of(path):
            top = name.split(".")[0]
            assert top not in IMPURE, f"{path} imports {name}"
            assert top in {"taskyard", "msgspec"} or top in sys.stdlib_module_names, (
                f"{path} imports {name}"
            )


def test_the_client_with_a_loop_knows_nothing_of_the_one_without() -> None:
    for path in files_of("client/aio"):
        for name in imports_of(path):
            assert not name.startswith("taskyard.client.sync"), f"{path} imports {name}"
