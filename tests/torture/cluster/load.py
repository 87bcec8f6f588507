"""Customers and agents who use several nodes at once, whatever becomes of them."""

import asyncio
import json
import random
import time
from collections.abc import Callable
from itertools import count
from typing import Any

import aiohttp

from .history import History, Operation
from .nodes import Node

CUSTOMERS, AGENTS = 3, 5
WAITING = 15
"""So many tasks wait, so that agents are never without work because of the customers."""
PATIENCE_S = 3.0
SHARE_WITH_KEYS = 0.6


class Crowd:
    """Those who work in one workspace."""

    def __init__(
        self,
        name: str,
        session: aiohttp.ClientSession,
        nodes: list[Node],
        history: History,
        dice: random.Random,
    ) -> None:
        self.name = name
        self.workspace = ""
        self.flowed_s = 0.0
        """When the last acceptance that was acknowledged was asked for."""
        self._workers: list[str] = []
        self._available = ""
        self._session = session
        self._nodes = nodes
        self._history = history
        self._dice = dice
        self._numbers = count(1)
        self._waiting = 0
        self._is_open = True

    @property
    def path(self) -> str:
        return f"/Workspaces/{self.workspace}"

    async def open(self, offers_lapse_after_s: int) -> None:
        """Make a workspace with workers, before anything goes wrong."""
        node = self._nodes[0]
        self.workspace = (await self._must(node, "/Workspaces", FriendlyName=self.name))["sid"]
        queue = await self._must(
            node, f"{self.path}/TaskQueues", FriendlyName="all", TargetWorkers="1==1"
        )
        rules = {"task_routing": {"default_filter": {"queue": queue["sid"]}, "filters": []}}
        await self._must(
            node,
            f"{self.path}/Workflows",
            FriendlyName="to all",
            Configuration=json.dumps(rules),
            TaskReservationTimeout=str(offers_lapse_after_s),
        )
        listed = await self._see(node, f"{self.path}/Activities?Available=true")
        self._available = listed["activities"][0]["sid"]
        for number in range(AGENTS):
            worker = await self._must(
                node,
                f"{self.path}/Workers",
                FriendlyName=f"agent {number}",
                ActivitySid=self._available,
            )
            self._workers.append(worker["sid"])
            await self._must(
                node, f"{self.path}/Workers/{worker['sid']}/Channels/default", Capacity="2"
            )

    async def work(self) -> None:
        """Until somebody calls `close`."""
        async with asyncio.TaskGroup() as together:
            for _ in range(CUSTOMERS):
                together.create_task(self._customer())
            for worker in self._workers:
                together.create_task(self._agent(worker))

    def close(self) -> None:
        """Everybody ends what is begun, and begins nothing new."""
        self._is_open = False

    async def go_home(self) -> None:
        """Nothing is offered any more, and all stands still."""
        offline = (await self._see(self._nodes[0], f"{self.path}/Activities?Available=false"))[
            "activities"
        ][0]["sid"]
        for worker in self._workers:
            await self._until_known(
                "goes home",
                worker,
                f"/Workers/{worker}",
                # What was offered to them is offered to nobody later on, nor does it lapse.
                {"ActivitySid": offline, "RejectPendingReservations": "true"},
            )

    def latest(self) -> list[str]:
        """What the last requests came to, for whoever wonders."""
        mine = [one for one in self._history.operations if one.workspace == self.workspace]
        return [f"{one.kind} at {one.node}: {one.status} {one.body}"[:200] for one in mine[-8:]]

    def node(self) -> Node | None:
        """One that is there; a halted one too, for nobody can see that."""
        there = [one for one in self._nodes if one.url is not None]
        return self._dice.choice(there) if there else None

    async def _customer(self) -> None:
        while self._is_open:
            if self._waiting >= WAITING:
                await asyncio.sleep(0.05)
                continue
            tag = f"{self.workspace} {next(self._numbers)}"
            form = {"Attributes": json.dumps({"tag": tag})}
            if self._dice.random() < SHARE_WITH_KEYS:
                made = await self._until_known("create", tag, "/Tasks", form, key=tag)
            else:
                made = await self._once("create", tag, "/Tasks", form)
            if not made.is_done:
                continue
            self._waiting += 1
            sid = made.body["sid"]
            if self._dice.random() < 0.3:
                await self._look(sid, made.node)
            if self._dice.random() < 0.15:
                await asyncio.sleep(self._dice.random() * 0.5)
                gone = await self._answer("canceled", sid, f"/Tasks/{sid}", "AssignmentStatus")
                if gone.is_done:
                    self._waiting -= 1
                    await self._look(sid, gone.node)

    async def _agent(self, worker: str) -> None:
        offers = f"/Workers/{worker}/Reservations"
        while self._is_open:
            live = await self._live(offers)
            for one in live:
                sid = one["sid"]
                if one["reservation_status"] == "accepted":
                    await asyncio.sleep(self._dice.random() * 0.1)
                    await self._answer("completed", sid, f"{offers}/{sid}")
                # The same answer each time, for a key may not be used for two.
                elif random.Random(sid).random() < 0.15:
                    await self._answer("rejected", sid, f"{offers}/{sid}")
                else:
                    taken = await self._answer("accepted", sid, f"{offers}/{sid}")
                    if taken.is_done:
                        self.flowed_s = max(self.flowed_s, taken.start_s)
                        self._waiting -= 1
            if not live:
                # Of what was asked and never answered nobody knows whether it waits.
                self._waiting = max(0, self._waiting - 1)
                await asyncio.sleep(0.1)
                await self._once(
                    "is back", worker, f"/Workers/{worker}", {"ActivitySid": self._available}
                )

    async def _live(self, offers: str) -> list[dict[str, Any]]:
        live: list[dict[str, Any]] = []
        for status in ("pending", "accepted"):
            found = await self._send(
                "list", offers, "GET", f"{offers}?ReservationStatus={status}", None, None
            )
            live += found.body.get("reservations", []) if found.is_done else []
        return live

    async def _answer(
        self, kind: str, sid: str, path: str, name: str = "ReservationStatus"
    ) -> Operation:
        if random.Random(f"key {kind} {sid}").random() < SHARE_WITH_KEYS:
            return await self._until_known(kind, sid, path, {name: kind}, key=f"{kind} {sid}")
        return await self._once(kind, sid, path, {name: kind})

    async def _look(self, task: str, node: str) -> None:
        """Read one's own writes, where one wrote them."""
        await self._send(
            "read", task, "GET", f"/Tasks/{task}", None, None, lambda: self._named(node)
        )

    def _named(self, name: str) -> Node | None:
        return next(one for one in self._nodes if one.name == name)

    async def _once(self, kind: str, subject: str, path: str, form: dict[str, str]) -> Operation:
        return await self._send(kind, subject, "POST", path, form, None)

    async def _until_known(
        self, kind: str, subject: str, path: str, form: dict[str, str], key: str | None = None
    ) -> Operation:
        while True:
            done = await self._send(kind, subject, "POST", path, form, key)
            if done.is_done or (done.is_refused and done.status not in (409, 429)):
                return done
            await asyncio.sleep(self._dice.random() * 0.3)

    async def _send(
        self,
        kind: str,
        subject: str,
        method: str,
        path: str,
        form: dict[str, str] | None,
        key: str | None,
        choose: Callable[[], Node | None] | None = None,
    ) -> Operation:
        node = (choose or self.node)()
        while node is None or (url := node.url) is None:
            await asyncio.sleep(0.05)
            node = self.node()
        headers = {} if key is None else {"Idempotency-Key": key}
        status, version, body = None, None, {}
        start_s = time.monotonic()
        try:
            async with self._session.request(
                method,
                f"{url}/v1{self.path}{path}",
                data=form,
                headers=headers,
                timeout=aiohttp.ClientTimeout(total=PATIENCE_S),
            ) as response:
                body = await response.json(content_type=None)
                status = response.status
                tag = response.headers.get("ETag")
                version = None if tag is None else int(tag.strip('W/"'))
        except (aiohttp.ClientError, ConnectionError, TimeoutError):
            # Nobody was quick enough to notice that the node is gone: not too often.
            await asyncio.sleep(0.05)
        done = Operation(
            kind=kind,
            workspace=self.workspace,
            node=node.name,
            subject=subject,
            start_s=start_s,
            end_s=time.monotonic(),
            status=status,
            key=key,
            version=version,
            body=body,
        )
        self._history.operations.append(done)
        if status == 503:
            await asyncio.sleep(0.1)
        return done

    async def _must(self, node: Node, path: str, **form: str) -> dict[str, Any]:
        key = f"{self.name} {path} {next(self._numbers)}"
        for _ in range(20):
            async with self._session.post(
                f"{node.url}/v1{path}", data=form, headers={"Idempotency-Key": key}
            ) as response:
                body: dict[str, Any] = await response.json()
                if response.status != 503:
                    break
            # Three servers have just started: each may be too busy for its own lease.
            await asyncio.sleep(0.2)
        assert response.status in (200, 201), body
        return body

    async def _see(self, node: Node, path: str) -> dict[str, Any]:
        for _ in range(20):
            async with self._session.get(f"{node.url}/v1{path}") as response:
                body: dict[str, Any] = await response.json()
                if response.status != 503:
                    break
            await asyncio.sleep(0.2)
        assert response.status == 200, body
        return body
