"""What queueing theory says in closed form; `load` is in Erlangs, times are in seconds.

Everywhere arrivals are Poisson with a rate per second, and work is exponential with the rate
`service` per second and worker.
"""

from math import exp

import msgspec


def erlang_b(workers: int, load: float) -> float:
    """The share of tasks that meet only busy workers, where none may wait.

    Source: A. K. Erlang, 1917; the recursion over the workers is the usual one.
    """
    blocked = 1.0
    for number in range(1, workers + 1):
        blocked = load * blocked / (number + load * blocked)
    return blocked


def erlang_c(workers: int, load: float) -> float:
    """The share of tasks that must wait, where all do so; `load` is below `workers`.

    Source: A. K. Erlang, 1917.
    """
    blocked = erlang_b(workers, load)
    return blocked / (1 - load / workers * (1 - blocked))


def mean_wait_s(workers: int, arrivals: float, service: float) -> float:
    """The mean wait of all tasks in M/M/c. Source: as `erlang_c`."""
    return erlang_c(workers, arrivals / service) / (workers * service - arrivals)


def waits_at_most(within_s: float, workers: int, arrivals: float, service: float) -> float:
    """The share of tasks in M/M/c, first come first served, that wait no longer.

    Source: as `erlang_c`; the wait of those who wait is exponential.
    """
    waiting = erlang_c(workers, arrivals / service)
    return 1 - waiting * exp(-(workers * service - arrivals) * within_s)


class Deadline(msgspec.Struct, frozen=True):
    """M/M/c+D: who has waited so long leaves.

    Attributes:
        abandoned: The share that leaves.
        mean_wait_s: The mean time in the queue, of those who leave too.
    """

    abandoned: float
    mean_wait_s: float


def with_deadline(workers: int, arrivals: float, service: float, deadline_s: float) -> Deadline:
    """What becomes of tasks that wait for a constant time at most.

    Source: F. Baccelli, G. Hebuterne, On queues with impatient customers, Performance '81: the
    density of the wait that is offered, with patience constant. All workers busy serve at the rate
    m, and for a while the wait offered falls at that rate: below the deadline its density goes as
    e^-(m - l)x, above it, where nobody joins any more, as e^(l D - m x).
    """
    load, most = arrivals / service, workers * service
    drift = most - arrivals
    terms = [1.0]
    for number in range(1, workers):
        terms.append(terms[-1] * load / number)
    at_zero = arrivals * terms[-1]  # the density at zero, but for the constant
    falls = exp(-drift * deadline_s)
    if drift:
        below = (1 - falls) / drift
        moment = (1 - falls * (1 + drift * deadline_s)) / drift**2
    else:
        below, moment = deadline_s, deadline_s**2 / 2
    above = falls / most
    constant = 1 / (sum(terms) + at_zero * (below + above))
    abandoned = constant * at_zero * above
    return Deadline(abandoned, constant * at_zero * moment + deadline_s * abandoned)


def waits_by_priority_s(workers: int, arrivals: list[float], service: float) -> list[float]:
    """The mean waits of classes, the most urgent first, where nobody is interrupted.

    Source: A. Cobham, Priority assignment in waiting line problems, Operations Research 2 (1954).
    """
    most = workers * service
    base = erlang_c(workers, sum(arrivals) / service) / most
    waits, before = [], 0.0
    for rate in arrivals:
        after = before + rate / most
        waits.append(base / ((1 - before) * (1 - after)))
        before = after
    return waits


def hunt(workers: int, load: float) -> list[float]:
    """The share of time that each worker is busy, where the first free one of a row is taken.

    Source: R. B. Cooper, Introduction to Queueing Theory, ordered hunt: what overflows the first
    i - 1 workers less what overflows the first i.
    """
    return [load * (erlang_b(n - 1, load) - erlang_b(n, load)) for n in range(1, workers + 1)]
