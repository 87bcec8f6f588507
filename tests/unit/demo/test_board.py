"""What the board shows, and that it fits."""

import pytest
from rich.console import Console

from taskyard.demo import wire
from taskyard.demo.api import Api
from taskyard.demo.board import Board, elapsed
from taskyard.demo.contact_centre import TASK_QUEUES, ContactCentre
from taskyard.demo.ledger import Ledger
from taskyard.demo.outage import Outage
from taskyard.demo.summary import summary
from taskyard.demo.survey import QueueLine, Survey, count_queues
from taskyard.demo.visitor import Invitation

CREDENTIALS = f"AC{'1' * 32}:{'2' * 32}"
CONSOLE = "http://127.0.0.1:65535/console/"
INVITATION = Invitation(floor_url=f"{CONSOLE}#token=floor", desk_url=f"{CONSOLE}#token=desk")


def task(status: str, *, queue: str | None = "Billing", age: int = 0) -> wire.Task:
    return wire.Task(
        sid="WT",
        assignment_status=status,
        age=age,
        attributes="{}",
        priority=0,
        task_channel_unique_name="chat",
        task_queue_friendly_name=queue,
    )


@pytest.fixture
def ledger() -> Ledger:
    return Ledger(started_s=0.0)


@pytest.fixture
def survey(ledger: Ledger) -> Survey:
    return Survey(Api("http://127.0.0.1:65535", "AC", "token", Outage()), CENTRE, ledger)


CENTRE = ContactCentre(
    workspace_sid=f"WS{'3' * 32}", workflow_sid="WW", activity_sids={}, worker_sids={}
)


@pytest.fixture
def board(ledger: Ledger, survey: Survey) -> Board:
    api = Api("http://127.0.0.1:65535", "AC", "token", Outage())
    return Board(api, CREDENTIALS, CENTRE, INVITATION, ledger, survey)


def shown(board: Board, *, width: int) -> list[str]:
    console = Console(width=width, height=30, _environ={})
    with console.capture() as capture:
        console.print(board.picture(75.0))
    return capture.get().splitlines()


def test_tasks_are_counted_by_queue_and_status() -> None:
    lines = count_queues(
        [
            task("pending", age=3),
            task("pending", age=5),
            task("reserved", age=9),
            task("assigned", age=40),
            task("wrapping", age=50),
            task("pending", queue="Sales", age=1),
        ]
    )
    assert lines["Billing"] == QueueLine(waiting=2, reserved=1, assigned=1, wrapping=1, longest_s=9)
    assert lines["Sales"] == QueueLine(waiting=1, longest_s=1)


def test_every_queue_has_its_line_even_when_it_is_empty() -> None:
    assert list(count_queues([])) == list(TASK_QUEUES)


def test_a_task_in_no_queue_is_in_no_line() -> None:
    assert count_queues([task("canceled", queue=None)]) == count_queues([])


@pytest.mark.parametrize(("width", "height"), [(100, 30), (80, 24)])
def test_the_board_fits(
    board: Board, ledger: Ledger, survey: Survey, width: int, height: int
) -> None:
    survey.queues = {name: QueueLine(88, 88, 88, 88, 88) for name in TASK_QUEUES}
    ledger.news.extend(f"{number} " + "x" * 60 for number in range(9))
    lines = shown(board, width=width)
    assert len(lines) <= height
    assert max(len(line.rstrip()) for line in lines) <= width
    assert any("oldest" in line and "Workers" in line for line in lines)


def test_the_board_says_where_to_look_around(board: Board) -> None:
    text = "\n".join(shown(board, width=100))
    assert f"curl -u {CREDENTIALS} \\\n  http://127.0.0.1:65535/v1/{CENTRE.path}/Tasks" in text


def test_the_board_leads_to_the_console_and_links_past_its_sign_in(board: Board) -> None:
    assert f"Sign in at {CONSOLE} with what curl has" in "\n".join(shown(board, width=80))
    console = Console(width=100, height=30, force_terminal=True, _environ={"TERM": "xterm"})
    with console.capture() as capture:
        console.print(board.picture(75.0))
    assert f"{CONSOLE}#token=floor\x1b\\" in capture.get()


def test_where_there_is_no_board_the_opening_has_the_links_and_the_credentials(
    board: Board,
) -> None:
    floor, desk, curl = board.opening().splitlines()
    assert floor.endswith(INVITATION.floor_url)
    assert desk.endswith(INVITATION.desk_url)
    assert CREDENTIALS in curl


def test_the_board_and_its_line_show_the_same_totals(board: Board, ledger: Ledger) -> None:
    ledger.created, ledger.offered = 321, 234
    ledger.outcomes["accepted"] = 123
    picture = "\n".join(shown(board, width=100))
    line = board.line(75.0)
    for fact in ("created 321", "offers 234", "accepted 123"):
        assert fact in picture
        assert fact in line


def test_the_board_shows_channels_escalations_the_drill_the_restart_and_losses(
    board: Board, ledger: Ledger
) -> None:
    ledger.by_channel.update(chat=45, voice=35)
    ledger.escalated, ledger.lapsed_in_drill, ledger.restarts = 12, 34, 1
    ledger.happening = "fire drill"
    ledger.lost.append("WT1 was assigned and is missing")
    picture = "\n".join(shown(board, width=100))
    for fact in ("tasks by chat 45, voice 35", "escalated 12", "drill 34 lapsed", "restarts 1"):
        assert fact in picture
    assert "lost 1" in picture
    assert picture.splitlines()[0].endswith("fire drill")
    assert board.line(75.0).endswith("escalated 12  restarts 1  routed/s 0.0  [fire drill]")


def test_the_summary_names_what_was_lost(ledger: Ledger) -> None:
    assert "lost     nothing, of 0 looked for" in summary(ledger, seed=5, seconds=10.0)
    ledger.checked, ledger.restarts, ledger.down_s = 7, 2, 3.0
    ledger.lost.append("WT1 was assigned and is missing")
    text = summary(ledger, seed=5, seconds=10.0)
    assert "lost     1, of 7 looked for\n    WT1 was assigned and is missing" in text
    assert "2 x killed and started again, back after 1.5 s" in text


def test_time_is_shown_in_minutes_and_seconds() -> None:
    assert elapsed(0.4) == "00:00"
    assert elapsed(75.9) == "01:15"


def test_the_summary_names_every_trouble(ledger: Ledger) -> None:
    ledger.note_trouble(ValueError("the sky fell"))
    ledger.note_trouble(ValueError("the sky fell"))
    text = summary(ledger, seed=5, seconds=10.0)
    assert "errors   2" in text
    assert "2 x ValueError: the sky fell" in text


def test_the_summary_of_a_run_without_trouble_says_so(ledger: Ledger) -> None:
    ledger.outcomes["accepted"] = 50
    text = summary(ledger, seed=5, seconds=10.0)
    assert "errors   none" in text
    assert "50 accepted" in text
    assert "5.0 a second" in text
