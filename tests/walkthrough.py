"""Runs the pages whose commands a reader types in, and compares what comes with what they show.

In a page, a block of `sh` or `python` is run and a block of `json` or `text` right after it shows
what it prints; blocks without a language are only read. All the blocks of a language are one
program, the shell's first. SIDs, dates, ages and the server's address are other ones in each run:
they have to be equal where the page's are. In `json`, `…` as the last property stands for others.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ADDRESS = "http://127.0.0.1:8080"
ACCOUNT = {"TASKYARD_ACCOUNT_SID": "AC" + 31 * "0" + "1", "TASKYARD_AUTH_TOKEN": "a-secret"}
GUARD_S = 120  # against a hang only
_SEPARATOR = "\x1e"
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_CHANGING = re.compile(
    r"\b(?P<sid>[A-Z]{2}[0-9a-f]{32})\b"
    r"|\b(?P<date>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)"
    r"|(?P<address>http://127\.0\.0\.1:\d+)"
    r'|(?<="age": )(?P<age>\d+)'
)


@dataclass
class Block:
    """What is run, and what the page shows of its output, if it does."""

    language: str
    text: str
    shown: tuple[str, str] | None = None


def blocks_in(text: str) -> list[Block]:
    blocks: list[Block] = []
    after_run = False
    for language, body in _BLOCK.findall(text):
        if language in ("sh", "python"):
            blocks.append(Block(language, body))
            after_run = True
        elif language in ("json", "text") and after_run:
            blocks[-1].shown = (language, body)
            after_run = False
        else:
            after_run = False
    return blocks


@contextmanager
def served(folder: Path) -> Iterator[dict[str, str]]:
    """The environment of somebody who has just started a server, and its address in ADDRESS."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TASKYARD_")} | ACCOUNT
    command = [sys.executable, "-m", "taskyard", "serve", "--database", "memory://", "--port", "0"]
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        try:
            assert server.stdout is not None
            listening = server.stdout.readline()
            address = re.fullmatch(r"taskyard: listening on (http://\S+)\n", listening)
            assert address is not None, listening
            yield environment | {"ADDRESS": address[1]}
        finally:
            server.terminate()


def printed(blocks: list[Block], environment: Mapping[str, str], folder: Path) -> list[str]:
    """What each of the blocks printed, those in the shell's language first."""
    outputs: list[str] = []
    for language, command, separate in (
        ("sh", ["sh", "-eu", "-c"], f"\nprintf '{_SEPARATOR}'\n"),
        ("python", [sys.executable, "-c"], f"\nprint({_SEPARATOR!r}, end='', flush=True)\n"),
    ):
        chosen = [block.text for block in blocks if block.language == language]
        if not chosen:
            continue
        program = "".join(text + separate for text in chosen)
        ran = subprocess.run(
            [*command, program.replace(ADDRESS, environment["ADDRESS"])],
            cwd=folder,
            env=dict(environment),
            capture_output=True,
            text=True,
            timeout=GUARD_S,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert ran.stderr == ""
        outputs += ran.stdout.split(_SEPARATOR)[:-1]
    return outputs


def ordered(blocks: list[Block]) -> list[Block]:
    """The blocks in the order in which they are run."""
    return sorted(blocks, key=lambda block: block.language != "sh")


class Alike:
    """One side of a comparison: a SID is known by its kind and by when it came first."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def told(self, text: str) -> str:
        return _CHANGING.sub(self._name, text)

    def _name(self, found: re.Match[str]) -> str:
        if found["sid"] is None:
            return str(found.lastgroup)
        kind = found["sid"][:2]
        count = sum(name.startswith(kind) for name in self._names.values())
        return self._names.setdefault(found["sid"], f"{kind}-{count + 1}")


def wanted_json(text: str) -> Any:
    return json.loads(re.sub(r"…(?=\s*})", '"…": 0', text))


def seen_part(seen: Any, wanted: Any) -> Any:
    """What is seen, without the properties that the page leaves out, in the page's order."""
    if isinstance(seen, dict) and isinstance(wanted, dict):
        keys = [key for key in wanted if key in seen]
        if "…" not in wanted:
            keys += [key for key in seen if key not in wanted]
        part = {key: seen_part(seen[key], wanted[key]) if key in wanted else 0 for key in keys}
        return {**part, "…": 0} if "…" in wanted else part
    if isinstance(seen, list) and isinstance(wanted, list) and len(seen) == len(wanted):
        return [seen_part(*pair) for pair in zip(seen, wanted, strict=True)]
    return seen


def compare(blocks: list[Block], outputs: list[str]) -> None:
    page, run = Alike(), Alike()
    for block, output in zip(ordered(blocks), outputs, strict=True):
        if block.shown is None:
            continue
        language, shown = block.shown
        if language == "json":
            wanted = wanted_json(shown)
            shown = json.dumps(wanted, indent=1, ensure_ascii=False)
            output = json.dumps(seen_part(json.loads(output), wanted), indent=1, ensure_ascii=False)
        assert run.told(output.strip("\r\n")) == page.told(shown.strip("\r\n")), block.text
