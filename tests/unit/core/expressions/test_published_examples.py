"""Every row of the examples in the language's reference."""

import pytest

from taskyard.core.expressions import ExpressionProblem, parse
from unit.core.expressions.world import (
    holds_of_both,
    holds_of_staff,
    holds_of_task,
    holds_of_worker,
)


@pytest.mark.parametrize(
    ("row", "text", "expected"),
    [
        (1, "1==1", True),
        (2, "1==2", False),
        (3, 'skills HAS "support"', True),
        (4, "skills HAS 'Support'", False),
        (5, "(skills HAS 'support') AND (languages HAS 'en')", True),
        (6, '"support" in skills', True),
        (7, "skills >- 'sales'", True),
        (8, 'level HAS "support"', False),
        (9, "level IN [1,2,3]", True),
        (10, "level <- [4,5]", False),
        (11, "level NOT IN [4,5]", True),
        (12, "level > 2 AND level <= 3", True),
        (13, "rating >= 5.1", True),
        (14, "score > 5", True),
        (15, "score == 7", False),
        (16, 'score == "7"', True),
        (17, "name CONTAINS 'Lee'", True),
        (18, "name contains 'lee'", False),
        (19, "skills CONTAINS 'support'", False),
        (20, "skills == 'support'", False),
        (21, "skills != 'support'", False),
        (22, "vip == true", True),
        (23, "vip == 'true'", False),
        (24, "vip = true", True),
        (25, "missing == 'x'", False),
        (26, "missing != 'x'", True),
        (27, "missing != true", True),
        (28, "missing == null", True),
        (29, "team == null", True),
        (30, "skills != null", True),
        (31, "missing > 1", False),
        (32, "missing HAS 'x'", False),
        (33, "routing.skills HAS 'billing'", True),
        (34, "routing.levels.billing >= 4", True),
        (35, "skills[0] == 'support'", True),
        (36, "skills[9] == null", True),
        (37, "list[0].k == 1", True),
        (38, "level.deep.path == null", True),
        (39, "1 == 1.0", True),
        (40, '"apple" != "orange"', True),
        (41, "skills HAS 'x' OR skills HAS 'sales' AND level == 9", False),
        (42, "(skills HAS 'x' OR skills HAS 'sales') AND level == 3", True),
        (44, "skills HAS support", False),
        (45, "level > -1", True),
    ],
)
def test_target_workers(row: int, text: str, expected: bool) -> None:
    assert holds_of_worker(text) is expected


@pytest.mark.parametrize(("row", "text"), [(43, "skill-level > 3"), (46, "level + 1 > 3")])
def test_arithmetic_is_refused(row: int, text: str) -> None:
    with pytest.raises(ExpressionProblem):
        parse(text)


@pytest.mark.parametrize(
    ("row", "text", "expected"),
    [
        (47, "type == 'support' AND tier IN ['gold','silver']", True),
        (48, 'type=="support"', True),
        (49, "task.type == 'support'", True),
        (50, "nested.a HAS 'y'", True),
        (51, 'nested.a[1] == "y"', True),
        (52, '"x" IN nested.a', True),
        (53, "n > 4", True),
        (53, "s > 4", True),
        (54, "ok == true", True),
        (54, "flag == true", False),
        (55, "last == null AND agents != null", True),
        (56, "empty HAS 'x'", False),
        (56, "'x' NOT IN empty", True),
        (57, "taskrouter.dayOfWeek IN ['Sat','Sun']", False),
        (58, "taskrouter.currentTime > 0800 AND taskrouter.currentTime < 1830", True),
        (59, "taskrouter.currentHour > 8", True),
        (60, "worker.routing.skills HAS 'Swahili'", False),
    ],
)
def test_filters_on_a_monday_at_a_quarter_past_nine(row: int, text: str, expected: bool) -> None:
    assert holds_of_task(text) is expected


@pytest.mark.parametrize(
    ("row", "text", "expected"),
    [
        (61, "worker.sid IN task.agents", True),
        (62, "task.agents HAS worker.sid", True),
        (63, "worker.sid NOT IN task.agents", False),
        (64, "worker.sid NOT IN task.absent", False),
        (65, "task.lang IN worker.languages", True),
        (66, "worker.languages HAS task.lang", True),
        (67, "task.lang = worker.languages[1]", True),
        (68, "worker.activity_name in ['Available','Priority']", True),
        (69, "worker.channel.voice.available_capacity_percentage == 100", True),
        (70, "worker.channel.chat.assigned_tasks == 0", False),
        (71, "worker.channel.chat.available_capacity_percentage <= 50", True),
        (72, "worker.channel.fax.assigned_tasks == 0", False),
        (73, "(skills HAS 'support')", False),
        (74, "worker.nothing == task.nothing", True),
        (75, "worker.friendly_name == 'ann'", True),
    ],
)
def test_targets(row: int, text: str, expected: bool) -> None:
    assert holds_of_both(text) is expected


def test_skip_when_none_of_four_is_available() -> None:
    text = "workers.available == 0"  # row 76
    assert holds_of_staff(text, available=0, unavailable=4)
    assert not holds_of_staff(text, available=1, unavailable=3)


@pytest.mark.parametrize(
    ("in_activity", "unavailable", "expected"),
    [(1, 0, True), (2, 0, False), (2, 3, False), (2, 4, True)],
)
def test_skip_by_counts(in_activity: int, unavailable: int, expected: bool) -> None:
    activity_sid = "WA" + "0123" * 8
    text = f"workers.{activity_sid} < 2 OR workers.unavailable > 3"  # row 77
    assert holds_of_staff(text, **{activity_sid: in_activity, "unavailable": unavailable}) is (
        expected
    )
