"""The course of a simulation: what happens to the server, its store, its clock and its clients."""

import asyncio
import contextlib
import gc
from collections.abc import Callable, Coroutine
from random import Random
from typing import Any, TypeVar

from taskyard.core.events import ReservationCreated, WorkerCreated
from taskyard.engine import Directory, TurnRecord
from taskyard.stores import Store

from . import checkpoint
from .clients import Callers, Client
from .complaints import bugs_are_found
from .customers import Customers, is_open
from .faults import Faults
from .judge import Judge
from .network import Network
from .program import Program
from .result import Result
from .server import Server
from .staff import Agent
from .supervisor import Supervisor
from .tenant import Tenant
from .violation import Violation
from .virtual_time import Standstill, VirtualTime

T = TypeVar("T")

_STORM_S = (2 * 3_600.0, 20 * 3_600.0)
_CALM_S = 240.0
"""Longer than anybody waits for an answer, and than a server needs to start."""
_BETWEEN_MISHAPS_S = 1_500.0
_SELDOM_WHILE_CLOSED = 5
_UNTIL_IT_WRITES_S = 1_800.0
_DOWN_S = (0.5, 90.0)
_OUTAGE_S = (1.0, 1_200.0)
_DEATH_S = (1.0, 1_800.0)
_CLOCK_JUMPS_MS = (-7_200_000, -60_000, -500, 500, 90_000, 7_200_000)
_CLOCK_OFF_MAX_MS = 3 * 3_600_000


