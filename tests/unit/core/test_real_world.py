"""Configurations as they are found in public code, and what they must do."""

import json

import pytest

from story import Story, rule, step, tag
from taskyard.core.errors import Invalid

FELL_OUT = "Task canceled on Workflow timeout"


def has(path: str, value: str) -> str:
    return f"{path} HAS '{value}'"


# --- 1: assign to anyone ---


def test_assign_to_anyone_takes_anybody() -> None:
    story = Story().queue("Everyone").queue("Sales", has("routing.skills", "sales"))
    story.workflow("w", document=story.document(default="Everyone")).worker("alice")
    story.task("T1").expect_offers(("T1", "alice"))


def test_a_nested_attribute_stands_on_the_left_of_has() -> None:
    story = Story().queue("Sales", has("routing.skills", "sales")).worker("alice")
    story.worker("bob", {"routing": {"skills": ["support", "sales"]}})
    story.task("T1").expect_offers(("T1", "bob"))


# --- 2: widening levels ---


def sellers() -> Story:
    story = Story().queue("Payments").queue("Listings").queue("Everyone")
    return story.workflow(
        "w",
        rule(
            "type == 'payments'",
            step("Payments", known_worker_friendly_name="task.worker_friendly_name", timeout=30),
            step("Payments", expression="worker.routing.levels.payments >= 4", timeout=30),
            step("Payments", expression="worker.routing.levels.payments > 0", timeout=30),
            step("Payments"),
        ),
        rule(
            "type == 'listings'",
            step("Listings", expression="(skills HAS 'listings') AND (languages HAS 'english')"),
        ),
        rule("1==1", "Everyone"),
    )


def test_widening_steps_stay_in_one_queue_and_its_age_grows() -> None:
    story = sellers().worker("low", {"routing": {"levels": {"payments": 1}}})
    story.worker("none").task("T1", {"type": "payments"}).expect_offers()
    entered_ms = story.now_ms
    story.advance(s=59).expect_no("task-queue.entered").expect_offers()
    story.advance(s=1).expect_offers(("T1", "low"))
    assert story.tasks["T1"].task_queue_entered_ms == entered_ms


def test_the_last_step_takes_anybody() -> None:
    story = sellers().worker("none").task("T1", {"type": "payments"})
    story.advance(ms=89_999).expect_offers()
    story.advance(ms=1).expect_offers(("T1", "none"))


def test_a_target_without_prefixes_is_accepted_and_matches_nobody() -> None:
    story = sellers().worker("alice", {"skills": ["listings"], "languages": ["english"]})
    story.task("T1", {"type": "listings"}, timeout_s=500).expect_offers()
    story.advance(s=499).expect_nothing()
    story.advance(s=1).expect("task.canceled", reason="Task TTL Exceeded")


# --- 3: try once and go on ---


def test_unconditional_skips_try_each_step_once_in_the_order_of_three_keys() -> None:
    order = (
        "worker.routing.levels.es DESC , worker.routing.levels.bl DESC,"
        " worker.routing.levels.i DESC"
    )
    both = "worker.routing.skills has 'bl' AND worker.routing.skills has 'i'"
    story = (
        Story()
        .queue("Q1")
        .workflow(
            "w",
            rule(
                "lang == 'es'",
                step(
                    "Q1",
                    expression=f'{both} AND (worker.routing.skills has "es" OR 1==2)',
                    order_by=order,
                    skip_if="1==1",
                ),
                step(
                    "Q1",
                    expression="worker.routing.skills has 'i'",
                    order_by="worker.routing.levels.es DESC",
                    skip_if="1==1",
                ),
                step("Q1", expression="worker.routing.skills has 'es'"),
            ),
        )
    )

    def agent(name: str, skills: str, **levels: int) -> None:
        story.worker(name, {"routing": {"skills": skills.split(), "levels": levels}})

    agent("second", "bl i es", es=5, bl=2, i=9)
    agent("first", "bl i es", es=5, bl=3, i=1)
    agent("third", "bl i es", es=4, bl=9, i=9)
    agent("fourth", "i", es=0)
    agent("fifth", "es")
    for number, name in enumerate(("first", "second", "third", "fourth", "fifth")):
        story.task(f"T{number}", {"lang": "es"}).expect_offers((f"T{number}", name))


