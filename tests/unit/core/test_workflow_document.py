"""Configurations of workflows: what is read from them, and what is refused and why."""

import json
from collections.abc import Mapping

import pytest

from taskyard.core.expressions import Facts, Json, OrderClause, parse
from taskyard.core.workflow_document import (
    Document,
    DocumentProblem,
    KnownWorker,
    Target,
    read_document,
)

Q1, Q2, Q3, GONE = (f"WQ{digit * 32}" for digit in "123f")
WORKER = "WK" + "a" * 32


class Attributes:
    """A task of which only attributes matter."""

    def __init__(self, attributes: Mapping[str, Json]) -> None:
        self.attributes = attributes

    def field(self, name: str) -> Json:
        return {"sid": "WT1"}.get(name)


class Counts:
    def __init__(self, **counts: int) -> None:
        self._counts = counts

    def count(self, name: str) -> int | None:
        return self._counts.get(name)


def read(text: str) -> Document:
    return read_document(text, lambda sid: sid in {Q1, Q2, Q3})


def routing(**keys: object) -> Document:
    return read(json.dumps({"task_routing": keys}))


def targets(*values: object) -> tuple[Target, ...]:
    """The targets of a document with one filter."""
    return routing(filters=[{"expression": "1==1", "targets": values}]).filters[0].targets


def target(**keys: object) -> Target:
    return targets({"queue": Q1, **keys})[0]


def refusal(text: str) -> str:
    with pytest.raises(DocumentProblem) as caught:
        read(text)
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    return message


def refusal_of_routing(**keys: object) -> str:
    return refusal(json.dumps({"task_routing": keys}))


def refusal_of_filter(**keys: object) -> str:
    return refusal_of_routing(filters=[{"expression": "1==1", "targets": [{"queue": Q1}], **keys}])


def refusal_of_target(**keys: object) -> str:
    return refusal_of_filter(targets=[{"queue": Q1}, keys])


def matches(document: Document, **attributes: Json) -> list[bool]:
    facts = Facts(task=Attributes(attributes))
    return [one.matches(facts) for one in document.filters]


def test_every_key_of_a_target_is_read() -> None:
    assert target(
        expression="worker.langs HAS task.lang",
        priority=50,
        timeout=60,
        order_by="worker.levels.billing DESC, level",
        known_worker_sid="task.last_agent",
    ) == Target(
        queue_sid=Q1,
        condition=parse("worker.langs HAS task.lang"),
        priority=50,
        timeout_s=60,
        order_by=(OrderClause(("levels", "billing"), True), OrderClause(("level",), False)),
        skip_if=None,
        known_worker=KnownWorker(by="sid", path=("last_agent",), literal=None),
    )


def test_a_target_may_have_nothing_but_a_queue() -> None:
    assert target() == Target(
        queue_sid=Q1,
        condition=None,
        priority=None,
        timeout_s=None,
        order_by=(),
        skip_if=None,
        known_worker=None,
    )


def test_only_the_queue_is_inherited() -> None:
    steps = targets(
        {"queue": Q1, "timeout": 30, "expression": "worker.a == 1", "priority": 5},
        {},
        {"queue": Q2},
        {"timeout": 5},
    )
    assert [step.queue_sid for step in steps] == [Q1, Q1, Q2, Q2]
    assert [step.timeout_s for step in steps] == [30, None, None, 5]
    assert steps[1] == target()


def test_the_queue_is_not_inherited_from_another_filter() -> None:
    message = refusal_of_routing(
        filters=[
            {"expression": "1==1", "targets": [{"queue": Q1}]},
            {"expression": "1==1", "targets": [{}]},
        ]
    )
    assert message == (
        "task_routing.filters[1].targets[0].queue: missing, expected the SID of a task queue"
    )


def test_a_filter_says_whether_it_matches_a_task() -> None:
    document = routing(
        filters=[
            {"expression": "type == 'a'", "targets": [{"queue": Q1}]},
            {"expression": "task.type == 'b' AND task.sid == 'WT1'", "targets": [{"queue": Q1}]},
            {"expression": "1==1", "targets": [{"queue": Q1}]},
        ]
    )
    assert matches(document, type="a") == [True, False, True]
    assert matches(document, type="b") == [False, True, True]
    assert document.filters[0].expression == "type == 'a'"


def test_skip_if_is_asked_of_the_queues_staff() -> None:
    skip_if = target(skip_if="workers.available == 0 AND task.vip != true").skip_if
    assert skip_if is not None
    assert skip_if(Facts(staffing=Counts(available=0), task=Attributes({})))
    assert not skip_if(Facts(staffing=Counts(available=1), task=Attributes({})))
    assert not skip_if(Facts(staffing=Counts(available=0), task=Attributes({"vip": True})))