class Course:
    """One simulation, from its seed."""

    def __init__(
        self,
        seed: int,
        store: Store,
        *,
        engine_of: Callable[..., Directory] = Directory,
    ) -> None:
        """Nothing has happened yet.

        Args:
            seed: Of everything that chance decides.
            store: An empty store in memory, for all lives of the server. The judge reads it too.
            engine_of: Makes the engine; another than the real one for tests of the judge.
        """
        self.seed = seed
        self._dice = Random(f"{seed} course")
        self._store = store
        self._engine_of = engine_of
        self._time = VirtualTime()
        self._world = Program(self._time, "world", self._unheard)  # type: ignore[abstract]
        self._faults = Faults(Random(f"{seed} faults"))
        self._violation: tuple[float, str] | None = None
        self._over = asyncio.Event()
        self._judge = Judge(store, self._time, self._found)
        self._network = Network(self._world, self._faults)
        self._callers = Callers(self._network)
        self._lives = 0
        self._agents: dict[str, Agent] = {}
        self._clients: list[tuple[Client, asyncio.Task[None]]] = []

    def run(self, hours: float) -> Result:
        """Let so many hours pass, or as many as pass until something is found that must not be."""
        everything = self._world.create_task(self._pass(hours))
        try:
            with bugs_are_found(self._found):
                self._time.run_until(everything)
            everything.result()
        except (Standstill, Violation) as error:
            self._found(error)
        finally:
            if self._network.server is not None:
                self._network.server.kill()
            self._world.kill()
        return Result(
            seed=self.seed,
            hours=self._time.now_s / 3600,
            requests=self._callers.asked,
            lives=self._lives,
            counts=dict(self._judge.counts),
            faults=dict(self._faults.counts),
            digest=self._judge.digest,
            violation=None if self._violation is None else self._violation[1],
            violated_at_h=None if self._violation is None else self._violation[0] / 3600,
        )

    async def _pass(self, hours: float) -> None:
        living = self._world.create_task(self._live(hours * 3600))
        over = self._world.create_task(self._over.wait())
        await asyncio.wait((living, over), return_when=asyncio.FIRST_COMPLETED)
        if living.done():
            living.result()

    async def _live(self, seconds: float) -> None:
        self._start()
        self._faults.on = True
        supervisors = []
        for number, multi_tasking in enumerate((True, False)):
            supervisor = Supervisor(self._callers, self._dice_of(f"supervisor {number}"), "")
            await supervisor.found(multi_tasking=multi_tasking)
            supervisors.append(supervisor)
        for number, supervisor in enumerate(supervisors):
            dice = self._dice_of(f"customers {number}")
            self._let_live(supervisor)
            self._let_live(Customers(self._callers, dice, supervisor.workspace))
        self._let_live(Tenant(self._callers, self._dice_of("tenant"), ""))
        mishaps = self._world.create_task(self._mishaps())
        while self._time.now_s < seconds:
            await asyncio.sleep(self._dice.uniform(*_STORM_S))
            await self._checkpoint()
        mishaps.cancel()

    # --- the server ---

    def _start(self) -> None:
        """Begin another life; the one before is over."""
        self._judge.began()
        self._lives += 1
        gc.unfreeze()  # the engine leaves its state alone for the life of a process, which is over
        self._network.server = Server(
            self._lives,
            f"{self.seed}",
            self._time,
            self._store,
            self._faults,
            self._judge,
            self._unheard,
            self._on_turn,
            self._start_later,
            self._engine_of,
        )

    def _start_later(self) -> None:
        """The server is down; somebody starts it again."""
        down_s = self._dice.uniform(*_DOWN_S)
        self._world.call_later(down_s, self._start)

    def _kill(self, kind: str) -> bool:
        server = self._network.server
        if server is None or server.is_over:
            return False  # somebody starts it again already
        self._faults.counts[kind] += 1
        if server.way.is_appending:
            self._faults.counts["killed in the midst of a write"] += 1
        server.kill()
        self._start_later()
        return True

    def _on_turn(self, turn: TurnRecord) -> None:
        """Let those know whom a turn concerns, and let new workers begin."""
        for event in turn.events:
            if isinstance(event, ReservationCreated) and event.worker_sid in self._agents:
                self._network.push(self._agents[event.worker_sid].woken.set)
            elif isinstance(event, WorkerCreated) and event.worker_sid not in self._agents:
                self._world.call_soon(self._hire, turn.workspace_sid, event.worker_sid)

    # --- the clients ---

    def _hire(self, workspace_sid: str, worker_sid: str) -> None:
        if worker_sid not in self._agents:
            dice = self._dice_of(f"agent {worker_sid}")
            agent = Agent(self._callers, dice, workspace_sid, worker_sid)
            self._agents[worker_sid] = agent
            self._let_live(agent)

    def _let_live(self, client: Any) -> None:
        self._clients = [one for one in self._clients if not one[1].done()]
        self._clients.append((client, self._world.create_task(client.live())))

    def _dice_of(self, whose: str) -> Random:
        return Random(f"{self.seed} {whose}")

    # --- what goes wrong ---

    async def _mishaps(self) -> None:
        mishaps: list[Callable[[], Coroutine[Any, Any, None]]] = [
            *[self._kill_server] * 6,
            *[self._stop_server] * 2,
            *[self._store_outage] * 2,
            *[self._set_clock] * 3,
            *[self._damage_snapshots] * 2,
            *[self._kill_client] * 4,
        ]
        while True:
            seldom = 1 if is_open(self._time.now_s) else _SELDOM_WHILE_CLOSED
            await asyncio.sleep(self._dice.expovariate(1 / _BETWEEN_MISHAPS_S) * seldom)
            if self._faults.on:
                await self._dice.choice(mishaps)()

    async def _kill_server(self) -> None:
        """At times as soon as it writes, so that it dies in the midst of it."""
        server = self._network.server
        if server is not None and self._dice.random() < 0.6:
            writes = asyncio.Event()
            server.way.on_append = writes.set
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_UNTIL_IT_WRITES_S):
                    await writes.wait()
            await asyncio.sleep(self._dice.uniform(0, 0.04))
        self._kill_if_it_storms()
        if self._dice.random() < 0.2:
            await asyncio.sleep(self._dice.uniform(*_DOWN_S) + 0.1)
            self._kill_if_it_storms()  # perhaps while it loads

    def _kill_if_it_storms(self) -> None:
        if self._faults.on:
            self._kill("killed")

    async def _stop_server(self) -> None:
        server = self._network.server
        if server is not None and not server.is_over:
            self._faults.counts["stopped and started"] += 1
            server.stop()

    async def _store_outage(self) -> None:
        self._faults.counts["store outage"] += 1
        self._faults.outage = True
        await asyncio.sleep(self._dice.uniform(*_OUTAGE_S))
        self._faults.outage = False

    async def _set_clock(self) -> None:
        offset_ms = self._time.wall_offset_ms + self._dice.choice(_CLOCK_JUMPS_MS)
        if abs(offset_ms) <= _CLOCK_OFF_MAX_MS:
            self._faults.counts["clock set"] += 1
            self._time.wall_offset_ms = offset_ms

    async def _damage_snapshots(self) -> None:
        """Let the newest snapshots be rotten when the server starts again."""
        self._faults.rot = True
        self._kill("killed")
        await asyncio.sleep(self._dice.uniform(*_OUTAGE_S))
        self._faults.rot = False

    async def _kill_client(self) -> None:
        """It forgets what it was about; another takes its place after a while."""
        self._clients = [one for one in self._clients if not one[1].done()]
        client, living = self._dice.choice(self._clients)
        self._faults.counts["client died"] += 1
        living.cancel()
        self._world.call_later(self._dice.uniform(*_DEATH_S), self._let_live, client)

    # --- when nothing does ---

    async def _checkpoint(self) -> None:
        """Look at everything while nothing happens, and again after a death."""
        self._faults.on = self._faults.outage = self._faults.rot = False
        self._callers.gate.clear()
        await asyncio.sleep(_CALM_S)
        before = await self._look()
        self._kill("killed while calm")
        await asyncio.sleep(_CALM_S)
        after = await self._look()
        for sid, (position, whole) in before.items():
            if sid in after and after[sid][0] == position and after[sid][1] != whole:
                raise Violation(f"workspace {sid}, {position}: another state after a restart")
        self._callers.gate.set()
        self._faults.on = True

    async def _look(self) -> checkpoint.Pictures:
        server = self._network.server
        assert server is not None
        looked: asyncio.Future[checkpoint.Pictures | Exception] = self._world.create_future()
        server.look(checkpoint.look(server, self._judge, self._dice), looked.set_result)
        found = await looked
        if isinstance(found, Exception):
            if isinstance(found, Violation):
                raise found
            raise Violation(f"nothing goes wrong, and nothing can be read: {found!r}") from found
        return found

    def _found(self, error: Exception) -> None:
        if self._violation is None:
            self._violation = (self._time.now_s, str(error))
            self._over.set()

    def _unheard(self, program: str, what: str) -> None:
        self._found(Violation(f"{program}: {what}"))