# --- 4: voicemail on a missed call ---


def missed_calls() -> Story:
    story = Story(reservation_timeout_s=15).queue("SMS", 'products HAS "ProgrammableSMS"')
    story.queue("Voice", '"ProgrammableVoice" in products').queue("Default")
    filters = [
        rule(
            f'selected_product=="Programmable{kind}"',
            step(queue, priority="5", timeout="30"),
            step("Default", expression="1==1", priority=1, timeout=30),
        )
        for kind, queue in (("SMS", "SMS"), ("Voice", "Voice"))
    ]
    default = step(
        "Default", filter_friendly_name="Default", Expression="1==1", priority=1, timeout=30
    )
    return story.workflow("w", *filters, default=default)


def test_a_last_target_with_a_timeout_ends_in_a_canceled_task() -> None:
    story = missed_calls().task("T1", {"selected_product": "ProgrammableVoice"})
    assert (story.queue_of("T1"), story.tasks["T1"].priority) == ("Voice", 5)
    story.advance(s=30)
    assert (story.queue_of("T1"), story.tasks["T1"].priority) == ("Default", 1)
    story.advance(s=30).expect("workflow.timeout").expect("task.canceled", reason=FELL_OUT)


def test_odd_keys_of_a_default_filter_are_kept_and_do_nothing() -> None:
    story = missed_calls().task("T1", {"selected_product": "other"}).advance(s=3_600)
    story.expect_nothing()
    default = json.loads(story.workflows["w"].configurations[1])["task_routing"]["default_filter"]
    assert list(default) == ["queue", "filter_friendly_name", "Expression", "priority", "timeout"]


def test_a_missed_call_sends_the_worker_offline_until_they_say_otherwise() -> None:
    story = missed_calls().worker("bob", {"products": ["ProgrammableSMS"]})
    story.task("T1", {"selected_product": "ProgrammableSMS"}).advance(s=15)
    story.expect("worker.activity.update", worker="bob", activity="Offline")
    story.goes("bob", "Available").expect_offers(("T1", "bob"))


# --- 5: callback with an increasing delay ---


@pytest.mark.parametrize(("attempts", "delay_s"), [(1, 600), (2, 3_600), (7, 3_600)])
def test_a_callback_is_offered_after_its_delay_without_any_other_cause(
    attempts: int, delay_s: int
) -> None:
    story = (
        Story()
        .queue("Everyone")
        .worker("alice")
        .workflow(
            "w",
            rule(
                "callBackData.attempts == 1",
                step("Everyone", expression="1==0", timeout=600),
                "Everyone",
            ),
            rule(
                "callBackData.attempts > 1",
                step("Everyone", expression="1 == 0", timeout=3_600),
                "Everyone",
            ),
            rule("1==1", "Everyone"),
            default="Everyone",
        )
    )
    story.task("T1", {"callBackData": {"attempts": attempts}}).expect_offers()
    story.advance(ms=delay_s * 1000 - 1).expect_nothing()
    story.advance(ms=1).expect_offers(("T1", "alice"))


# --- 6: transfers inside a conversation ---


def conversations() -> Story:
    story = Story().queue("Everyone").queue("Sales", has("skills", "sales"))
    not_in = "worker.sid NOT IN task.workerSidsInConversation"
    return story.workflow(
        "w",
        rule(
            "transferTargetType == 'worker'",
            step("Everyone", known_worker_sid="task.transferTargetSid"),
        ),
        rule("transferQueueName == 'Everyone'", step("Everyone", expression=not_in)),
        rule("transferQueueName == 'Sales'", step("Sales", expression=not_in)),
    )


