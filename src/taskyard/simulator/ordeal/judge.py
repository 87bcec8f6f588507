"""Who sees every row, every answer and every turn that is told, and says what must not be.

The judge reads the store itself, behind whatever makes it fail for the server: what is in it is
what has happened. Everything is looked at in the moment in which it becomes known to anybody.
"""

import hashlib
from collections import Counter, OrderedDict
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import msgspec

from taskyard.core import commands as ask
from taskyard.core.commands import Command
from taskyard.core.events import event_type
from taskyard.engine import TurnRecord
from taskyard.stores import JournalRow, Store
from taskyard.stores.codec import decode_turn, encode

from .ledger import Ledger
from .messages import Picture, Reply, Request
from .nouns import LIVE, MAY_FOLLOW
from .violation import Violation, expect
from .virtual_time import VirtualTime

T = TypeVar("T")

_RUNS_REMEMBERED = 4_000
_ROWS_REMEMBERED = 1_000
_MAY_CHANGE_NOTHING = (
    ask.UpdateTask,
    ask.UpdateWorker,
    ask.UpdateWorkerChannel,
    ask.UpdateTaskQueue,
    ask.UpdateWorkflow,
    ask.UpdateActivity,
    ask.UpdateWorkspace,
)


class Judge:
    """Holds a ledger of each workspace against all that becomes known.

    Attributes:
        ledgers: By workspace SID.
        told_events: For each workspace, position and instant of the events that people may look up.
        counts: How much there was of everything.
    """

    def __init__(self, store: Store, time: VirtualTime, found: Callable[[Violation], None]) -> None:
        """Nothing has happened yet.

        Args:
            store: What the server writes to, without what may go wrong on the way.
            time: The simulation's.
            found: Is told of the first thing that must not be.
        """
        self.ledgers: dict[str, Ledger] = {}
        self.told_events: dict[str, list[tuple[int, int]]] = {}
        self.counts: Counter[str] = Counter()
        self._store = store
        self._time = time
        self._found = found
        self._runs: OrderedDict[int, dict[str, Picture]] = OrderedDict()
        """What each request led to: the nouns that it has changed, as they were right after."""
        self._had_effect: set[int] = set()
        self._first_answers: OrderedDict[str, bytes] = OrderedDict()
        self._rows: OrderedDict[tuple[str, int], bytes] = OrderedDict()
        self._heard: dict[tuple[int, str], int] = {}
        self._digest = hashlib.sha256()

    @property
    def digest(self) -> str:
        """Of every row and every answer so far, in their order."""
        return self._digest.hexdigest()

    # --- what becomes known ---

    def arrived(self, request: Request) -> int:
        """A request has come in. Returns the position up to which it could know everything."""
        self._safely(self.catch_up)
        ledger = self.ledgers.get(request.workspace)
        return 0 if ledger is None else ledger.position

    def departing(self, request: Request, reply: Reply, since: int, *, again: bool) -> None:
        """An answer goes out, be it lost on the way or not."""
        self._note(b"%d %d %s" % (request.number, reply.status, reply.body))
        self.counts["answers"] += 1
        self._safely(lambda: self._judge(request, reply, since, again=again))

    def told(self, life: int, turn: TurnRecord) -> None:
        """Listeners hear of a turn."""
        self._safely(lambda: self._judge_told(life, turn))

    def began(self) -> None:
        """A server is about to begin: whatever was in the store is in it still."""
        self._safely(self._nothing_is_gone)

    def say(self, what: str) -> None:
        """Something else that belongs into the digest."""
        self._note(what.encode())

    def catch_up(self) -> None:
        """Take down what is new in the store."""
        for entry in at_once(self._store.workspaces()):
            if entry.sid not in self.ledgers:
                self.ledgers[entry.sid] = Ledger(entry.sid)
                self.told_events[entry.sid] = []
        for sid, ledger in self.ledgers.items():
            if not ledger.is_deleted:
                for row in at_once(self._rows_after(sid, ledger.position)):
                    self._take_down(ledger, row)

    async def _rows_after(self, sid: str, position: int) -> list[JournalRow]:
        return [row async for row in self._store.rows(sid, position)]

    # --- how it is judged ---

    def _take_down(self, ledger: Ledger, row: JournalRow) -> None:
        self._note(row.body)
        self._rows[row.workspace_sid, row.first_position] = row.body
        if len(self._rows) > _ROWS_REMEMBERED:
            self._rows.popitem(last=False)
        expect(
            row.first_position == ledger.position + 1,
            f"{row.workspace_sid}: a row begins at {row.first_position}, after {ledger.position}",
        )
        events, causes = decode_turn(row)
        # Commands that change nothing have no events, and stand among the others all the same.
        runs = [one for one in causes if one.count]
        ends = {one.first + one.count: one for one in runs}
        begins = {one.first for one in runs}
        ledger.touched = []
        of_row: dict[str, None] = {}
        for index, event in enumerate(events):
            if index in begins:
                of_row.update(dict.fromkeys(ledger.touched))
                ledger.touched = []
            self.counts["events"] += 1
            try:
                ledger.apply(event, row.at_ms)
            except (Violation, KeyError, ValueError) as error:
                raise Violation(
                    f"workspace {ledger.sid}, position {ledger.position}, {event}: {error!r}"
                ) from error
            if not event_type(event).startswith("taskyard."):
                self.told_events[ledger.sid].append((ledger.position, row.at_ms))
            if index + 1 in ends:
                self._note_run(ledger, int(ends[index + 1].cause.actor_sid))
        of_row.update(dict.fromkeys(ledger.touched))
        expect(ledger.position == row.last_position, f"{row.workspace_sid}: a row ends elsewhere")
        self._judge_touched(ledger, of_row)
        in_vain = None if ledger.is_deleted else ledger.waits_in_vain()
        expect(in_vain is None, f"workspace {ledger.sid}, {ledger.position}: {in_vain}")

    def _note_run(self, ledger: Ledger, number: int) -> None:
        expect(number not in self._had_effect, f"request {number} has had its effect twice")
        self._had_effect.add(number)
        self._runs[number] = {sid: ledger.picture(sid) for sid in ledger.touched}
        if len(self._runs) > _RUNS_REMEMBERED:
            self._runs.popitem(last=False)

    def _judge_touched(self, ledger: Ledger, touched: dict[str, None]) -> None:
        """What has to be so of a task at the end of every turn."""
        for sid in touched:
            job = ledger.jobs.get(sid)
            if job is None:
                continue
            statuses = [ledger.offers[one].status for one in job.offers]
            asked, held = statuses.count("pending"), len(ledger.holders(job))
            told = (
                f"workspace {ledger.sid}, {ledger.position}: task {sid}, {job.status}, {statuses}"
            )
            expect(not job.ended or not any(one in LIVE for one in statuses), f"{told}: not over")
            expect((job.status == "reserved") == (asked > 0), f"{told}: reserved or not?")
            taken = job.status in ("assigned", "wrapping")
            expect((held > 0) == (taken or job.transfer is not None), f"{told}: taken or not?")

    def _judge(self, request: Request, reply: Reply, since: int, *, again: bool) -> None:
        self.catch_up()
        told = (
            f"request {request.number}, {request.command}: answered {reply.status} {reply.body!r}"
        )
        run = self._runs.get(request.number)
        if reply.is_refusal:
            self.counts["refusals"] += 1
            expect(request.number not in self._had_effect, f"{told}, and yet it was done")
            self._judge_refusal(request, since, told)
        elif reply.is_done and request.command is None:
            ledger = self.ledgers[request.workspace]
            for picture in msgspec.json.decode(reply.body):
                self._judge_picture(ledger, picture, since, told)
        elif reply.is_done:
            self.counts["commands done"] += 1
            self.counts["answers given again"] += again
            self._judge_done(request, reply, since, run, told)

    def _judge_done(
        self,
        request: Request,
        reply: Reply,
        since: int,
        run: dict[str, Picture] | None,
        told: str,
    ) -> None:
        if request.key is not None:
            first = self._first_answers.setdefault(request.key, reply.body)
            expect(first == reply.body, f"{told}, and before that {first!r}")
            if len(self._first_answers) > _RUNS_REMEMBERED:
                self._first_answers.popitem(last=False)
        command = request.command
        expect(
            request.number in self._had_effect or isinstance(command, _MAY_CHANGE_NOTHING),
            f"{told}, and nothing of it is in the store",
        )
        picture = msgspec.json.decode(reply.body)
        sid = picture.get("sid")
        if sid is None or sid.startswith("WS"):
            return
        if run is not None and sid in run:
            expect(run[sid] == picture, f"{told}, and right after it {sid} was {run[sid]}")
        elif request.number not in self._had_effect:
            self._judge_picture(self.ledgers[request.workspace], picture, since, told)

    def _judge_picture(self, ledger: Ledger, picture: Picture, since: int, told: str) -> None:
        """What is shown of a noun is what it was, unless it has changed in this very moment."""
        sid = picture["sid"]
        if ledger.changed.get(sid, 0) > since:
            return
        offers = ledger.people[sid].live if sid in ledger.people else ()
        if any(ledger.changed[one] > since for one in offers):
            return
        expect(ledger.picture(sid) == picture, f"{told}, and {sid} is {ledger.picture(sid)}")

    def _judge_refusal(self, request: Request, since: int, told: str) -> None:
        """Whoever may have something done is not refused it."""
        ledger = self.ledgers.get(request.workspace)
        status = _ASKS.get(type(request.command))
        if ledger is None or ledger.is_deleted or status is None:
            return
        sid = request.command.reservation_sid  # type: ignore[union-attr]
        offer = ledger.offers.get(sid)
        if (
            offer is None
            or ledger.changed[sid] > since
            or status not in MAY_FOLLOW.get(offer.status, ())
        ):
            return
        job = ledger.jobs[offer.task]
        is_over = offer.status == "pending" and offer.expires_ms <= max(
            ledger.at_ms, self._time.wall_ms()
        )
        handed_on = job.transfer is not None or ledger.changed[offer.task] > since
        wraps = status == "wrapping" and not ledger.multi_tasking
        expect(is_over or handed_on or wraps, f"{told}, and nothing stands in the way")

    def _judge_told(self, life: int, turn: TurnRecord) -> None:
        self.catch_up()
        sid = turn.workspace_sid
        where = f"server {life}: listeners hear of {turn.first_position} to {turn.last_position}"
        ledger = self.ledgers.get(sid)
        expect(
            ledger is not None and turn.last_position <= ledger.position,
            f"{where}, which is not in the store",
        )
        before = self._heard.get((life, sid), turn.first_position - 1)
        expect(turn.first_position == before + 1, f"{where} after they have heard of {before}")
        self._heard[life, sid] = turn.last_position
        body = self._rows.get((sid, turn.first_position))
        expect(body in (None, encode(turn.events, turn.causes)), f"{where}: the store has others")

    def _nothing_is_gone(self) -> None:
        self.catch_up()
        ends = {one.workspace_sid: one.last_position for one in at_once(self._store.extents())}
        for sid, ledger in self.ledgers.items():
            end = ends.get(sid, ledger.position if ledger.is_deleted else 0)
            expect(
                end == ledger.position,
                f"workspace {sid}: {ledger.position} events were kept, and the store ends at {end}",
            )

    def _safely(self, look: Callable[[], object]) -> None:
        try:
            look()
        except Violation as violation:
            self._found(violation)

    def _note(self, what: bytes) -> None:
        self._digest.update(b"%d " % len(what))
        self._digest.update(what)


_ASKS: dict[type[Command] | type[None], str] = {
    ask.AcceptReservation: "accepted",
    ask.RejectReservation: "rejected",
    ask.WrapReservation: "wrapping",
    ask.CompleteReservation: "completed",
}


def at_once(coroutine: Coroutine[Any, Any, T]) -> T:
    """The result of what a store in memory does without waiting for anything."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    raise AssertionError("the store that the judge reads makes it wait")
