"""Everything is documented, links lead somewhere, and what the documentation shows is so."""

import ast
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import msgspec
import pytest

import stand_in_for_curl
from documentation import (
    DOCS,
    PAGES,
    REFERENCE,
    ROOT,
    Row,
    blocks_of,
    code,
    name_of,
    table_of,
)
from sdk_members import CLIENTS, members
from taskyard import cli
from taskyard.client import WorkerCapability, sync
from taskyard.core import errors
from taskyard.core.events import ALL_EVENTS
from taskyard.core.expressions import (
    ExpressionProblem,
    Facts,
    Json,
    Scope,
    compile_condition,
    parse,
)
from taskyard.core.instructions import codes
from taskyard.core.lifecycles import RESERVATION, TASK, TRANSFER
from taskyard.core.limits import Limits
from taskyard.core.model import TaskStatus
from taskyard.core.workflow_document import read_document
from taskyard.server.api.problems import REFUSALS
from taskyard.server.api.routes import ROUTES
from taskyard.server.config import SETTINGS, Config
from taskyard.stores import sqlite_file

PUBLISHED = ROOT.parent / "shared" / "reference" / "taskrouter-openapi.json"
MONDAY_0915_MS = 1_767_604_500_000  # 5 January 2026, UTC
GUARD_S = 120  # against a hang only


# --- everything is documented ---


def test_every_journal_event_is_documented_with_its_fields_in_their_order() -> None:
    documented = [
        (code(tag), tuple(re.findall(r"`(\w+)`", fields)))
        for tag, said, fields in table_of(REFERENCE / "journal-events.md", "tag")
        if said
    ]
    assert documented == [
        (kind.__struct_config__.tag, kind.__struct_fields__) for kind in ALL_EVENTS
    ]


def test_every_setting_is_documented_with_its_option_variable_and_default() -> None:
    documented = [
        (code(option), code(variable), default)
        for option, variable, default, _ in table_of(REFERENCE / "settings.md", "option")
    ]

    def default_of(name: str) -> str:
        default = getattr(Config(), name)
        return "none" if default is None else f"`{default}`"

    assert documented == [(one.option, one.variable, default_of(one.name)) for one in SETTINGS]


def test_everything_that_can_be_wrong_with_a_database_is_documented() -> None:
    page = (DOCS / "operations" / "what-can-fail.md").read_text()
    for meaning in sqlite_file._MEANINGS.values():
        assert f"`database PATH {meaning} (" in page, meaning


def commands_of(group: click.Group, path: str = "taskyard") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        yield f"{path} {name}", command
        if isinstance(command, click.Group):
            yield from commands_of(command, f"{path} {name}")


def test_every_command_and_option_is_documented() -> None:
    page = (REFERENCE / "command-line.md").read_text()
    sections = dict(re.findall(r"^##+ (taskyard [\w -]+)\n(.*?)(?=^##|\Z)", page, re.DOTALL | re.M))
    commands = dict(commands_of(cli.main))
    assert sections.keys() == commands.keys()
    settings = {"--config", *(setting.option for setting in SETTINGS)}
    for name, command in commands.items():
        options = {
            option
            for parameter in command.params
            if isinstance(parameter, click.Option)
            for option in parameter.opts
        }
        if name != "taskyard serve" and settings <= options:
            assert "the options of [`serve`](#taskyard-serve)" in sections[name], name
            options -= settings
        assert set(re.findall(r"^\| `(--[\w-]+)` \|", sections[name], re.M)) == options, name


OPERATIONS = sorted((DOCS / "operations").glob("*.md"))
PLANNED = "**Status: planned.**"
"""On a page that speaks of what is not there yet."""


def code_on(page: Path) -> list[str]:
    """Everything that a page sets as code, line by line of its blocks."""
    text = page.read_text()
    blocks = re.findall(r"^```\w*\n(.*?)^```$", text, re.DOTALL | re.M)
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.M))
    return [*(line for block in blocks for line in block.splitlines()), *spans]


def unknown_in(line: str) -> list[str]:
    """The commands and options of ours that a line of code names, and that there are not."""
    commands = dict(commands_of(cli.main))

    def options_of(command: click.Command) -> set[str]:
        return {"--help", "--version"} | {one for it in command.params for one in it.opts}

    if re.match(r"--[a-z]", line):
        named = re.findall(r"--[a-z][\w-]*", line)
        known = set().union(*map(options_of, commands.values()))
        return [option for option in named if option not in known]
    tokens = line.replace("'", " ").split()
    unknown = []
    for at, token in enumerate(tokens, start=1):
        if token == "taskyard" or token.endswith("bin/taskyard"):
            words = list(itertools.takewhile(re.compile(r"[a-z][a-z-]*").fullmatch, tokens[at:]))
            path, command = "taskyard", cli.main
            while words and isinstance(command, click.Group):
                path = f"{path} {words.pop(0)}"
                command = commands.get(path)
            if command is None:
                unknown.append(path)
            elif command is not cli.main:
                named = [one for one in tokens[at:] if re.match(r"--[a-z]", one)]
                unknown += [f"{path} {one}" for one in named if one not in options_of(command)]
    return unknown