def test_a_transfer_to_a_worker_waits_for_that_worker_only() -> None:
    story = conversations().worker("alice", activity="Offline").worker("bob")
    story.task(
        "T1", {"transferTargetType": "worker", "transferTargetSid": story.sid("WK", "alice")}
    )
    story.advance(s=3_600).expect_nothing()
    story.goes("alice", "Available").expect_offers(("T1", "alice"))


def test_a_transfer_to_a_queue_leaves_out_who_is_in_the_conversation() -> None:
    story = conversations().worker("alice").worker("bob")
    story.task(
        "T1",
        {"transferQueueName": "Everyone", "workerSidsInConversation": [story.sid("WK", "alice")]},
    ).expect_offers(("T1", "bob"))


def test_without_the_list_of_who_is_in_the_conversation_nobody_matches() -> None:
    story = conversations().worker("alice")
    story.task("T1", {"transferQueueName": "Everyone"}).expect_offers()
    assert story.tasks["T1"].status == "pending"


def test_a_transfer_to_nowhere_is_canceled() -> None:
    story = conversations().worker("alice").task("T1", {"transferQueueName": "Support"})
    story.expect("workflow.timeout").expect("task.canceled", reason=FELL_OUT)


# --- 7: internal calls ---


def test_an_internal_call_finds_its_worker_and_goes_before_everything_else() -> None:
    story = (
        Story()
        .queue("Everyone")
        .queue("Sales")
        .workflow(
            "w",
            rule(
                "targetWorker != null AND callToQueue == null",
                step(
                    "Everyone", expression="task.targetWorker == worker.contact_uri", priority=1_000
                ),
            ),
            rule("callToQueue == 'Sales'", "Sales"),
        )
    )
    story.task("T1", {"callToQueue": "Sales"}, priority=999)
    story.task("T2", {"targetWorker": "client:alice"})
    story.worker("alice", {"contact_uri": "client:alice"}).expect_offers(("T2", "alice"))


# --- 8: park and resume ---


def test_a_parked_conversation_goes_to_the_last_agent_and_then_to_anybody() -> None:
    story = (
        Story()
        .queue("Support")
        .queue("Everyone")
        .workflow(
            "w",
            rule(
                'originalRouting.queueName == "Support"',
                step("Support", known_worker_sid="task.originalRouting.workerSid", timeout=30),
                {},
            ),
            default="Everyone",
        )
    )
    story.worker("bob").worker("alice", activity="Offline")
    last = {"queueName": "Support", "workerSid": story.sid("WK", "alice")}
    story.task("T1", {"originalRouting": last}).advance(ms=29_999).expect_nothing()
    story.advance(ms=1).expect_no("task-queue.moved").expect_offers(("T1", "bob"))


# --- 9: a mix of channels ---


def test_a_worker_gets_a_chat_or_a_call_but_never_both_at_once() -> None:
    story = Story().queue("Everyone")
    for kind, other in (("chat", "voice"), ("voice", "chat")):
        idle = f"worker.channel.{other}.available_capacity_percentage == 100"
        story.workflow(kind, rule("1==1", step("Everyone", expression=idle, priority="50")))
    for number in range(4):
        kind = ("chat", "voice")[number % 2]
        story.task(f"T{number}", workflow=kind, channel=kind)
    story.worker("alice").expect_offers(("T0", "alice"))
    story.worker_channel("alice", "voice", capacity=2).expect_offers()
    story.worker_channel("alice", "chat", capacity=2).expect_offers(("T2", "alice"))
    story.accept("alice", "T0").complete("alice", "T0").expect_offers()
    story.accept("alice", "T2").complete("alice", "T2")
    story.expect_offers(("T1", "alice"), ("T3", "alice"))
    assert story.tasks["T1"].priority == 50


def test_a_manual_pick_names_its_worker_with_a_single_equals_sign() -> None:
    story = (
        Story()
        .queue("Everyone")
        .workflow(
            "w",
            rule(
                'manual == 1 AND channel == "chat"',
                step("Everyone", expression="task.worker_sid = worker.sid", priority="1000"),
            ),
        )
    )
    story.worker("alice").worker("bob")
    story.task("T1", {"manual": 1, "channel": "chat", "worker_sid": story.sid("WK", "bob")})
    story.expect_offers(("T1", "bob"))
    assert story.tasks["T1"].priority == 1_000


