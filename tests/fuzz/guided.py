"""The readers again, by a fuzzer that sees which lines it reaches, and looks for more of them.

    python -m fuzz.guided [--seconds N] [NAME ...]

Each reader gets so many seconds, in a process of its own. A crash, a refusal that is none, ten
seconds for one text or a gigabyte of memory is a finding: the text is printed, and the end is 1.
"""

import argparse
import base64
import importlib.util
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import atheris

WATCHED = (
    "taskyard.core.expressions",
    "taskyard.core.json_text",
    "taskyard.core.workflow_document",
    "taskyard.server.access_claims",
    "taskyard.server.api.forms",
    "taskyard.server.bridge.envelopes",
    "taskyard.server.capability_claims",
    "taskyard.server.policies",
    "taskyard.server.signed_tokens",
)
"""Whose lines count. What else comes along is imported as it is, which is much quicker."""
ACCOUNT, QUEUE = "AC" + "0a" * 16, "WQ" + "0b" * 16
HANGS_S = 10
MEMORY_MB = 1024
SEEDS = {
    "expression": "worker.level >= 2 AND (skills HAS 'x' OR NOT a.b IN ['c', 'd']) AND e != null",
    "order": "worker.level DESC, worker.name ASC",
    "reference": "task.preferred.worker",
    "workflow": '{"task_routing":{"filters":[{"filter_friendly_name":"f","expression":"1==1",'
    f'"targets":[{{"queue":"{QUEUE}","expression":"a==task.b","timeout":5,"priority":1,'
    '"order_by":"worker.level DESC","skip_if":"workers.available == 0",'
    '"known_worker_sid":"task.w"}]}],'
    f'"default_filter":{{"queue":"{QUEUE}"}}}}}}',
    "form": "Attributes=%7B%22a%22%3A1%7D&FriendlyName=a+b&FriendlyName=c&Empty=",
    "envelope": '{"url":"https://x/v1/Workspaces?a=b","method":"POST","params":{"A":["b",1]},'
    '"event_type":"e","token":"t"}',
    "target": "https://x/v1/Workspaces/WS00/Tasks?PageSize=5#f",
    "token": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJhIn0.c2ln",
    "access claims": '{"iss":"SK","sub":"' + ACCOUNT + '","exp":1800000000,"nbf":1,"jti":"SK-1",'
    '"grants":{"identity":"i","task_router":{"workspace_sid":"WS","worker_sid":"WK","role":"worker"}}}',
    "capability claims": '{"iss":"' + ACCOUNT + '","account_sid":"' + ACCOUNT + '","version":"v1",'
    '"exp":1800000000,"channel":"WK","workspace_sid":"WS","policies":[{"url":"https://x/v1/**",'
    '"method":"GET","allow":true,"query_filter":{"A":{"required":true}},"post_filter":{}}]}',
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="fuzz.guided", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*SEEDS, []], metavar="NAME")
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        fuzz(asked.one, asked.seconds)
    width = max(map(len, SEEDS))
    print(f"{'reader':{width}}  {'texts':>9}  {'ways':>5}  found")
    found = [told(name, asked.seconds, width) for name in asked.names or SEEDS]
    print("nothing was found" if not any(found) else f"{sum(found)} READERS HAVE A FAULT")
    return int(any(found))


def told(name: str, seconds: int, width: int) -> bool:
    """Fuzz one reader and say what it came to; whether there is something wrong with it."""
    ran = subprocess.run(
        [sys.executable, "-m", "fuzz.guided", "--seconds", str(seconds), "--one", name],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    texts, ways = (
        max(map(int, re.findall(pattern, ran.stdout, re.M)), default=0)
        for pattern in (r"^#(\d+)", r"cov: (\d+)")
    )
    print(f"{name:{width}}  {texts:9}  {ways:5}  {'A FAULT' if ran.returncode else '-'}")
    if ran.returncode:
        print(ran.stdout[-3_000:])
    sys.stdout.flush()
    return ran.returncode != 0


def fuzz(name: str, seconds: int) -> None:
    """Never comes back: the fuzzer ends the process."""
    with atheris.instrument_imports(include=["taskyard"], exclude=unwatched()):
        from fuzz.readers import READERS
    reader = READERS[name]

    def attempt(data: bytes) -> None:
        written = data if reader.of_bytes else data.decode(errors="replace")
        try:
            reader.attempt(written)
        except BaseException:
            print(f"the text, in base64: {base64.b64encode(data).decode()}", flush=True)
            raise

    with tempfile.TemporaryDirectory(prefix="guided-") as folder:
        corpus = Path(folder, "corpus")
        corpus.mkdir()
        (corpus / "seed").write_text(SEEDS[name])
        limits = [f"-max_total_time={seconds}", f"-timeout={HANGS_S}", "-max_len=4096"]
        limits += [f"-rss_limit_mb={MEMORY_MB}", f"-artifact_prefix={folder}/"]
        atheris.Setup([sys.argv[0], *limits, str(corpus)], attempt)
        atheris.Fuzz()


def unwatched() -> list[str]:
    """All our modules but those."""
    found = importlib.util.find_spec("taskyard")
    assert found is not None
    assert found.origin is not None
    root = Path(found.origin).parent
    names = [
        ".".join(file.relative_to(root.parent).with_suffix("").parts).removesuffix(".__init__")
        for file in root.rglob("*.py")
    ]
    return [name for name in names if not f"{name}.".startswith(tuple(f"{w}." for w in WATCHED))]


if __name__ == "__main__":
    sys.exit(main())