@pytest.mark.parametrize("page", OPERATIONS, ids=name_of)
def test_the_commands_and_options_of_the_pages_on_operations_are_there(page: Path) -> None:
    unknown = [name for line in code_on(page) for name in unknown_in(line)]
    if PLANNED in page.read_text():
        assert unknown, "all of it is there: it is planned no more"
    else:
        assert unknown == []


def test_a_command_or_option_that_is_not_there_is_found() -> None:
    assert unknown_in("taskyard summon") == ["taskyard summon"]
    assert unknown_in("/opt/taskyard/bin/taskyard backup x --forced --config y") == [
        "taskyard backup --forced"
    ]
    assert unknown_in("--summon") == ["--summon"]
    assert unknown_in("taskyard account keys create --port 1") == []
    assert unknown_in("systemctl enable --now taskyard") == []


def metrics() -> dict[str, str]:
    """The metrics of the table with their types."""
    rows = table_of(DOCS / "operations" / "metrics.md", "name")
    return {code(name): kind for name, kind, *_ in rows}


def test_the_metrics_of_the_alerts_are_those_of_the_table() -> None:
    series = {"up"}  # the scraper's own
    for name, kind in metrics().items():
        ends = ("_bucket", "_sum", "_count") if kind == "histogram" else ("",)
        series |= {name + end for end in ends}
    page = (DOCS / "operations" / "alerts.md").read_text()
    asked = re.findall(r"\b(?:taskyard|process)_\w+", page)
    assert set(asked) <= series


def test_the_metrics_that_are_named_in_passing_are_in_the_table() -> None:
    for page in OPERATIONS:
        if page.name != "alerts.md":
            named = {one for line in code_on(page) for one in re.findall(r"^taskyard_\w+$", line)}
            assert named <= metrics().keys(), page


def logged() -> Iterator[tuple[str, str]]:
    """What the code logs, with an ellipsis for what differs from time to time, and its level."""
    for part in ("engine", "server", "stores"):
        for file in sorted((ROOT / "src" / "taskyard" / part).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text())):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Attribute)
                    and isinstance(node.func.value, ast.Name)
                    and node.func.value.id in {"logger", "_LOG"}
                ):
                    message = node.args[0]
                    assert isinstance(message, ast.Constant), ast.unparse(node)
                    level = {"exception": "error"}.get(node.func.attr, node.func.attr)
                    yield re.sub(r"%\w", "…", str(message.value)), level


def test_every_line_of_the_log_is_documented_with_its_level() -> None:
    rows = table_of(DOCS / "operations" / "metrics.md", "message")
    documented = [
        (".+".join(map(re.escape, span.split("…"))), level)
        for messages, level, _ in rows
        for span in re.findall(r"`([^`]+)`", messages)
    ]
    missing = {
        (message, level)
        for message, level in logged()
        if not any(re.fullmatch(pattern, message) and level == of for pattern, of in documented)
    }
    assert missing == set()
    for pattern, level in documented:
        assert any(re.fullmatch(pattern, message) and level == of for message, of in logged()), (
            pattern
        )


def test_every_help_gives_an_example() -> None:
    for name, command in commands_of(cli.main):
        if not isinstance(command, click.Group) and name != "taskyard version":
            text = command.get_help(click.Context(command, info_name=name))
            assert name in text.partition("Examples:")[2], name


def test_every_limit_is_documented_with_its_default() -> None:
    documented = [
        (code(name), int(default.replace(",", "")))
        for name, default, _ in table_of(REFERENCE / "limits.md", "name")
    ]
    assert documented == [*msgspec.structs.asdict(Limits()).items()]


def test_every_refusal_is_documented_with_its_status_and_code() -> None:
    documented = {
        code(name): answer for name, _, answer in table_of(REFERENCE / "errors.md", "refusal")
    }
    assert documented.pop("InstructionRefused") == "400, its own"
    assert documented == {
        kind.__name__: f"{status}, {number}" for kind, (status, number) in REFUSALS.items()
    }
    every = {
        name
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, errors.Refusal)
    }
    assert documented.keys() == every - {"Refusal", "InstructionRefused"}


