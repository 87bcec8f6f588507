"""What is laid out holds together."""

from typing import Any

from taskyard.demo.contact_centre import TASK_QUEUES, configuration
from taskyard.demo.crowd import LANGUAGES, TOPICS
from taskyard.demo.roster import ROSTER

QUEUES = {name: f"WQ of {name}" for name in TASK_QUEUES}


def targets() -> list[dict[str, Any]]:
    routing: Any = configuration(QUEUES)["task_routing"]
    return [
        routing["default_filter"],
        *(target for each in routing["filters"] for target in each["targets"]),
    ]


def test_every_queue_is_used_by_the_workflow() -> None:
    assert {target["queue"] for target in targets() if "queue" in target} == set(QUEUES.values())


def test_names_on_the_roster_are_unique() -> None:
    assert len({person.name for person in ROSTER}) == len(ROSTER)


def test_somebody_speaks_every_language_and_somebody_has_every_skill() -> None:
    assert {language for person in ROSTER for language in person.languages} == set(LANGUAGES)
    skills = {skill for person in ROSTER for skill in person.levels}
    assert skills >= set(TOPICS) - {"delivery"}  # deliveries are everybody's business
