"""The `taskyard` command as a user types it: settings, help, completion, exit statuses."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import taskyard
from taskyard.server.config import SETTINGS

GUARD_S = 120  # against a hang only
SECRET = "a-secret-that-nobody-may-see-here"


def run(folder: Path, *arguments: str, **environment: str) -> tuple[int, str, str]:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("TASKYARD_")}
    ran = subprocess.run(
        [sys.executable, "-m", "taskyard", *arguments],
        cwd=folder,
        env=inherited | environment,
        capture_output=True,
        text=True,
        timeout=GUARD_S,
        check=False,
    )
    return ran.returncode, ran.stdout, ran.stderr


def test_config_shows_every_setting_and_where_it_came_from(tmp_path: Path) -> None:
    (tmp_path / "taskyard.toml").write_text("port = 9000\n")
    status, out, err = run(tmp_path, "config", "--host", "::1", TASKYARD_LIMITS="workers=5")
    assert (status, err) == (0, "")
    rows = dict(line.split(None, 1) for line in out.splitlines() if line)
    assert [setting.name for setting in SETTINGS] == list(rows)[1:-1]
    assert rows["port"].split() == ["9000", "file", "taskyard.toml:1"]
    assert rows["host"].split() == ["::1", "option", "--host"]
    assert rows["limits"].split() == ["workers=5", "variable", "TASKYARD_LIMITS"]
    assert rows["database"].split() == ["sqlite:///taskyard.db", "default"]
    assert rows["file:"] == "taskyard.toml"


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_config_masks_secrets(tmp_path: Path, options: list[str]) -> None:
    account = {"TASKYARD_ACCOUNT_SID": "AC" + "0" * 32, "TASKYARD_AUTH_TOKEN": SECRET}
    status, out, _ = run(tmp_path, "config", *options, **account)
    assert status == 0
    assert SECRET not in out
    assert "********" in out


def test_config_is_readable_by_machines(tmp_path: Path) -> None:
    _, out, _ = run(tmp_path, "config", "--json", "--limits", "workers=5", "--port", "1")
    document = json.loads(out)
    settings = {one["name"]: one for one in document["settings"]}
    assert document["file"] is None
    assert list(settings) == [setting.name for setting in SETTINGS]
    assert settings["port"] == {"name": "port", "value": 1, "source": "option", "from": "--port"}
    assert settings["limits"]["value"] == {"workers": 5}
    assert settings["auth_token"]["value"] is None
    assert (settings["host"]["source"], settings["host"]["from"]) == ("default", None)


def test_config_starts_nothing(tmp_path: Path) -> None:
    run(tmp_path, "config")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", [["config"], ["serve"]])
def test_a_file_that_cannot_be_used_is_one_line_and_status_1(
    tmp_path: Path, command: list[str]
) -> None:
    (tmp_path / "taskyard.toml").write_text("port = 'lots'\n")
    assert run(tmp_path, *command) == (
        1,
        "",
        "taskyard: taskyard.toml:1: port must be a whole number, not a text in quotes\n",
    )


@pytest.mark.parametrize(
    "arguments", [["no-such-command"], ["serve", "--no-such-option"], ["check"]]
)
def test_what_there_is_not_is_status_2(tmp_path: Path, arguments: list[str]) -> None:
    assert run(tmp_path, *arguments)[0] == 2


def test_the_release_is_an_option_and_a_command(tmp_path: Path) -> None:
    expected = (0, f"taskyard {taskyard.__version__}\n", "")
    assert run(tmp_path, "--version") == run(tmp_path, "version") == expected


def test_the_help_of_serve_names_each_settings_variable_and_default(tmp_path: Path) -> None:
    _, out, _ = run(tmp_path, "serve", "--help")
    for setting in SETTINGS:
        assert setting.option in out
        assert setting.variable in out
        assert f"\n{setting.group}:\n" in out
    assert "default: 8080" in " ".join(out.split())


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_completion_script_is_one_that_its_shell_can_read(tmp_path: Path, shell: str) -> None:
    status, out, _ = run(tmp_path, "completion", shell)
    assert status == 0
    assert "_TASKYARD_COMPLETE" in out
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=out, text=True, check=True, timeout=GUARD_S)


def test_the_shell_is_told_commands_and_options(tmp_path: Path) -> None:
    def completed(words: str) -> str:
        asked = {"_TASKYARD_COMPLETE": "bash_complete", "COMP_WORDS": words}
        script = "from taskyard.cli import main; main(prog_name='taskyard')"
        ran = subprocess.run(
            [sys.executable, "-c", script],
            env=os.environ | asked | {"COMP_CWORD": str(len(words.split()) - 1)},
            capture_output=True,
            text=True,
            timeout=GUARD_S,
            check=False,
        )
        return ran.stdout

    assert "serve" in completed("taskyard se")
    assert "--public-url" in completed("taskyard serve --pub")
