"""What queueing theory says in closed form. Rates are per second, times are in seconds."""

import math
from collections.abc import Sequence


def erlang_b(servers: int, load: float) -> float:
    """The share of arrivals that find all servers busy and go away (M/M/c/c).

    Args:
        servers: How many there are.
        load: Arrivals in a mean handling time, in erlangs.
    """
    blocked = 1.0
    for number in range(1, servers + 1):
        blocked = load * blocked / (number + load * blocked)
    return blocked


def erlang_c(servers: int, load: float) -> float:
    """The share of arrivals that find all servers busy and wait (M/M/c)."""
    blocked = erlang_b(servers, load)
    return blocked / (1 - load / servers * (1 - blocked))


def mean_wait(servers: int, arrivals: float, service: float) -> float:
    """The mean wait of all arrivals in M/M/c.

    Args:
        servers: How many there are.
        arrivals: How many come in a second.
        service: How many one server finishes in a second.
    """
    return erlang_c(servers, arrivals / service) / (servers * service - arrivals)


def answered_within(servers: int, arrivals: float, service: float, seconds: float) -> float:
    """The share of arrivals that wait no longer than this in M/M/c, first come first served."""
    waiting = erlang_c(servers, arrivals / service)
    return 1 - waiting * math.exp(-(servers * service - arrivals) * seconds)


def priority_waits(servers: int, arrivals: Sequence[float], service: float) -> list[float]:
    """The mean wait of each class in M/M/c, the first class first, nobody interrupted.

    Source: Cobham (1954); Kella and Yechiali (1985) for several servers.
    """
    capacity = servers * service
    first = erlang_c(servers, sum(arrivals) / service) / capacity
    waits, before = [], 0.0
    for rate in arrivals:
        upto = before + rate / capacity
        waits.append(first / ((1 - before) * (1 - upto)))
        before = upto
    return waits


def gone_before(servers: int, arrivals: float, service: float, patience: float) -> float:
    """The share of arrivals that leave because they have waited for so long (M/M/c+D).

    Whoever would have to wait for longer than their patience is lost. The density of the wait that
    an arrival is offered is, up to a factor, that of M/M/c before the patience and falls at the
    servers' full rate beyond it. Source: Barrer (1957); Baccelli and Hebuterne (1981).
    """
    load, capacity = arrivals / service, servers * service
    states = [load**k / math.factorial(k) for k in range(servers)]
    slope = capacity - arrivals
    within = patience if slope == 0 else (1 - math.exp(-slope * patience)) / slope
    beyond = math.exp(-slope * patience) / capacity
    factor = arrivals * states[-1]
    return factor * beyond / (sum(states) + factor * (within + beyond))


def ordered_loads(servers: int, load: float) -> list[float]:
    """How busy each server is if the first free one in a fixed order is taken (M/M/c/c)."""
    blocked = [erlang_b(number, load) for number in range(servers + 1)]
    return [load * (blocked[k] - blocked[k + 1]) for k in range(servers)]