def test_every_status_and_code_that_the_server_answers_is_documented() -> None:
    answers = {row[:2] for row in table_of(REFERENCE / "errors.md", "status")}
    source = "\n".join(path.read_text() for path in (ROOT / "src/taskyard/server/api").glob("*.py"))
    raised = set(re.findall(r"Problem\(\s*(\d{3}), (\d{5})", source))
    assert len(raised) >= 6
    instructed = {("400", str(code)) for code in codes()}
    assert answers == raised | {(str(s), str(c)) for s, c in REFUSALS.values()} | instructed


def test_every_code_that_a_token_is_refused_with_is_documented() -> None:
    files = ("signed_tokens", "tokens", "capability_claims", "access_claims")
    source = "\n".join((ROOT / f"src/taskyard/server/{name}.py").read_text() for name in files)
    raised = set(re.findall(r"Problem\((\d{3}), (\d{5})", source))
    raised |= {("401", code) for code in re.findall(r"refused\((\d{5})", source)}
    assert len(raised) >= 10
    assert {row[:2] for row in table_of(REFERENCE / "tokens.md", "status")} == raised


def test_every_method_that_allows_something_is_documented_with_its_other_name() -> None:
    rows = table_of(REFERENCE / "tokens.md", "method")
    documented = {name.strip("`") for row in rows for name in row[:2]} - {""}
    methods = {name for name in dir(WorkerCapability) if name.startswith(("allow", "deny"))}
    assert documented == methods
    for name, other, _ in rows:
        if other:
            first, second = (getattr(WorkerCapability, code(one)) for one in (name, other))
            assert first is second


# --- what the documentation says of the API is so ---

Operation = tuple[str, str, str]


def operations() -> list[tuple[str, str, str, str]]:
    rows = table_of(DOCS / "compatibility.md", "operation")
    return [(name, method, code(path), support) for name, method, path, support in rows]


def without_names(path: str) -> str:
    return re.sub(r"\{\w+\}", "{}", path)


def test_the_compatibility_table_lists_61_operations_each_once() -> None:
    assert len(operations()) == 61
    assert len({name for name, *_ in operations()}) == 61
    assert len({(method, path) for _, method, path, _ in operations()}) == 61


def test_the_compatibility_table_has_the_published_operations() -> None:
    if PUBLISHED.exists():  # it is no part of this repository
        paths = json.loads(PUBLISHED.read_text())["paths"]
        assert {operation[:3] for operation in operations()} == {
            (operation["operationId"], method.upper(), path)
            for path, methods in paths.items()
            for method, operation in methods.items()
            if method in {"get", "post", "put", "patch", "delete"}
        }


def test_the_compatibility_table_says_yes_where_there_is_a_route_and_nowhere_else() -> None:
    routes = {
        (method, without_names("/v1" + path))
        for path, methods in ROUTES.items()
        for method in methods
    }
    said = {
        (method, without_names(path))
        for _, method, path, support in operations()
        if support.split(",")[0] == "yes"
    }
    assert said == routes
    assert {support.split(",")[0] for *_, support in operations()} <= {"yes", "not yet"}
    for page in (ROOT / "README.md", DOCS / "compatibility.md"):
        assert f"{len(said)} of the 61 operations" in page.read_text()


@pytest.mark.parametrize(
    "table", [TASK, RESERVATION, TRANSFER], ids=["task", "reservation", "transfer"]
)
def test_the_lifecycle_diagrams_are_those_of_the_tables(table: dict[str, frozenset[str]]) -> None:
    number = [TASK, RESERVATION, TRANSFER].index(table)
    diagram = blocks_of(REFERENCE / "lifecycle.md", "mermaid")[number]
    drawn = set(re.findall(r"^ +(\S+) --> (\S+)$", diagram, re.M))
    arrows = {(str(one), str(other)) for one, others in table.items() for other in others}
    ends = {(str(one), "[*]") for one, others in table.items() if not others}
    assert drawn == arrows | ends | {("[*]", str(next(iter(table))))}


def test_the_python_names_of_the_sdk_are_those_of_its_classes() -> None:
    classes = {"Reservation": sync.Reservation, **{name: getattr(sync, name) for name in CLIENTS}}
    for name, pairs in members().items():
        assert [python for _, python in pairs if not hasattr(classes[name], python)] == [], name


# --- the examples of the language ---


@dataclass
class Somebody:
    """A task or a worker that is nothing but attributes."""

    attributes: dict[str, Json]

    def field(self, name: str) -> Json:
        return None

    def channel(self, unique_name: str, item: str) -> Json:
        return None