# --- 10: a network of helplines ---

HELPLINE = """
(worker.waitingOfflineContact != true
   AND ((task.channelType == 'voice' AND worker.channel.chat.assigned_tasks == 0)
     OR (task.channelType != 'voice' AND worker.channel.voice.assigned_tasks == 0))
   AND ((task.transferTargetType == 'worker' AND task.targetSid == worker.sid)
     OR (task.transferTargetType != 'worker' AND worker.sid != task.ignoreAgent)))
OR (worker.waitingOfflineContact == true AND task.targetSid == worker.sid
   AND task.isContactlessTask == true)
"""


def helplines() -> Story:
    story = Story().queue("X", "helpline=='X'", max_reserved_workers=5).queue("Rest")
    return story.workflow(
        "w",
        rule(
            '(to=="+15550000001" AND language CONTAINS "en-CA") OR isContactlessTask == true',
            step("X", expression=HELPLINE),
        ),
        rule(
            "channelType IN [ 'whatsapp', 'instagram'] OR (channelType IN ['web'] AND "
            "preEngagementData.area == 'Main Land') OR worker.routing.skills HAS 'Swahili'",
            step("X", expression=HELPLINE),
        ),
        rule("task.transferTargetType == 'queue' AND task.targetSid == 'WQ1'", "Rest"),
    )


def test_counsellors_without_the_attributes_that_are_compared_match() -> None:
    story = helplines()
    for number in range(6):
        story.worker(f"w{number}", {"helpline": "X"})
    story.task("T1", {"channelType": "web", "preEngagementData": {"area": "Main Land"}})
    story.expect_offers(*((("T1"), f"w{number}") for number in range(5)))
    story.accept("w3").expect_events("reservation.accepted", *["reservation.rescinded"] * 4)


def test_an_offline_contact_goes_to_the_one_who_waits_for_it() -> None:
    story = helplines().worker("alice", {"helpline": "X", "waitingOfflineContact": True})
    story.worker("bob", {"helpline": "X"})
    alice = story.sid("WK", "alice")
    story.task("T1", {"channelType": "whatsapp"}).expect_offers(("T1", "bob"))
    story.task("T2", {"isContactlessTask": True, "targetSid": alice})
    story.expect_offers(("T2", "alice"))


def test_a_counsellor_who_is_to_be_ignored_is() -> None:
    story = helplines().worker("alice", {"helpline": "X"})
    story.task("T1", {"channelType": "whatsapp", "ignoreAgent": story.sid("WK", "alice")})
    story.expect_offers()


def test_a_prefix_in_a_filter_is_accepted_and_a_worker_in_one_is_null() -> None:
    story = helplines().task("T1", {"transferTargetType": "queue", "targetSid": "WQ1"})
    assert story.queue_of("T1") == "Rest"


def test_an_edit_with_keys_that_nobody_knows_survives_and_moves_nobody() -> None:
    story = helplines().task("T1", {"channelType": "whatsapp"})
    switchboard = rule(
        "task.transferMeta == null AND task.switchboardingHandled == null",
        step("Rest", priority=100, target_expression="1==1", task_attributes={"a": 1}),
    )
    story.update_workflow("w", switchboard).expect_events("workflow.updated")
    assert story.queue_of("T1") == "X"
    assert (
        '"target_expression":"1==1","task_attributes":{"a":1}'
        in story.workflows["w"].configurations[2]
    )
    assert story.task("T2").queue_of("T2") == "Rest"


# --- 11: inbound sales with a voicemail queue ---


def sales() -> Story:
    story = Story(reservation_timeout_s=20).queue("Voicemail", "1==2").queue("Sales")
    nobody = "workers.available == 0"
    return story.workflow(
        "w",
        rule(
            "1==1",
            step("Sales", timeout=20, skip_if=nobody),
            step("Sales", timeout=20, skip_if=nobody),
            "Voicemail",
        ),
        default="Voicemail",
    )


