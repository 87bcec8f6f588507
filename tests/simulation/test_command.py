"""`taskyard simulate --seed N`: one screen, and the line that finds a violation again."""

import re

import pytest
from click.testing import CliRunner

from taskyard import cli
from taskyard.core.events import Event, ReservationCompleted
from taskyard.core.folding import APPLY
from taskyard.core.state import State


def simulate(*options: str) -> tuple[int, str]:
    ran = CliRunner().invoke(cli.main, ["simulate", *options])
    return ran.exit_code, ran.output


def test_a_seed_that_finds_nothing_fits_a_screen_and_ends_with_status_0() -> None:
    status, told = simulate("--seed", "5", "--hours", "1")
    assert status == 0, told
    assert len(told.splitlines()) <= 45
    assert re.search(r"^\d+ simulated hours, seed 5$", told, re.M)
    assert re.search(r"^ +\d+  commands done$", told, re.M)
    assert told.endswith("0 violations\n")


def test_a_violation_ends_with_status_1_and_its_last_line_but_one_finds_it_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    honest = APPLY[ReservationCompleted]

    def generous(state: State, event: Event, now_ms: int) -> None:
        offer = state.reservations[event.reservation_sid]  # type: ignore[attr-defined]
        worker, channel = state.workers[offer.worker_sid], offer.task_channel_sid
        honest(state, event, now_ms)
        worker.channels[channel].used -= 1

    monkeypatch.setitem(APPLY, ReservationCompleted, generous)
    status, told = simulate("--seed", "1", "--hours", "60")
    assert status == 1
    again = told.splitlines()[-2]
    assert again == "  again: taskyard simulate --seed 1 --hours 60"
    assert "VIOLATION, seed 1, after" in told
    assert simulate(*again.split()[3:]) == (status, told)


def test_options_before_a_subcommand_are_told_where_they_belong() -> None:
    status, told = simulate("--seed", "5", "theory")
    assert status == 2
    assert "give the options of theory behind its name" in told
