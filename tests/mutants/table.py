"""Planted bugs: what is changed where, and which layer of tests is expected to catch it."""

from dataclasses import dataclass
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "taskyard"


@dataclass(frozen=True)
class Mutant:
    """One bug. The old text stands in its file exactly once."""

    name: str
    file: str
    old: str
    new: str
    expected: str = "unit"


MUTANTS = (
    Mutant(
        "capacity freed twice",
        "core/folding/reservations.py",
        "    worker.channels[reservation.task_channel_sid].used -= 1\n",
        "    worker.channels[reservation.task_channel_sid].used -= 2\n",
    ),
    Mutant(
        "time-out five per cent late",
        "core/rules/reservations.py",
        "expires_ms = turn.now_ms + timeout_s * 1000\n",
        "expires_ms = turn.now_ms + timeout_s * 1050\n",
    ),
    Mutant(
        "step time-out five per cent late",
        "core/routing.py",
        "return from_ms + total_s * 1000\n",
        "return from_ms + total_s * 1050\n",
    ),
    Mutant(
        "ties LIFO instead of FIFO",
        "core/matching/lanes.py",
        "task.virtual_start_ms, task.number, task.sid)",
        "task.virtual_start_ms, -task.number, task.sid)",
    ),
    Mutant(
        "priority ignored",
        "core/matching/lanes.py",
        "return (kind, -task.priority, ",
        "return (kind, 0, ",
    ),
    Mutant(
        "order_by ignored",
        "core/matching/pool_index.py",
        "ByClauses(clauses, idle_time) if clauses else idle_time",
        "idle_time",
    ),
    Mutant(
        "capacity not checked",
        "core/matching/pool_index.py",
        "return channel.available and channel.used < channel.capacity\n",
        "return channel.available\n",
    ),
    Mutant(
        "worker in an unavailable activity still offered work",
        "core/matching/pool_index.py",
        "        if not seat.available:\n            return False\n",
        "",
    ),
    Mutant(
        "reservation accepted after its deadline",
        "core/rules/reservations.py",
        "if reservation.expires_ms <= turn.now_ms:",
        "if reservation.expires_ms < 0:",
    ),
    Mutant(
        "the other offers not withdrawn",
        "core/rules/reservations.py",
        "    for other in others:\n        turn.emit(ReservationRescinded(other.sid))\n",
        "",
    ),
    Mutant(
        "skip_if ignored",
        "core/routing.py",
        "if not target.skip_if(Facts(task=subject, staffing=staffing, now_ms=turn.now_ms)):",
        "if subject is not None:",
    ),
    Mutant(
        "HAS inverted",
        "core/expressions/evaluate.py",
        "return isinstance(array, list) and item in array\n",
        "return not (isinstance(array, list) and item in array)\n",
    ),
    Mutant(
        "IN inverted",
        "core/expressions/evaluate.py",
        "return (value in strings) is not negated\n",
        "return (value in strings) is negated\n",
    ),
    Mutant(
        "re-evaluation strands a task",
        "core/re_evaluation.py",
        "return [task for task in found if task is not None and self._is_behind(task)]",
        "return [task for task in found if task is not None and self._is_behind(task)][1:]",
    ),
    Mutant(
        "TTL not honoured",
        "core/timers.py",
        "            watch(TaskCreated, self._start_task_timeout),\n",
        "",
    ),
    Mutant(
        "clocks not started after a restart",
        "core/timers.py",
        "                heappush(heap, _reservation_timeout(reservation))\n",
        "                pass\n",
    ),
    Mutant(
        "an event skipped in recovery",
        "engine/loading.py",
        "                    machine.replay(turn.events, turn.at_ms)\n",
        "                    machine.replay(turn.events[:-1], turn.at_ms)\n",
    ),
    Mutant(
        "idempotency key ignored",
        "engine/answers.py",
        "        if kept is None:\n            return Given(await act(), again=False)\n",
        "        if True:\n            return Given(await act(), again=False)\n",
    ),
    Mutant(
        "answer before append",
        "engine/journal.py",
        "        failure = await kept\n",
        "        failure = kept.result() if kept.done() else None\n",
    ),
    Mutant(
        "statistics lose a kind of event",
        "core/statistics/cumulative.py",
        "        elif kind == _CANCELED:\n",
        "        elif kind == _CANCELED and wait_s:\n",
    ),
    Mutant(
        "time may run backwards",
        "engine/turns.py",
        "self._last_ms = max(self._last_ms, self._clock())",
        "self._last_ms = self._clock()",
    ),
    Mutant(
        "a task in hand for ever",
        "core/timers.py",
        "            watch(ReservationAccepted, self._start_assigned_too_long),\n",
        "",
    ),
    Mutant(
        "longest idle ignored",
        "core/matching/ranking.py",
        "return (worker.last_offer_ms, worker.status_changed_ms, worker.number)",
        "return (0, worker.status_changed_ms, worker.number)",
    ),
    Mutant(
        "a failed append is answered like one that was kept",
        "engine/journal.py",
        "        if failure is not None:\n            raise failure\n\n    async def keep_answers",
        "        del failure\n\n    async def keep_answers",
    ),
    Mutant(
        "answers are not kept with their turn",
        "engine/journal.py",
        "            answers=tuple(answers),\n",
        "            answers=(),\n",
    ),
    Mutant(
        "a read shows what is not kept yet",
        "engine/turns.py",
        "            if self._onlookers is None:\n                return answer\n",
        "            if self._onlookers is None or True:\n                return answer\n",
    ),
    Mutant(
        "a journal may have a gap",
        "stores/sqlite.py",
        "one.first_position <> 1 + COALESCE((",
        "one.first_position < 1 + COALESCE((",
        expected="contract",
    ),
)
