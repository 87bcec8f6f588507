import json
import re
from math import exp
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from taskyard.cli import main
from taskyard.simulator import formulas
from taskyard.simulator.centre import Centre
from taskyard.simulator.distributions import Arrivals, Duration
from taskyard.simulator.result import simulate
from taskyard.simulator.scenario import Group, Queue, Run, Scenario, Shift, Source, Workflow

EXAMPLE = Path(__file__).parents[3] / "examples" / "what-if" / "support.toml"


def desk(workers: int = 5, run: Run | None = None, **changes: object) -> Scenario:
    """Four calls in a mean handling time of a second, as long as nothing else is said."""
    source = Source(
        name="calls",
        arrivals=Arrivals(per_hour=4 * 3600),
        handling_s=Duration(exponential=1.0),
    )
    target = {"queue": "calls", **changes.pop("target", {})}  # type: ignore[dict-item]
    staff = changes.pop("staff", {})
    return Scenario(
        name="desk",
        run=run or Run(hours=0.1, warm_up_hours=0.02, replications=12, confidence=0.999),
        task_queues=(Queue(name="calls", service_level_s=0.5),),
        workflow=Workflow(
            configuration={
                "task_routing": {"filters": [{"expression": "1==1", "targets": [target]}]}
            },
            task_reservation_timeout_s=10,
        ),
        tasks=(msgspec.structs.replace(source, **changes),),
        staff=(Group(name="desk", workers=workers, **staff),),  # type: ignore[arg-type]
    )


def test_figures_are_those_of_erlang_where_nobody_is_impatient() -> None:
    result = simulate(desk())
    queue, group = result.queues[0], result.groups[0]
    assert queue.waited is not None
    assert queue.waited.holds(formulas.erlang_c(5, 4.0))
    assert queue.wait_s is not None
    assert queue.wait_s.holds(formulas.erlang_c(5, 4.0))
    assert queue.service_level is not None
    assert queue.service_level.holds(1 - formulas.erlang_c(5, 4.0) * exp(-0.5))
    assert queue.load is not None
    assert queue.load.holds(4.0)
    assert group.occupancy is not None
    assert group.occupancy.holds(0.8)


def test_whoever_is_skipped_is_lost_and_nobody_waits() -> None:
    queue = simulate(desk(target={"skip_if": "1==1"})).queues[0]
    assert queue.lost is not None
    assert queue.lost.holds(formulas.erlang_b(5, 4.0))
    assert queue.waited is not None
    assert queue.waited.mean == 0


def test_whoever_loses_patience_is_abandoned_and_waits_no_longer() -> None:
    queue = simulate(desk(workers=3, patience_s=1.0)).queues[0]
    assert queue.abandoned is not None
    assert queue.abandoned.mean > 0.1
    assert queue.curve[-1][0] <= 1.0


def test_every_task_counts_once_whatever_happens_to_it() -> None:
    run = Run(hours=0.3, warm_up_hours=0.0, replications=2)
    staff = {"accepts": 0.8, "ignores": 0.05, "answers_after_s": 0.2, "returns_after_s": 3.0}
    scenario = desk(
        8,
        run,
        arrivals=Arrivals(every_s=0.25),
        patience_s=Duration(exponential=5.0),
        wrap_up_s=0.5,
        staff=staff,
    )
    tally = Centre(scenario, 0).run().queues["calls"]
    decided = len(tally.waits_s) + len(tally.given_up_s) + tally.lost
    assert tally.given_up_s
    assert decided + tally.waiting == 0.3 * 3600 / 0.25


def test_nobody_is_asked_outside_their_shift() -> None:
    run = Run(hours=3, warm_up_hours=0, replications=2, starts_at="08:00")
    shift = Shift(from_="09:00", to="10:00")
    scenario = desk(
        70,
        run,
        staff={"shifts": (shift,)},
        arrivals=Arrivals(every_s=60.0),
        handling_s=Duration(constant=30.0),
    )
    result = simulate(scenario)
    hours = dict(result.queues[0].by_hour)
    assert hours[0] == pytest.approx(30 * 60, rel=0.05)  # all of them wait for nine o'clock
    assert hours[1] == 0
    assert 2 not in hours
    waiting = result.queues[0].waiting_at_the_end
    assert waiting is not None
    assert waiting.mean == pytest.approx(60, abs=2)


def test_the_same_seed_gives_the_same_result_and_another_another() -> None:
    run = Run(hours=0.1, warm_up_hours=0, replications=2, seed=1)
    one, again = (simulate(desk(run=run)).queues for _ in range(2))
    other = simulate(desk(run=msgspec.structs.replace(run, seed=2))).queues
    assert one == again
    assert one != other


def test_the_example_runs_as_tables_as_json_and_as_a_page_that_needs_nobody(
    tmp_path: Path,
) -> None:
    file = tmp_path / "page.html"
    called = ["simulate", "run", str(EXAMPLE), "--replications", "2"]
    ran = CliRunner().invoke(main, [*called, "--html", str(file)])
    assert ran.exit_code == 0, ran.output
    assert re.search(r"^calls +\d", ran.output, re.MULTILINE)
    page = file.read_text()
    assert page.count("<svg") == 7
    assert "http" not in page
    assert "<script" not in page
    said = json.loads(CliRunner().invoke(main, [*called, "--json"]).output)
    assert [one["name"] for one in said["queues"]] == ["calls", "everybody", "messages"]
    assert 0 < said["groups"][0]["occupancy"]["mean"] < 1


def test_a_file_that_cannot_be_used_ends_with_one_line(tmp_path: Path) -> None:
    file = tmp_path / "bad.toml"
    file.write_text(EXAMPLE.read_text().replace('"queue": "everybody"', '"queue": "nobody"'))
    ran = CliRunner().invoke(main, ["simulate", "run", str(file)])
    assert ran.exit_code == 1
    assert ran.output.startswith(f"taskyard: {file}: workflow.configuration: ")
    assert ran.output.count("\n") == 1
