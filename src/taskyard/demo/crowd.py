"""What people are about to do: a pure function of the seed, whatever the server makes of it.

Times are seconds. Everything goes faster than in life, so that one can watch it.
"""

import itertools
from collections.abc import Iterator
from enum import StrEnum
from random import Random
from typing import TypeVar

import msgspec

Choice = TypeVar("Choice")

CALM_PER_S = 8.0
RUSH_PER_S = 18.0
CALM_LASTS_S = (12.0, 25.0)
RUSH_LASTS_S = (4.0, 7.0)

CHANNELS = {"voice": 35, "chat": 45, "sms": 20}
TOPICS = {"billing": 30, "technical": 28, "sales": 21, "fraud": 7, "delivery": 14}
LANGUAGES = {"en": 55, "es": 17, "de": 15, "fr": 13}
TIERS = {"standard": 91, "gold": 9}

FIRST_NAMES = (
    *("Alba", "Bruno", "Clara", "Deniz", "Eva", "Felix", "Greta", "Hugo", "Iris", "Jan"),
    *("Karim", "Lena", "Marta", "Nora", "Oscar", "Petra", "Rafael", "Sofia", "Tom", "Zoe"),
)
SURNAMES = ("Abel", "Blum", "Cruz", "Diaz", "Ernst", "Faber", "Gomez", "Hahn", "Ivers", "Jung")

HANDLING_S = {"voice": (2.0, 5.0), "chat": (3.0, 8.0), "sms": (1.5, 4.0)}
HANDLING_ELSE_S = (2.0, 4.0)
"""By a channel that the crowd does not use, and whoever watches may."""


class Customer(msgspec.Struct, frozen=True):
    """Someone who gets in touch, perhaps more than once."""

    name: str
    language: str
    tier: str


class Arrival(msgspec.Struct, frozen=True):
    """One customer getting in touch."""

    after_s: float
    """Since the arrival before."""
    customer: Customer
    channel: str
    topic: str
    same_agent: bool
    """Whether they ask for whoever served them last, if anybody did."""
    patience_s: float
    """Who has not been answered by then gives up."""


class Reaction(StrEnum):
    """What a worker does about an offer."""

    ACCEPT = "accept"
    REJECT = "reject"
    IGNORE = "ignore"


class Answer(msgspec.Struct, frozen=True):
    """How a worker meets an offer."""

    reaction: Reaction
    think_s: float
    handling: float
    """From 0, as quick as the channel allows, to 1."""
    wrap_up_s: float | None


class Pause(msgspec.Struct, frozen=True):
    """A worker's next time away."""

    after_s: float
    activity: str
    lasts_s: float


def arrivals(seed: int) -> Iterator[Arrival]:
    """The customers of a day without end: calm stretches, and a rush now and then."""
    random = Random(f"{seed}/arrivals")
    customers = regulars(random)
    for rate, lasts_s in stretches(random):
        elapsed_s = 0.0
        while elapsed_s < lasts_s:
            after_s = random.expovariate(rate)
            elapsed_s += after_s
            yield Arrival(
                after_s=after_s,
                customer=random.choice(customers),
                channel=weighted(random, CHANNELS),
                topic=weighted(random, TOPICS),
                same_agent=random.random() < 0.2,
                patience_s=random.uniform(4.0, 16.0),
            )


def regulars(random: Random) -> list[Customer]:
    """Everybody who may get in touch: few enough that they come back."""
    return [
        Customer(f"{first} {last}", weighted(random, LANGUAGES), weighted(random, TIERS))
        for first, last in itertools.product(FIRST_NAMES, SURNAMES)
    ]


def stretches(random: Random) -> Iterator[tuple[float, float]]:
    """How many arrive a second, and for how long."""
    while True:
        yield CALM_PER_S, random.uniform(*CALM_LASTS_S)
        yield RUSH_PER_S, random.uniform(*RUSH_LASTS_S)


class Habits:
    """How one worker behaves. What they do depends on the seed, their name, and nothing else."""

    def __init__(self, seed: int, name: str) -> None:
        # One stream for each kind of decision: an offer more or less must not move the breaks.
        self._answers = Random(f"{seed}/{name}/answers")
        self._pauses = Random(f"{seed}/{name}/pauses")

    def next_answer(self) -> Answer:
        """What the worker does about the next offer."""
        random = self._answers
        reactions = {Reaction.ACCEPT: 92, Reaction.REJECT: 5, Reaction.IGNORE: 3}
        return Answer(
            reaction=weighted(random, reactions),
            think_s=random.uniform(0.2, 1.2),
            handling=random.random(),
            wrap_up_s=random.uniform(0.5, 2.0) if random.random() < 0.3 else None,
        )

    def next_pause(self) -> Pause:
        """When the worker next wants to be away, and for how long."""
        random = self._pauses
        activity = weighted(random, {"Break": 70, "Lunch": 15, "Unavailable": 15})
        return Pause(
            after_s=random.uniform(10.0, 90.0),
            activity=activity,
            lasts_s=random.uniform(3.0, 7.0) * (2 if activity == "Lunch" else 1),
        )

    def next_absence_s(self) -> float:
        """How long it takes the worker to notice that they were put Offline."""
        return self._pauses.uniform(2.0, 5.0)


def handling_s(channel: str, handling: float) -> float:
    """How long the conversation takes.

    Args:
        channel: The task channel's unique name.
        handling: From 0, as quick as the channel allows, to 1.
    """
    shortest_s, longest_s = HANDLING_S.get(channel, HANDLING_ELSE_S)
    return shortest_s + handling * (longest_s - shortest_s)


def weighted(random: Random, weights: dict[Choice, int]) -> Choice:
    """One of the keys, each as likely as its weight says."""
    return random.choices(list(weights), list(weights.values()))[0]
