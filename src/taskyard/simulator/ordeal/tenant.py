"""Who has a workspace for some hours, and deletes it with everything that is in it."""

from taskyard.core import commands as ask

from .clients import Client
from .customers import attributes_of_a_task
from .supervisor import attributes_of_a_worker

_BETWEEN_S = (20_000.0, 200_000.0)
_STAYS_S = (60.0, 20_000.0)
_TASKS = 4


class Tenant(Client):
    """One after another, each with a workspace of its own."""

    async def live(self) -> None:
        """Come, have some tasks waiting, and go."""
        while True:
            await self.rest(*_BETWEEN_S)
            made = await self.ask(
                ask.CreateWorkspace(
                    account_sid="AC" + "0" * 32, friendly_name="Rented", template="FIFO"
                )
            )
            if made is not None:
                self.workspace = made["sid"]
                await self._stay()
                await self.ask(ask.DeleteWorkspace())
                self.workspace = ""

    async def _stay(self) -> None:
        await self.ask(
            ask.CreateWorker(friendly_name="Ann", attributes=attributes_of_a_worker(self.dice))
        )
        for _ in range(self.dice.randrange(_TASKS)):
            await self.ask(ask.CreateTask(attributes=attributes_of_a_task(self.dice)))
        await self.rest(*_STAYS_S)
