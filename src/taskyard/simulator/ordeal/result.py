"""What a simulation came to."""

import msgspec


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """How much happened, and the first thing that must not be.

    Attributes:
        seed: Of everything.
        hours: That were simulated.
        requests: Of clients, repetitions not counted.
        lives: Of the server.
        counts: What the judge has seen.
        faults: How often each kind of thing went wrong.
        digest: Of every row and answer: equal for equal seeds.
        violation: What must not be; None if all is as it has to be.
        violated_at_h: After how many hours it was found.
    """

    seed: int
    hours: float
    requests: int
    lives: int
    counts: dict[str, int]
    faults: dict[str, int]
    digest: str
    violation: str | None = None
    violated_at_h: float | None = None
