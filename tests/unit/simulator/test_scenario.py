from pathlib import Path

import pytest

from taskyard.simulator.result import simulate
from taskyard.simulator.scenario import ScenarioProblem, read_scenario

SMALL = """
name = "small"
[run]
hours = 1
replications = 2
[[task_queues]]
name = "calls"
[workflow]
configuration = '{"task_routing": {"filters": [], "default_filter": {"queue": "calls"}}}'
[[tasks]]
name = "customers"
arrivals = { per_hour = 60 }
handling_s = { exponential = 120 }
[[staff]]
name = "desk"
workers = 3
"""


def written(folder: Path, text: str, name: str = "small.toml") -> Path:
    file = folder / name
    file.write_text(text)
    return file


def test_a_small_scenario_is_read(tmp_path: Path) -> None:
    scenario = read_scenario(written(tmp_path, SMALL))
    assert scenario.staff[0].workers == 3
    assert scenario.run.replications == 2


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("workers = 3", "workers = 0", "staff[0].workers: expected 1 or more, got 0"),
        ("workers = 3", "workers = 'x'", "staff[0].workers: expected a whole number, got text"),
        ("workers = 3", "", "staff[0]: missing required field 'workers'"),
        (
            "{ exponential = 120 }",
            "'long'",
            "tasks[0].handling_s: expected seconds or a table, got text",
        ),
        (
            "workers = 3",
            "workers = 3\ncolour = 1",
            "staff[0]: contains unknown field 'colour'",
        ),
        ("hours = 1", "hours = 0", "run.hours: expected more than 0, got 0"),
        (
            "hours = 1",
            "hours = inf",
            "run.hours: expected a number of at most 1e+12, got inf",
        ),
        (
            "workers = 3",
            "workers = 3\nattributes = { levels = [1, nan] }",
            "staff[0].attributes.levels[1]: expected a number of at most 1e+12, got nan",
        ),
        (
            "workers = 3",
            f"workers = 3\nattributes = {{ a = {'[' * 9_999}{']' * 9_999} }}",
            "tables and lists are nested too deeply",
        ),
        (
            "replications = 2",
            "replications = 1",
            "run.replications: expected 2 or more, got 1: "
            "intervals come from what differs between them",
        ),
        (
            "{ exponential = 120 }",
            "{ exponential = 120, constant = 1 }",
            "tasks[0].handling_s: expected exactly one of constant, exponential, lognormal or "
            "empirical, got constant and exponential",
        ),
        (
            "{ per_hour = 60 }",
            "{ by_hour = [1, 2] }",
            "tasks[0].arrivals: by_hour: expected 24 rates, one for each hour, got 2",
        ),
        (
            "workers = 3",
            "workers = 3\nshifts = [{ from = '8', to = '16:00' }]",
            "staff[0].shifts[0].from: expected a time of day such as 08:30, got '8'",
        ),
        (
            "workers = 3",
            "workers = 3\naccepts = 0.5\nreturns_after_s = 0",
            "staff[0].returns_after_s: expected more than 0 seconds where offers are rejected: "
            "the same task would be offered again in the same instant",
        ),
    ],
)
def test_bad_input_is_one_sentence_that_names_the_place(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    file = written(tmp_path, SMALL.replace(old, new))
    with pytest.raises(ScenarioProblem) as raised:
        read_scenario(file)
    assert str(raised.value) == f"{file}: {said}"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"queue": "calls"', '"queue": "chats"', "workflow.configuration: "),
        ('{"task_routing"', '{"task_routing', "workflow.configuration: not JSON: "),
        ('name = "calls"', 'name = "calls"\ntarget_workers = "("', "task_queues[0]: "),
        ("workers = 3", "workers = 3\nchannels = { voice = 99 }", "staff[0].channels: "),
    ],
)
def test_what_the_core_refuses_is_told_with_its_place(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    scenario = read_scenario(written(tmp_path, SMALL.replace(old, new)))
    with pytest.raises(ScenarioProblem) as raised:
        simulate(scenario)
    assert str(raised.value).startswith(said)


def test_a_file_that_is_no_toml_or_is_not_there_is_told_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(ScenarioProblem, match=r"small\.toml: Invalid value"):
        read_scenario(written(tmp_path, "name = "))
    with pytest.raises(ScenarioProblem, match=r"none\.toml: cannot be read"):
        read_scenario(tmp_path / "none.toml")