@pytest.mark.parametrize("key", ["filter_friendly_name", "friendly_name", "friendlyName"])
def test_a_filter_may_be_named_by_any_of_three_keys(key: str) -> None:
    document = routing(filters=[{key: "VIP", "expression": "1==1", "targets": [{"queue": Q1}]}])
    assert document.filters[0].name == "VIP"


def test_a_filter_may_go_without_a_name() -> None:
    one = {"expression": "1==1", "targets": [{"queue": Q1}]}
    document = routing(filters=[one, {**one, "friendly_name": 5}])
    assert [one.name for one in document.filters] == [None, None]


def test_all_queues_are_listed() -> None:
    document = routing(
        filters=[{"expression": "1==1", "targets": [{"queue": Q1}, {}, {"queue": Q2}]}],
        default_filter={"queue": Q3},
    )
    assert document.queue_sids == {Q1, Q2, Q3}


def test_a_default_filter_alone_is_enough() -> None:
    for document in (
        routing(default_filter={"queue": Q1}),
        routing(filters=[], default_filter={"queue": Q1}),
        routing(filters=None, default_filter={"queue": Q1}),
    ):
        assert document.filters == ()
        assert document.default == target()


def test_a_default_filter_ignores_timeout_skip_if_and_unknown_keys() -> None:
    document = routing(
        default_filter={
            "queue": Q1,
            "filter_friendly_name": "Default",
            "expression": "worker.a == 1",
            "Expression": "this is ( no expression",
            "priority": "1",
            "order_by": "level",
            "known_worker_sid": "agent",
            "timeout": "soon",
            "skip_if": "((",
        }
    )
    assert document.default == Target(
        queue_sid=Q1,
        condition=parse("worker.a == 1"),
        priority=1,
        timeout_s=None,
        order_by=(OrderClause(("level",), False),),
        skip_if=None,
        known_worker=KnownWorker(by="sid", path=("agent",), literal=None),
    )


def test_numbers_may_be_numeric_strings() -> None:
    assert target(priority="10", timeout="30") == target(priority=10, timeout=30)


def test_a_null_is_as_good_as_nothing() -> None:
    keys = ("expression", "priority", "timeout", "order_by", "skip_if", "known_worker_sid")
    assert target(**dict.fromkeys(keys)) == target()
    document = routing(
        filters=[{"expression": "1==1", "targets": [{"queue": Q1}, {"queue": None}]}],
        default_filter=None,
    )
    assert document.default is None
    assert document.filters[0].targets[1].queue_sid == Q1


def test_unknown_keys_are_accepted_everywhere() -> None:
    text = json.dumps(
        {
            "task_routing": {
                "filters": [
                    {
                        "expression": "1==1",
                        "target_expression": "((",
                        "targets": [{"queue": Q1, "task_attributes": {"a": [None]}}],
                    }
                ],
                "other": 1,
            },
            "default_filter": {"queue": GONE},
        }
    )
    document = read(text)
    assert document.default is None
    assert document.filters[0].targets == (target(),)


def test_of_a_repeated_key_the_last_counts() -> None:
    text = f'{{"task_routing": {{"default_filter": {{"queue": "{GONE}", "queue": "{Q1}"}}}}}}'
    assert read(text).queue_sids == {Q1}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the document is not valid JSON: Input data was truncated"),
        ("{", "the document is not valid JSON: Input data was truncated"),
        ("{'a': 1}", "the document is not valid JSON: "),
        ('{"task_routing": {}} x', "the document is not valid JSON: "),
        ('{"a": 1e999}', "the document is not valid JSON: "),
        ('{"a": "\ud800"}', "the document is not valid JSON: "),
        ("[]", "the document: found an array, expected an object"),
        ('"text"', 'the document: found "text", expected an object'),
        ('"\u0085"', 'the document: found "\\x85", expected an object'),
        ('"é\u2028"', 'the document: found "é\\u2028", expected an object'),
        ("null", "the document: missing, expected an object"),
        ("{}", "task_routing: missing, expected an object"),
        ('{"task_routing": null}', "task_routing: missing, expected an object"),
        ('{"task_routing": [1]}', "task_routing: found an array, expected an object"),
        ('{"task_routing": "{}"}', 'task_routing: found "{}", expected an object'),
        (
            '{"filters": []}',
            "task_routing: missing, expected an object ('filters' belongs inside 'task_routing')",
        ),
        (
            '{"task_routing": {}}',
            "task_routing: expected at least one filter, or a default_filter",
        ),
        (
            '{"task_routing": {"filters": []}, "default_filter": {}}',
            "task_routing: expected at least one filter, or a default_filter"
            " ('default_filter' belongs inside 'task_routing')",
        ),
    ],
)
def test_what_is_no_document_is_refused(text: str, message: str) -> None:
    assert refusal(text).startswith(message)


