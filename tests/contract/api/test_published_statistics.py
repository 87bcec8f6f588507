"""Every kind of statistics has the names and kinds of the published examples, however deep."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from contract.distil_published_statistics import FACTS as FILE
from contract.distil_published_statistics import distil, shape, written

from .caller import Centre

EXAMPLES = Path(__file__).resolve().parents[4] / "shared/reference/examples/statistics"
PUBLISHED: dict[str, Any] = json.loads(FILE.read_text())
BULK = "task-queues-bulk-realtime"
EMPTY = "task-queue-statistics-empty"
UNKNOWN = "WQ" + "f" * 32


def without_ours(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer without what stands beside the published properties."""
    plain = copy.deepcopy(answer)
    items = plain.get("task_queues_statistics", [plain])
    for block in [*items, *(one["cumulative"] for one in items if "cumulative" in one)]:
        block.pop("taskyard", None)
    return plain


class Shift:
    """Ann has accepted one task, two of different priority wait; another queue has none."""

    def __init__(self, centre: Centre) -> None:
        self.centre = centre
        self.sids: dict[str, str] = {}

    async def begin(self) -> "Shift":
        centre = self.centre
        empty = await centre.caller.make(f"{centre.path}/TaskQueues", FriendlyName="Empty")
        ann = await centre.worker("Ann")
        task = await centre.task()
        (offer,) = await centre.offers(task)
        await centre.caller.change(
            f"{centre.path}/Tasks/{task['sid']}/Reservations/{offer['sid']}",
            ReservationStatus="accepted",
        )
        await centre.task()
        await centre.task(Priority="10")
        self.sids = {
            "WS": centre.path.rpartition("/")[2],
            "WQ": centre.queue["sid"],
            "WW": centre.workflow["sid"],
            "WK": ann["sid"],
            "empty": empty["sid"],
        }
        return self

    async def answer(self, example: str) -> dict[str, Any]:
        request = PUBLISHED[example]["request"]
        if example == EMPTY:
            request = request.replace("{WQ}", "{empty}")
        method, _, path = request.format_map(self.sids).partition(" ")
        path = path.removeprefix("/v1")
        if method == "GET":
            return await self.centre.caller.see(path)
        queues = json.dumps({"queueSids": [self.sids["WQ"], self.sids["empty"], UNKNOWN]})
        reply = await self.centre.caller.post(path, queues, Content_Type="application/json")
        return reply.expect(200)


@pytest.fixture
async def shift(centre: Centre) -> Shift:
    return await Shift(centre).begin()


def test_the_facts_are_those_of_the_published_examples() -> None:
    if not EXAMPLES.exists():
        pytest.skip("the published examples are no part of this repository")
    assert FILE.read_text() == written(distil(EXAMPLES))


async def test_every_answer_has_the_shape_of_its_example(shift: Shift) -> None:
    assert len(PUBLISHED) == 16
    for example, facts in PUBLISHED.items():
        answer = await shift.answer(example)
        assert shape(without_ours(answer)) == facts["response"], example


async def test_what_is_ours_stands_beside_the_published_properties_and_nowhere_else(
    shift: Shift,
) -> None:
    for example in PUBLISHED:
        answer = await shift.answer(example)
        found = json.dumps(answer).count('"taskyard"')
        blocks = len(answer.get("task_queues_statistics", [answer]))
        assert found == (0 if example.endswith("realtime") else blocks), example