def test_with_nobody_available_a_call_goes_to_voicemail_in_the_same_instant() -> None:
    story = sales().worker("alice", activity="Offline").task("T1")
    story.expect_events(
        "task.created",
        "workflow.entered",
        "workflow.target-matched",
        "task-queue.entered",
        "workflow.target-matched",
        "task-queue.moved",
        "workflow.target-matched",
        "task-queue.entered",
    )
    assert story.queue_of("T1") == "Voicemail"


def test_a_call_that_nobody_answers_goes_to_voicemail() -> None:
    story = sales().worker("alice").task("T1").advance(s=20)
    assert story.queue_of("T1") == "Voicemail"


def test_available_in_target_workers_is_an_attribute_before_it_is_the_activity() -> None:
    story = Story().queue("Sales", 'phoneNumber == "+1555" AND available == true')
    story.worker("alice", {"phoneNumber": "+1555", "available": False})
    story.worker("bob", {"phoneNumber": "+1555"}).task("T1").expect_offers(("T1", "bob"))
    story.task("T2").expect_offers()
    story.update_worker("alice", {"phoneNumber": "+1555", "available": True})
    story.expect_offers(("T2", "alice"))


def test_available_as_the_activity_follows_the_activity() -> None:
    story = (
        Story()
        .queue("Sales", "available == false")
        .queue("All")
        .workflow("w", rule("1==1", step("Sales", skip_if="workers.unavailable == 1"), "All"))
    )
    story.worker("alice", activity="Offline").task("T1")
    assert story.queue_of("T1") == "All"


# --- 12: extensions ---


def extensions() -> Story:
    story = Story().queue("Everyone").queue("Voicemail", "1==2")
    return story.workflow(
        "w",
        rule(
            "type == 'directCall'",
            step(
                "Everyone",
                expression="worker.workerExtension == task.workerExtension",
                timeout=1,
                skip_if="workers.available == 0",
            ),
            "Voicemail",
        ),
        rule("type == 'voicemailListen'", step("Everyone", known_worker_sid="task.workerSID")),
        default="Everyone",
    )


def test_a_step_of_one_second_does_not_pull_an_offer_back() -> None:
    story = extensions().worker("alice", {"workerExtension": "101"})
    story.task("T1", {"type": "directCall", "workerExtension": "101"})
    story.advance(s=100).expect_nothing()
    story.accept("alice").expect("reservation.accepted")


def test_an_extension_that_nobody_has_goes_to_voicemail_after_a_second() -> None:
    story = extensions().worker("alice", {"workerExtension": "101"})
    story.task("T1", {"type": "directCall", "workerExtension": "999"}).advance(ms=999)
    story.expect_nothing().advance(ms=1).expect("task-queue.moved", queue="Voicemail")


def test_two_missing_attributes_are_equal() -> None:
    story = extensions().worker("alice").task("T1", {"type": "directCall"})
    story.expect_offers(("T1", "alice"))


# --- 13: not the caller's own device ---


def test_the_callers_own_device_is_not_rung_and_rejections_are_kept_by_the_application() -> None:
    story = (
        Story()
        .queue("Everyone")
        .queue("Robot", "1==2")
        .workflow(
            "w",
            rule(
                "1==1",
                step(
                    "Everyone",
                    expression="task.caller!=worker.contact_uri"
                    " and (worker.sid NOT IN task.rejectedWorkers)",
                ),
            ),
        )
    )
    story.worker("alice", {"contact_uri": "+1"}).worker("bob", {"contact_uri": "+2"})
    attributes = {"caller": "+1", "rejectedWorkers": []}
    story.task("T1", attributes).expect_offers(("T1", "bob"))
    story.reject("bob").expect_offers(("T1", "bob"))
    story.reject("bob", activity="Offline")
    story.update_task("T1", attributes | {"rejectedWorkers": [story.sid("WK", "bob")]})
    story.goes("bob", "Available").expect_offers()
    story.update_task("T1", attributes | {"caller": "+3"}).expect_offers(("T1", "alice"))


