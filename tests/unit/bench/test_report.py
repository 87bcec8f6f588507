import re
import xml.etree.ElementTree as ET

from figures import Figure, Missing, Results
from report.contents import contents
from report.floors import Floor
from report.html import html
from report.markdown import markdown
from report.plots import bars, lines, number
from report.results import Bench, Machine, Run

FLOORS = {"engine.append_ratio": Floor(at_least=0.4)}
SVG = "{http://www.w3.org/2000/svg}"


def a_run() -> Run:
    load = [
        Figure("load", "tasks a second", ms, "ms", "down", None, "half <of> them", at)
        for at, ms in ((100.0, 2.0), (200.0, 3.0))
    ]
    contest = [
        Figure("taskyard_sqlite_cycles", "life cycles", 1_000.0, "a second", "up"),
        Figure("redis_cycles", "life cycles", 2_000.0, "a second", "up"),
        Figure("redis_ratio", "against ours", 2.0, "ratio", "up"),
    ]
    benches = [
        Bench("load", 1.0, Results(load)),
        Bench("engine", 1.0, Results([Figure("append_ratio", "a|b", 0.3, "ratio", "up", 0.5)])),
        Bench("contest", 1.0, Results(contest, [Missing("Celery", "not <installed>")])),
        Bench("core", 1.0, Results(), "it ended with 1"),
    ]
    machine = Machine(2, "a <processor>", 4.0, "some system", "some Python")
    return Run("today", True, machine, 1.5, benches)


def test_the_summary_stands_before_every_table() -> None:
    text = markdown(contents(a_run(), FLOORS))
    assert "gets through 2 times as many" in text
    assert text.index("In a minute") < text.index("2 times as") < text.index("| ---")


def test_what_is_left_out_is_said_with_its_reason() -> None:
    text = markdown(contents(a_run(), FLOORS))
    assert "- Celery: not <installed>" in text
    assert "- core: it ended with 1" in text


def test_a_floor_that_does_not_hold_says_so() -> None:
    text = markdown(contents(a_run(), FLOORS))
    assert "| a\\|b | 0.3 | at least 0.4 | no |" in text


def test_the_page_needs_nothing_from_elsewhere_and_takes_nothing_for_markup() -> None:
    page = html(contents(a_run(), FLOORS))
    addresses = set(re.findall(r"https?://[^\"' <]+", page))
    assert addresses == {"http://www.w3.org/2000/svg"}  # the name of a language, not fetched
    assert not re.search(r"<(script|link|img|iframe)|@import|url\(", page)
    assert "a &lt;processor&gt;" in page
    assert "half &lt;of&gt; them" in page
    assert "not &lt;installed&gt;" in page
    assert page.count("<svg") == 2


def test_a_line_goes_through_its_points_from_left_to_right() -> None:
    drawn = ET.fromstring(lines("t", "x", "ms", {"a": [(1, 5), (10, 50), (1_000, 20)]}))
    (path,) = drawn.iter(f"{SVG}polyline")
    points = [tuple(map(float, one.split(","))) for one in path.attrib["points"].split()]
    (x1, y1), (x2, y2), (x3, y3) = points
    assert x1 < x2 < x3
    assert y2 < y3 < y1  # the higher the value, the smaller
    assert round((x3 - x2) / (x2 - x1), 1) == 2.0  # equal factors are equal steps


def test_plots_of_one_point_or_of_equal_values_can_be_drawn() -> None:
    ET.fromstring(lines("t", "x", "ms", {"a": [(0, 0)]}))
    ET.fromstring(lines("t", "x", "ms", {"a": [(1, 7), (2, 7)]}))
    ET.fromstring(bars("t", "ms", {"a": 0.0}))


def test_the_longest_bar_is_the_largest_value() -> None:
    drawn = ET.fromstring(bars("t", "ms", {"a": 10.0, "b": 20.0}))
    _, one, other = (float(rect.attrib["width"]) for rect in drawn.iter(f"{SVG}rect"))
    assert other == 2 * one


def test_numbers_have_three_digits_that_count() -> None:
    assert [number(n) for n in (0, 0.01234, 1.5, 12.34, 20_480.7)] == [
        *("0", "0.0123", "1.5", "12.3", "20,481")
    ]