@pytest.mark.parametrize(
    "text", ["[" * 50_000, "[" * 200 + "]" * 200, '{"a":' * 200 + "1" + "}" * 200]
)
def test_a_deep_document_is_refused_however_deep_it_is(text: str) -> None:
    assert refusal(text) in {
        "the document is nested more than 100 deep",
        "the document is not valid JSON: Input data was truncated",
    }


def test_a_hundred_levels_are_accepted() -> None:
    text = f'{{"task_routing":{{"default_filter":{{"queue":"{Q1}"}}}},"x":%s}}'
    assert read(text % ("[" * 98 + "1" + "]" * 98)).default is not None
    assert refusal(text % ("[" * 100 + "1" + "]" * 100))


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"filters": {}}, "task_routing.filters: found an object, expected an array"),
        ({"filters": [1]}, "task_routing.filters[0]: found 1, expected an object"),
        (
            {"default_filter": [1]},
            "task_routing.default_filter: found an array, expected an object",
        ),
        (
            {"default_filter": {}},
            "task_routing.default_filter.queue: missing, expected the SID of a task queue",
        ),
        (
            {"default_filter": {"task_queue_sid": Q1}},
            "task_routing.default_filter.queue: missing, expected the SID of a task queue"
            " ('task_queue_sid' should be called 'queue')",
        ),
        (
            {"default_filter": {"queue": GONE}},
            f'task_routing.default_filter.queue: found "{GONE}",'
            " expected a task queue of this workspace",
        ),
        (
            {"default_filter": {"queue": Q1, "priority": -1}},
            "task_routing.default_filter.priority: found -1,"
            " expected an integer from 0 to 2147483647",
        ),
    ],
)
def test_the_parts_of_task_routing_are_checked(keys: dict[str, object], message: str) -> None:
    assert refusal_of_routing(**keys) == message


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"expression": None}, "expression: missing, expected a string"),
        ({"expression": True}, "expression: found true, expected a string"),
        (
            {"expression": ""},
            "expression: at position 0: mismatched input '<EOF>' expecting a value or a reference",
        ),
        (
            {"expression": "skill-level > 3"},
            "expression: at position 5: extraneous input '-level' expecting OPERATOR"
            " (a name cannot contain a hyphen, and there is no arithmetic)",
        ),
        ({"targets": None}, "targets: missing, expected an array"),
        ({"targets": {}}, "targets: found an object, expected an array"),
        ({"targets": []}, "targets: empty, expected at least one target"),
        ({"targets": [1.5]}, "targets[0]: found 1.5, expected an object"),
        ({"targets": [{}]}, "targets[0].queue: missing, expected the SID of a task queue"),
        (
            {"targets": [{"queue": 5}]},
            "targets[0].queue: found 5, expected the SID of a task queue",
        ),
    ],
)
def test_a_filter_is_checked(keys: dict[str, object], message: str) -> None:
    assert refusal_of_filter(**keys) == f"task_routing.filters[0].{message}"


@pytest.mark.parametrize("value", [0, -1, 1.5, 30.0, True, "", "soon", "1.5", " 5", [], {}])
def test_a_timeout_is_a_positive_integer(value: object) -> None:
    message = refusal_of_target(timeout=value)
    assert message.startswith("task_routing.filters[0].targets[1].timeout: found ")
    assert message.endswith(", expected a positive integer of seconds")


@pytest.mark.parametrize("value", [2**31, 10**15, 10**20, "2147483648", "9" * 100])
def test_a_timeout_that_no_task_lives_to_see_counts_as_68_years(value: object) -> None:
    assert target(timeout=value).timeout_s == 2**31 - 1


@pytest.mark.parametrize("value", [-1, 2**31, 1.5, False, "high", "-1", "²", [1]])
def test_a_priority_is_an_integer_from_nought(value: object) -> None:
    message = refusal_of_target(priority=value)
    assert message.startswith("task_routing.filters[0].targets[1].priority: found ")
    assert message.endswith(", expected an integer from 0 to 2147483647")


