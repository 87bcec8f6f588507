"""When what happens, as a function of how long the show goes on."""

import itertools

from taskyard.demo.programme import Happening, schedule


def test_a_show_of_any_length_has_a_drill_and_then_a_restart_in_its_middle() -> None:
    for seconds in (6.0, 20.0, 600.0):
        (drill_s, drill), (restart_s, restart) = schedule(seconds)
        assert (drill, restart) == (Happening.DRILL, Happening.RESTART)
        assert 0 < drill_s < restart_s < seconds


def test_a_show_without_end_plays_it_again_and_again() -> None:
    times = list(itertools.islice(schedule(None), 6))
    assert [what for _, what in times] == [Happening.DRILL, Happening.RESTART] * 3
    assert times == sorted(times, key=lambda one: one[0])