@dataclass
class Counted:
    """The workers of a task queue, counted."""

    counts: dict[str, int] = field(default_factory=dict)

    def count(self, name: str) -> int | None:
        return self.counts.get(name)


Build = Callable[..., Facts]
PLACES: dict[str, tuple[Scope, Build]] = {
    "in TargetWorkers": (Scope.QUEUE, lambda worker: Facts(worker=Somebody(worker))),
    "in a filter": (
        Scope.FILTER,
        lambda task: Facts(task=Somebody(task), now_ms=MONDAY_0915_MS),
    ),
    "in a target": (
        Scope.TARGET,
        lambda task, worker: Facts(task=Somebody(task), worker=Somebody(worker)),
    ),
    "in skip_if": (Scope.SKIP, lambda counts: Facts(staffing=Counted(counts))),
}


EXPRESSION_ROWS = [
    pytest.param(place, row, id=f"{place}: {code(row[0])}")
    for place in PLACES
    for row in table_of(REFERENCE / "expressions.md", place)
]


@pytest.mark.parametrize(("place", "row"), EXPRESSION_ROWS)
def test_an_expression_in_the_documentation_is_what_it_is_said_to_be(place: str, row: Row) -> None:
    text, *seen, result = row
    scope, build = PLACES[place]
    facts = build(*(json.loads(code(cell)) for cell in seen))
    assert (
        compile_condition(parse(code(text)), scope)(facts) is {"true": True, "false": False}[result]
    )


def test_every_place_of_an_expression_has_examples() -> None:
    for place in PLACES:
        assert len(table_of(REFERENCE / "expressions.md", place)) >= 3


def test_an_expression_that_cannot_be_read_is_refused_in_the_documented_words() -> None:
    rows = table_of(REFERENCE / "expressions.md", "expression")
    assert len(rows) >= 3
    for text, message in rows:
        with pytest.raises(ExpressionProblem) as problem:
            parse(code(text))
        assert problem.value.message == message


def test_the_workflow_documents_of_the_documentation_can_be_routed_by() -> None:
    documents = [
        block
        for page in PAGES
        for block in blocks_of(page, "json")
        if re.match(r'{\s*"task_routing"', block)
    ]
    assert len(documents) >= 2
    for document in documents:
        read_document(document, lambda sid: re.fullmatch(r"WQ[0-9a-f]{32}", sid) is not None)


# --- what one can copy runs ---


def test_the_embedded_example_of_the_readme_runs_and_is_short() -> None:
    (example,) = blocks_of(ROOT / "README.md", "python")
    assert len(example.splitlines()) <= 15
    names: dict[str, Any] = {}
    exec(compile(example, "README.md", "exec"), names)
    yard, order = names["yard"], names["order"]
    assert yard.state.tasks[order.sid].status is TaskStatus.ASSIGNED


def test_an_unanswered_offer_of_the_embedded_example_lapses_when_the_readme_says_so() -> None:
    (example,) = blocks_of(ROOT / "README.md", "python")
    unanswered = example[: example.index("yard.handle(ask.AcceptReservation")]
    names: dict[str, Any] = {}
    exec(compile(unanswered, "README.md", "exec"), names)
    assert "yard.advance(now_ms=121_000)" in (ROOT / "README.md").read_text()
    yard, order = names["yard"], names["order"]
    assert yard.advance(now_ms=120_999) == []
    assert yard.advance(now_ms=121_000) != []
    assert yard.state.tasks[order.sid].status is TaskStatus.PENDING


# They talk to a server: tests/contract/client and tests/browser run them beside one.
OF_THE_SDK = {"agent.py", "supervisor.py", "token_endpoint.py"}
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


@pytest.mark.parametrize("example", EXAMPLES, ids=name_of)
def test_an_example_is_listed(example: Path) -> None:
    assert f"({example.name})" in (ROOT / "examples" / "README.md").read_text()