def test_the_smallest_and_the_largest_numbers_are_accepted() -> None:
    assert target(priority=0, timeout=1).priority == 0
    assert target(priority=2**31 - 1).priority == 2**31 - 1


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("expression", 1, "found 1, expected a string"),
        ("expression", "", "at position 0: mismatched input '<EOF>' expecting"),
        ("expression", "worker.a == 'x", "at position 12: token recognition error at: ''x'"),
        ("order_by", [], "found an array, expected a string"),
        ("order_by", "a UP", "at position 2: mismatched input 'UP' expecting ',' or <EOF>"),
        ("skip_if", True, "found true, expected a string"),
        ("skip_if", "workers.available =", "at position 19: mismatched input '<EOF>' expecting"),
        ("known_worker_sid", 5, "found 5, expected a string"),
        (
            "known_worker_sid",
            "'WK1'",
            "found \"'WK1'\", expected a reference to a task attribute"
            " such as 'task.agent' or the SID of a worker",
        ),
        ("known_worker_sid", "task.a == 1", 'found "task.a == 1", expected a reference'),
        (
            "known_worker_friendly_name",
            "Ann Lee",
            "found \"Ann Lee\", expected a reference to a task attribute such as 'task.agent'",
        ),
    ],
)
def test_a_target_is_checked(key: str, value: object, message: str) -> None:
    place = f"task_routing.filters[0].targets[1].{key}: "
    assert refusal_of_target(**{key: value}).startswith(place + message)


def test_a_known_worker_has_one_kind_of_name() -> None:
    message = refusal_of_target(known_worker_sid="task.a", known_worker_friendly_name="task.b")
    assert message == (
        "task_routing.filters[0].targets[1]:"
        " both known_worker_sid and known_worker_friendly_name, expected one of them"
    )


def test_a_known_worker_is_found_in_the_tasks_attributes_alone() -> None:
    attributes: dict[str, Json] = {"agent": "WK1", "deep": [{"by": None}], "task": {"x": 7}}
    for text, found in {
        "task.agent": "WK1",
        "agent": "WK1",
        "task.deep[0].by": None,
        "deep": [{"by": None}],
        "task.task.x": 7,
        "task": {"x": 7},
        "task.missing.at.all": None,
        "task.sid": None,
    }.items():
        for key in ("known_worker_sid", "known_worker_friendly_name"):
            known = target(**{key: text}).known_worker
            assert known is not None
            assert known.named_by(attributes) == found
            assert known.by == key.removeprefix("known_worker_")


def test_a_known_worker_may_be_a_sid() -> None:
    known = target(known_worker_sid=WORKER).known_worker
    assert known == KnownWorker(by="sid", path=None, literal=WORKER)
    assert known.named_by({WORKER: "x"}) == WORKER


def test_what_was_found_is_shown_in_brief() -> None:
    assert len(refusal_of_target(timeout="x" * 10_000)) < 250
    assert "\n" not in refusal_of_target(timeout="a\nb")


def test_a_document_of_a_megabyte_is_read() -> None:
    filters = [
        {
            "filter_friendly_name": f"Filter {i}",
            "expression": f"type == 'kind {i}' AND tier IN ['gold','silver']",
            "targets": [
                {"queue": Q1, "expression": "worker.langs HAS task.lang", "timeout": 60},
                {"queue": Q2, "skip_if": "workers.available == 0"},
            ],
        }
        for i in range(3_500)
    ]
    text = json.dumps({"task_routing": {"filters": filters}})
    assert len(text) > 1_000_000
    assert len(read(text).filters) == 3_500


# The documents below were found in public; each is to be read as it was meant.


def test_everybody_by_default() -> None:
    document = routing(filters=[], default_filter={"queue": Q1})
    assert document.default == target()


def test_a_known_worker_then_three_widening_steps() -> None:
    steps = targets(
        {"queue": Q1, "known_worker_friendly_name": "task.worker_friendly_name", "timeout": 30},
        {"queue": Q1, "expression": "worker.routing.levels.payments >= 4", "timeout": 30},
        {"queue": Q1, "expression": "worker.routing.levels.payments > 0", "timeout": 30},
        {"queue": Q1},
    )
    assert [step.timeout_s for step in steps] == [30, 30, 30, None]
    assert {step.queue_sid for step in steps} == {Q1}
    known = KnownWorker(by="friendly_name", path=("worker_friendly_name",), literal=None)
    assert steps[0].known_worker == known


def test_skill_by_skill_with_three_sort_keys_and_an_unconditional_skip() -> None:
    step = target(
        expression="worker.routing.skills has 'BL' AND worker.routing.skills has 'intent'"
        ' AND (worker.routing.skills has "es" OR worker.routing.skills has "en")',
        order_by="worker.routing.levels.es DESC , worker.routing.levels.BL DESC,"
        " worker.routing.levels.intent DESC",
        skip_if="1==1",
    )
    assert [clause.path[-1] for clause in step.order_by] == ["es", "BL", "intent"]
    assert all(clause.descending for clause in step.order_by)
    assert step.skip_if is not None
    assert step.skip_if(Facts())


