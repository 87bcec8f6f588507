import sys
from pathlib import Path

import check
import msgspec
import processes
import pytest
from figures import Figure, Results
from report.floors import Floor, broken, floors, wanted
from report.results import Bench, Machine, Run

LEAST = {"engine.append_ratio": Floor(at_least=0.4)}
MOST = {"scaling.backlog_ratio": Floor(at_most=1.5)}


def run_with(name: str, figure: float) -> Run:
    of, _, own = name.partition(".")
    found = Results([Figure(own, "one against another", figure, "ratio", "up")])
    machine = Machine(2, "some processor", 4.0, "some system", "some Python")
    return Run("today", True, machine, 0.0, [Bench(of, 1.0, found)])


@pytest.mark.parametrize(("all_of_them", "good", "bad"), [(LEAST, 0.4, 0.39), (MOST, 1.5, 1.51)])
def test_a_ratio_may_reach_its_floor_and_not_pass_it(
    all_of_them: dict[str, Floor], good: float, bad: float
) -> None:
    (name,) = all_of_them
    assert broken(all_of_them, [run_with(name, good)]) == []
    (line,) = broken(all_of_them, [run_with(name, bad)])
    assert line.startswith(f"{name}: {bad:.2f}, at ")
    assert "\n" not in line


def test_a_floor_that_holds_in_one_of_two_runs_holds() -> None:
    name = "engine.append_ratio"
    assert broken(LEAST, [run_with(name, 0.1), run_with(name, 0.5)]) == []
    (line,) = broken(LEAST, [run_with(name, 0.1), run_with(name, 0.2)])
    assert "0.10 and 0.20" in line


def test_what_was_not_measured_does_not_hold() -> None:
    (line,) = broken(LEAST, [run_with("engine.another", 1.0)])
    assert line == "engine.append_ratio: not measured; its floor is at least 0.4"


def test_a_floor_has_one_side(tmp_path: Path) -> None:
    path = tmp_path / "floors.toml"
    path.write_text('"a.b" = { at_least = 1, at_most = 2 }')
    with pytest.raises(msgspec.ValidationError):
        floors(path)


def test_every_floor_is_of_a_figure_that_a_benchmark_notes() -> None:
    for name in floors():
        of, _, own = name.partition(".")
        text = (processes.FOLDER / f"{of}.py").read_text()
        assert f'"{own}"' in text, name
    assert set(wanted(floors())) <= set(processes.NAMES)


@pytest.mark.parametrize("name", processes.there())
def test_every_benchmark_can_leave_its_figures(name: str) -> None:
    text = (processes.FOLDER / f"{name}.py").read_text()
    for said in ('"--quick"', "figures.option(parser)", "figures.note(", "figures.write("):
        assert said in text, said


def test_the_command_fails_with_a_line_for_each_broken_floor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "results.json"
    path.write_bytes(msgspec.json.encode(run_with("engine.append_ratio", 0.1)))
    monkeypatch.setattr(check, "floors", lambda: LEAST)
    monkeypatch.setattr(sys, "argv", ["check.py", str(path)])
    with pytest.raises(SystemExit) as ended:
        check.main()
    assert ended.value.code == 1
    assert len(capsys.readouterr().out.strip().splitlines()) == 1
    path.write_bytes(msgspec.json.encode(run_with("engine.append_ratio", 0.7)))
    with pytest.raises(SystemExit) as ended:
        check.main()
    assert ended.value.code == 0