@pytest.mark.parametrize(
    "example", [one for one in EXAMPLES if one.name not in OF_THE_SDK], ids=name_of
)
def test_an_example_runs(example: Path, tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, str(example)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=GUARD_S,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout


def curls() -> list[str]:
    return ["stand-in", *(["curl"] if shutil.which("curl") else [])]


@pytest.mark.parametrize("curl", curls())
def test_the_shell_block_of_the_readme_gets_its_order_assigned(curl: str, tmp_path: Path) -> None:
    readme = ROOT / "README.md"
    (block,) = blocks_of(readme, "sh")
    (setting,) = re.findall(r"^export (.*)$", readme.read_text(), re.M)
    account = dict(pair.split("=", 1) for pair in setting.split())
    assert f"--database {Config().database}" not in block
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TASKYARD_")} | account
    if curl == "stand-in":
        folder = stand_in_for_curl.installed(tmp_path / "bin")
        environment["PATH"] = f"{folder}{os.pathsep}{environment['PATH']}"
    command = [sys.executable, "-m", "taskyard", "serve", "--database", "memory://", "--port", "0"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stdout is not None
            listening = server.stdout.readline()
            address = re.fullmatch(r"taskyard: listening on (http://\S+)\n", listening)
            assert address is not None, listening
            assert "http://127.0.0.1:8080" in block
            ran = subprocess.run(
                ["sh", "-eu", "-c", block.replace("http://127.0.0.1:8080", address[1])],
                cwd=tmp_path,
                env=environment,
                capture_output=True,
                text=True,
                timeout=GUARD_S,
                check=False,
            )
        finally:
            server.terminate()
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr == ""
    task = json.loads(ran.stdout.splitlines()[-1])
    assert task["assignment_status"] == "assigned"
    assert '"assignment_status":"assigned"' in readme.read_text()


# --- the pages themselves ---


def anchors_of(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.M)
    return {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in headings}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_within_the_repository_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), target
        if anchor:
            assert anchor in anchors_of(there), target


def test_every_page_is_reached_from_the_readme() -> None:
    reached: set[Path] = set()
    to_read = [ROOT / "README.md", ROOT / "CHANGELOG.md"]
    while to_read:
        page = to_read.pop()
        if page in reached:
            continue
        reached.add(page)
        targets = re.findall(r"\]\(([^)#\s]+\.md)", page.read_text())
        to_read += [(page.parent / target).resolve() for target in targets]
    assert set(PAGES) <= reached


def test_the_changelog_begins_with_what_is_unreleased() -> None:
    headings = re.findall(r"^##+ (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.M)
    assert headings[0] == "Unreleased"
    assert {"Added", "Compatibility"} <= set(headings)


@pytest.mark.parametrize("page", sorted((DOCS / "decisions").glob("*.md")), ids=name_of)
def test_a_decision_has_its_parts_and_fits_a_page(page: Path) -> None:
    text = page.read_text()
    assert re.match(rf"# {page.name[:4]}: ", text)
    assert re.search(r"^Status: (accepted|superseded by \[)", text, re.M)
    assert re.findall(r"^## (.+)$", text, re.M) == [
        "Context",
        "Options",
        "Decision",
        "Consequences",
    ]
    assert len(text.splitlines()) <= 60


@pytest.mark.parametrize(
    ("folder", "heading"), [("web", "npm package"), ("tests/npm", "npm package of the tests")]
)
def test_every_npm_package_has_its_reason_and_the_locked_version(folder: str, heading: str) -> None:
    wanted = json.loads((ROOT / folder / "package.json").read_text())
    lock = json.loads((ROOT / folder / "package-lock.json").read_text())["packages"]
    assert not any("resolved" in one for one in lock.values()), "whoever installs has their mirror"
    rows = table_of(DOCS / "dependencies.md", heading)
    assert "dependencies" not in wanted, "what browsers load has none"
    assert {name for name, *_ in rows} == wanted["devDependencies"].keys()
    for name, _, reason, version in rows:
        assert reason
        assert lock[f"node_modules/{name}"]["version"] == version


def test_every_dependency_has_its_reason() -> None:
    project = (ROOT / "pyproject.toml").read_text()
    of = "dependencies|dev|bench|fuzz|requires"
    lists = re.findall(rf"^(?:{of}) = \[(.*?)\]", project, re.DOTALL | re.M)
    wanted = {name for one in lists for name in re.findall(r'"([\w-]+)[><=]', one)}
    rows = table_of(DOCS / "dependencies.md", "package")
    assert {row[0] for row in rows} == wanted
    locked = dict(
        line.split("==") for line in (ROOT / "requirements.lock").read_text().splitlines()
    )
    for name, _, reason, release, _ in rows:
        assert reason
        if name in locked:
            assert release.startswith(f"{locked[name]}, ")


def written_files() -> Iterator[Path]:
    yield from PAGES
    for folder in ("src", "tests", "examples", "bench", "scripts"):
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and path.suffix in {"", ".py", ".sql"}:
                yield path
    yield from (ROOT / name for name in ("Makefile", "pyproject.toml", "requirements.lock"))


def test_no_file_mentions_a_place_on_somebodys_machine() -> None:
    places = [f"/{top}/" for top in ("work", "root", "home", "Users")]
    for path in written_files():
        for place in places:
            assert not re.search(rf"(?<![\w.}}]){place}", path.read_text()), (path, place)