def test_voicemail_on_a_missed_call() -> None:
    document = routing(
        filters=[
            {
                "friendly_name": "SMS",
                "expression": 'selected_product=="ProgrammableSMS"',
                "targets": [
                    {"queue": Q1, "priority": "5", "timeout": "30"},
                    {"queue": Q2, "expression": "1==1", "priority": "1", "timeout": "30"},
                ],
            }
        ],
        default_filter={
            "filter_friendly_name": "Default Filter",
            "queue": Q2,
            "Expression": "1==1",
            "priority": "1",
            "timeout": "30",
        },
    )
    assert [step.priority for step in document.filters[0].targets] == [5, 1]
    assert document.default is not None
    assert document.default.timeout_s is None
    assert matches(document, selected_product="ProgrammableSMS") == [True]


def test_callbacks_by_attempts() -> None:
    document = routing(
        filters=[
            {
                "expression": expression,
                "targets": [{"queue": Q1, "expression": "1==0", "timeout": 600}, {"queue": Q1}],
            }
            for expression in ("callBackData.attempts == 1", "callBackData.attempts > 1", "1==1")
        ]
    )
    assert matches(document, callBackData={"attempts": 1}) == [True, False, True]
    assert matches(document, callBackData={"attempts": 2}) == [False, True, True]
    assert matches(document) == [False, False, True]


def test_internal_calls_go_by_what_is_null() -> None:
    document = routing(
        filters=[
            {
                "expression": "targetWorker != null AND callToQueue == null",
                "targets": [
                    {
                        "queue": Q1,
                        "expression": "task.targetWorker == worker.contact_uri",
                        "priority": 1000,
                    }
                ],
            }
        ]
    )
    assert matches(document, targetWorker="client:ann") == [True]
    assert matches(document, targetWorker=["client:ann"]) == [True]
    assert matches(document, targetWorker="client:ann", callToQueue="Sales") == [False]
    assert matches(document) == [False]


def test_an_empty_second_target_after_the_last_agent() -> None:
    steps = targets(
        {"queue": Q1, "known_worker_sid": "task.originalRouting.workerSid", "timeout": 30}, {}
    )
    known = steps[0].known_worker
    assert known is not None
    assert known.named_by({"originalRouting": {"workerSid": "WK1"}}) == "WK1"
    assert steps[1] == target()


def test_helpline_filters() -> None:
    document = routing(
        filters=[
            {"expression": expression, "targets": [{"queue": Q1}]}
            for expression in (
                "helpline=='X'",
                '(to=="+15550000001" AND language CONTAINS "en-CA") OR isContactlessTask == true',
                "channelType IN [ 'whatsapp', 'instagram'] OR (channelType IN ['web']"
                " AND preEngagementData.area == 'Main Land')"
                " OR (worker.routing.skills HAS 'Swahili')",
                "task.transferMeta == null AND task.switchboardingHandled == null",
                "helpline==London",
            )
        ]
    )
    assert matches(document, helpline="X") == [True, False, False, True, False]
    assert matches(document, to="+15550000001", language="en-CA,fr") == [
        *(False, True, False, True),
        True,  # an unquoted text is a reference, and here both are null
    ]
    assert matches(
        document, channelType="web", preEngagementData={"area": "Main Land"}, helpline="Y"
    ) == [False, False, True, True, False]


def test_a_default_filter_beside_task_routing_is_stored_and_ignored() -> None:
    one = {"expression": "1==1", "targets": [{"queue": Q1}]}
    document = read(
        json.dumps({"task_routing": {"filters": [one]}, "default_filter": {"queue": Q2}})
    )
    assert document.default is None
    assert document.queue_sids == {Q1}


def test_a_dialer_schedule_with_a_misspelt_name_and_the_wrong_key_for_the_queue() -> None:
    filters = [
        {
            "friendlyName": "Dialer",
            "expression": "1==1",
            "targets": [
                {
                    "queue": Q1,
                    "expression": "(taskrouter.dayOfWeek IN task.schedule.week)"
                    " AND (taskrouter.currentTime > task.schedule.startHour)"
                    " AND (taskrouter.currentTiem < task.schedule.endHour)",
                }
            ],
        }
    ]
    assert routing(filters=filters).filters[0].name == "Dialer"
    message = refusal_of_routing(filters=filters, default_filter={"task_queue_sid": Q2})
    assert "('task_queue_sid' should be called 'queue')" in message
