"""Seeded histories over a store that fails, or keeps a turn and says that it failed."""

import asyncio
import random

import pytest

from taskyard.core.errors import Conflict
from taskyard.stores import StoreError

from .bench import Bench, ObedientStore


class MoodyStore(ObedientStore):
    """Fails now and then, in a way that its seed decides."""

    def __init__(self, dice: random.Random) -> None:
        super().__init__()
        self._dice = dice
        self.moody = False

    async def append(self, appends):  # type: ignore[no-untyped-def]
        if self.moody:
            self.fails = self._dice.random() < 0.2
            self.tears = self._dice.random() < 0.2
            for _ in range(self._dice.randrange(5)):
                await asyncio.sleep(0)
        return await super().append(appends)


@pytest.mark.parametrize("seed", range(30))
async def test_what_was_answered_is_in_the_journal_and_what_is_in_the_journal_is_shown(
    seed: int,
) -> None:
    dice = random.Random(seed)
    store = MoodyStore(dice)
    bench = await Bench(store, commands_per_turn=4).start()
    store.moody = True
    answered: list[str] = []
    seen: list[tuple[str, ...]] = []

    async def caller(number: int) -> None:
        for turn in range(20):
            name = dice.choice([f"{number}.{turn}", "shared", "bug", "read"])
            try:
                if name == "read":
                    seen.append(await bench.read())
                else:
                    assert (await bench.ask(name))[-1] == name
                    answered.append(name)
            except (StoreError, RuntimeError):
                pass
            except Conflict:
                seen.append(("shared",))
            for _ in range(dice.randrange(4)):
                await asyncio.sleep(0)
            if dice.random() < 0.3:
                await bench.loop.pass_ms(1_000)

    await asyncio.gather(*(caller(number) for number in range(8)))
    store.moody = store.fails = store.tears = False
    await bench.loop.pass_ms(30_000)
    kept = [name for row in await bench.journal() for name in row]
    assert len(set(kept)) == len(kept)
    assert set(answered) <= set(kept)
    assert len(set(answered)) == len(answered)
    for names in seen:
        assert names == ("shared",) or list(names) == kept[: len(names)], "only durable names"
    assert await bench.read() == tuple(kept)
    assert [name for row in bench.told for name in row] == kept, "each once, and in order"
    assert await (await Bench(store).start()).read() == tuple(kept)