# --- 14: a second team ---


def test_five_steps_in_two_queues_move_once_and_add_up() -> None:
    both = (
        "worker.languages HAS task.requestLanguage AND worker.institutes HAS task.requestInstitute"
    )
    language = "worker.languages HAS task.requestLanguage"
    story = Story().queue("General", max_reserved_workers=3)
    story.queue("Technical", max_reserved_workers=3).workflow(
        "w",
        rule(
            "1==1",
            step("General", expression=both, timeout=180),
            step("General", expression=language, timeout=60),
            step("Technical", expression=both, timeout=30),
            step("Technical", expression=language, timeout=30),
            "Technical",
        ),
    )
    story.task("T1", {"requestLanguage": "de", "requestInstitute": "x"})
    kinds = [[tag(e) for e in story.advance(s=s).public] for s in (180, 60, 30, 30)]
    stay = ["task-queue.timeout", "workflow.target-matched"]
    move = ["task-queue.timeout", "task-queue.moved", "workflow.target-matched"]
    assert kinds == [stay, [*move, "task-queue.entered"], stay, stay]
    story.worker("alice").expect_offers(("T1", "alice"))


# --- 15: opening hours ---

OFFICE = (
    "taskrouter.currentTime > 0800 AND taskrouter.currentTime < 1830"
    " AND taskrouter.dayOfWeek IN ['Mon','Tue','Wed','THU','Fri']"
)
HOUR_MS = 3_600_000


@pytest.mark.parametrize(
    ("hours_on", "queue"),
    [(0, "Day"), (9.4, "Day"), (9.5, "Night"), (14, "Night"), (-1, "Night"), (72, "Night")],
)
def test_opening_hours_choose_the_queue(hours_on: float, queue: str) -> None:
    begin = Story().now_ms + int(hours_on * HOUR_MS)  # a Monday, 9 o'clock, and so on
    story = Story(start_ms=begin).queue("Day").queue("Night")
    story.workflow("w", rule(OFFICE, "Day"), default="Night")
    assert story.task("T1").queue_of("T1") == queue


def test_a_dialler_begins_at_the_full_minute_after_which_its_hours_allow_it() -> None:
    story = (
        Story()
        .queue("Calls")
        .worker("alice")
        .workflow(
            "w",
            default=step(
                "Calls",
                expression="(taskrouter.dayOfWeek IN task.schedule.week)"
                " AND (taskrouter.currentTime > task.schedule.startHour)"
                " AND (taskrouter.currentTime < task.schedule.endHour)",
            ),
        )
    )
    story.task("T1", {"schedule": {"week": ["Mon"], "startHour": 1000, "endHour": 1800}})
    story.advance(minutes=60).expect_offers()
    story.advance(ms=59_999).expect_offers()
    story.advance(ms=1).expect_offers(("T1", "alice"))


def test_a_misspelt_variable_never_offers_anything() -> None:
    story = (
        Story()
        .queue("Calls")
        .worker("alice")
        .workflow("w", default=step("Calls", expression="taskrouter.currentTiem < task.endHour"))
    )
    story.task("T1", {"endHour": 2400}).advance(s=80_000).expect_nothing()


def test_a_default_filter_with_a_misnamed_queue_is_refused() -> None:
    story = Story().queue("Calls")
    with story.refuses(Invalid, "'task_queue_sid' should be called 'queue'"):
        story.workflow(
            "w", default={"friendlyName": "x", "task_queue_sid": story.sid("WQ", "Calls")}
        )


# --- 16: tiers, known agents ---


def test_tiers_share_a_queue_in_descending_priority() -> None:
    story = (
        Story()
        .queue("Support")
        .workflow(
            "w",
            *(
                rule(f"tier == '{tier}'", step("Support", priority=priority))
                for tier, priority in (("gold", 30), ("silver", 20), ("bronze", 10))
            ),
        )
    )
    for tier in ("bronze", "silver", "gold"):
        story.task(tier, {"tier": tier}).advance(s=1)
    story.worker("alice", default=3)
    story.expect_offers(("silver", "alice"), ("bronze", "alice"))


