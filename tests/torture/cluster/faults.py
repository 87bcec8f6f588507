"""What is done to the nodes and to their database, again and again, as the dice fall."""

import asyncio
import random
import signal
import time
from collections.abc import Awaitable, Callable, Sequence

from postgres import RealPostgres

from .history import Fault, History
from .load import Crowd
from .nodes import Node

SHARE_ALONE = 0.6
"""Of faults: the others come before their predecessor is over."""
FLOWS_WITHIN_S = 30.0


class Faults:
    def __init__(
        self,
        nodes: Sequence[Node],
        database: RealPostgres | None,
        crowds: Sequence[Crowd],
        history: History,
        dice: random.Random,
        lease_s: float,
    ) -> None:
        self._nodes = nodes
        self._database = database
        self._crowds = crowds
        self._history = history
        self._dice = dice
        self._lease_s = lease_s
        self._whole = list(nodes)
        self._is_whole = asyncio.Semaphore(len(nodes))
        self._under_way: set[asyncio.Task[Fault]] = set()
        self._one_at_a_time = asyncio.Lock()

    async def all_of_it(self, rounds: int) -> None:
        """Do each kind so many times; in the end all is mended."""
        kinds: list[Callable[[], Awaitable[str]]] = [self._kill, self._halt]
        if self._database is not None:
            kinds += [self._stop_database, self._kill_database]
        programme = kinds * rounds
        self._dice.shuffle(programme)
        for kind in programme:
            await self._rest(self._dice.uniform(0.2, 0.6) * self._lease_s)
            alone = self._dice.random() < SHARE_ALONE
            if alone:
                await self._mended()
                await self._flowing(time.monotonic())
            task = asyncio.create_task(self._done(kind, alone))
            self._under_way.add(task)
            if alone:
                await self._mended()
                await self._flowing(self._history.faults[-1].over_s)
        await self._mended()
        await self._flowing(time.monotonic())

    async def _done(self, kind: Callable[[], Awaitable[str]], alone: bool) -> Fault:
        start_s = time.monotonic()
        name = await kind()
        fault = Fault(kind=name, start_s=start_s, over_s=time.monotonic(), alone=alone)
        self._history.faults.append(fault)
        return fault

    async def _mended(self) -> None:
        await asyncio.gather(*self._under_way)
        self._under_way.clear()

    async def _rest(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        for task in [one for one in self._under_way if one.done()]:
            task.result()

    async def _flowing(self, since_s: float) -> None:
        """Wait until somebody accepts an offer in each workspace again."""
        until = time.monotonic() + FLOWS_WITHIN_S
        for crowd in self._crowds:
            while crowd.flowed_s < since_s:
                assert time.monotonic() < until, (
                    f"{crowd.name}: nothing was accepted for {FLOWS_WITHIN_S:.0f} s, "
                    f"after {self._history.faults[-3:]}; the last: {crowd.latest()}"
                )
                await asyncio.sleep(0.02)

    async def _kill(self) -> str:
        node = await self._somebody()
        await node.kill()
        await asyncio.sleep(self._dice.uniform(0.1, 1.5) * self._lease_s)
        await node.start()
        self._mend(node)
        return "killed"

    async def _halt(self) -> str:
        node = await self._somebody()
        node.halt()
        await asyncio.sleep(self._dice.uniform(1.2, 2.0) * self._lease_s)
        node.go_on()
        self._mend(node)
        return "halted"

    async def _stop_database(self) -> str:
        return await self._restart_database(signal.SIGINT, "database stopped")

    async def _kill_database(self) -> str:
        return await self._restart_database(signal.SIGKILL, "database killed")

    async def _restart_database(self, how: signal.Signals, name: str) -> str:
        assert self._database is not None
        async with self._one_at_a_time:
            await asyncio.to_thread(self._database.stop, how)
            await asyncio.sleep(self._dice.uniform(0.0, 1.0) * self._lease_s)
            await asyncio.to_thread(self._database.start)
        return name

    def _mend(self, node: Node) -> None:
        self._whole.append(node)
        self._is_whole.release()

    async def _somebody(self) -> Node:
        """A node to which nothing is done just now."""
        await self._is_whole.acquire()
        return self._whole.pop(self._dice.randrange(len(self._whole)))
