"""The log of alerts: what went wrong where no caller could be told.

Source: TaskRouter errors and limits, section 3. Choice: a table that the operator can read.
"""

import asyncio
import logging
from typing import Literal

import msgspec

from taskyard.stores import AlertRow, Store, StoreError

_WAITING_MAX = 1_000
_GATHER_S = 0.2

logger = logging.getLogger(__name__)


class Alert(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One entry; SIDs are null where it is not about such a thing."""

    at_ms: int
    code: int
    level: Literal["error", "warning"]
    message: str
    account_sid: str
    workspace_sid: str
    task_sid: str | None = None
    reservation_sid: str | None = None
    worker_sid: str | None = None
    event_sid: str | None = None
    url: str | None = None
    request: str | None = None
    response: str | None = None


class Alerts:
    """Keeps alerts in batches; while the store cannot be written, only the first of them."""

    def __init__(self, store: Store) -> None:
        """There is none yet."""
        self._store = store
        self._waiting: list[Alert] = []
        self._left_out = 0
        self._keeping: asyncio.Task[None] | None = None

    def add(self, alert: Alert) -> None:
        """Take note of one; nobody waits."""
        logger.warning(
            "alert",
            extra={
                "code": alert.code,
                "workspace_sid": alert.workspace_sid,
                "reason": alert.message,
                "url": alert.url,
            },
        )
        if len(self._waiting) >= _WAITING_MAX:
            self._left_out += 1
            return
        self._waiting.append(alert)
        if self._keeping is None:
            self._keeping = asyncio.get_running_loop().create_task(self._keep())

    async def find(
        self, workspace_sid: str | None, before: int, at_most: int
    ) -> list[tuple[int, Alert]]:
        """Alerts before a number, the newest first, each with its number.

        Raises:
            StoreError: They cannot be read.
        """
        await self._keep_waiting()
        rows = await self._store.alerts(workspace_sid, before, at_most)
        return [(row.number, msgspec.json.decode(row.body, type=Alert)) for row in rows]

    async def close(self) -> None:
        """Keep what is not kept yet, if that can be."""
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.wait([self._keeping])
        try:
            await self._keep_waiting()
        except StoreError as error:
            logger.warning("%d alerts are lost: %s", len(self._waiting), error)

    async def _keep(self) -> None:
        try:
            await asyncio.sleep(_GATHER_S)
            await self._keep_waiting()
        except StoreError as error:
            logger.warning("%d alerts are not kept: %s", len(self._waiting), error)
            self._waiting = []
        finally:
            self._keeping = None
            if self._left_out:
                logger.warning("%d alerts were too many to keep", self._left_out)
                self._left_out = 0

    async def _keep_waiting(self) -> None:
        waiting = self._waiting
        if not waiting:
            return
        rows = [
            AlertRow(
                workspace_sid=one.workspace_sid, at_ms=one.at_ms, body=msgspec.json.encode(one)
            )
            for one in waiting
        ]
        self._waiting = []
        await self._store.keep_alerts(rows)