def test_a_flag_that_is_a_text_is_compared_as_a_text() -> None:
    story = (
        Story()
        .queue("Support")
        .worker("bob")
        .worker("alice")
        .workflow(
            "w",
            rule('KnownAgentRoutingFlag == "true"', step("Support", known_worker_sid="task.agent")),
            default="Support",
        )
    )
    alice = story.sid("WK", "alice")
    story.task("T1", {"KnownAgentRoutingFlag": "true", "agent": alice})
    story.expect_offers(("T1", "alice"))
    story.task("T2", {"KnownAgentRoutingFlag": True, "agent": alice}).expect_offers(("T2", "bob"))


def test_a_targeted_list_names_its_workers() -> None:
    story = (
        Story()
        .queue("Support")
        .worker("alice")
        .worker("bob")
        .workflow(
            "w",
            rule("1==1", step("Support", expression="task.targets HAS worker.sid", priority=10)),
        )
    )
    story.task("T1", {"targets": [story.sid("WK", "bob")]}).expect_offers(("T1", "bob"))


def test_a_default_filter_outside_of_task_routing_is_kept_and_ignored() -> None:
    story = Story().queue("Support")
    document = json.loads(story.document(rule("type == 'x'", "Support")))
    document["default_filter"] = {"queue": story.sid("WQ", "Support")}
    story.workflow("w", document=json.dumps(document)).task("T1")
    assert story.tasks["T1"].status == "canceled"
    assert '"default_filter"' in story.workflows["w"].configurations[1]


# --- 17: other expressions ---


@pytest.mark.parametrize(
    ("expression", "task", "worker", "matches"),
    [
        ("worker.assigned_tasks < 2", {}, {}, True),
        ("'Success' NOT IN worker.teams", {}, {"teams": ["Sales"]}, True),
        ("'Success' NOT IN worker.teams", {}, {"teams": ["Success"]}, False),
        ("'Success' NOT IN worker.teams", {}, {}, False),
        ("worker.email == task.agentEmail", {"agentEmail": "a@b"}, {"email": "a@b"}, True),
        ("(worker.language == 'en' OR worker.language == 'fr') AND worker.rating >= 5.1", {},
         {"language": "fr", "rating": 5.1}, True),
        ("worker.hubspot_owner_id=123", {}, {"hubspot_owner_id": 123}, True),
        ("worker.hubspot_owner_id=123", {}, {"hubspot_owner_id": "123"}, False),
        ("worker.activity_name contains 'vail'", {}, {}, True),
        ('worker.activity_name in ["Available","Priority"]', {}, {}, True),
        ("worker.channel.voice.configured_capacity > 0", {}, {}, True),
    ],
)  # fmt: skip
def test_expressions_in_the_wild(
    expression: str, task: dict[str, object], worker: dict[str, object], matches: bool
) -> None:
    story = Story().queue("Q1").workflow("w", default=step("Q1", expression=expression))
    story.worker("alice", worker).task("T1", task)
    assert story.offered("T1") == (["alice"] if matches else [])


def test_a_number_in_a_filter_is_not_quoted() -> None:
    story = Story().queue("Q1").queue("D")
    story.workflow("w", rule("campaignInfo.friendly_id == 12", "Q1"), default="D")
    assert story.task("T1", {"campaignInfo": {"friendly_id": 12}}).queue_of("T1") == "Q1"
    assert story.task("T2", {"campaignInfo": {"friendly_id": "12"}}).queue_of("T2") == "D"


# --- 18: habits of clients ---


def test_set_up_scripts_may_delete_a_busy_workspace() -> None:
    story = sales().worker("alice").task("T1").task("T2").accept("alice", "T1")
    story.delete_workspace().expect_events("workspace.deleted")
