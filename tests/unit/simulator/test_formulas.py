"""The formulae against figures that are in the books, and against each other."""

import pytest

from taskyard.simulator.formulas import (
    answered_within,
    erlang_b,
    erlang_c,
    gone_before,
    mean_wait,
    ordered_loads,
    priority_waits,
)


def test_loss_and_waiting_are_those_of_the_tables() -> None:
    assert erlang_b(1, 1) == pytest.approx(1 / 2)
    assert erlang_b(10, 4.461) == pytest.approx(0.01, abs=1e-4)  # the tables' 1 % for ten lines
    assert erlang_c(1, 0.5) == pytest.approx(0.5)
    assert erlang_c(2, 1) == pytest.approx(1 / 3)


def test_one_server_waits_as_in_every_book() -> None:
    assert mean_wait(1, 0.5, 1) == pytest.approx(1)
    assert answered_within(1, 0.5, 1, 0) == pytest.approx(0.5)


def test_all_priorities_together_wait_as_long_as_if_there_were_none() -> None:
    arrivals = [0.2, 0.3, 0.1]
    waits = priority_waits(3, arrivals, 0.3)
    assert waits == sorted(waits)
    mean = sum(rate * wait for rate, wait in zip(arrivals, waits, strict=True)) / sum(arrivals)
    # a known law: what is saved for some is paid by the others
    assert mean > mean_wait(3, sum(arrivals), 0.3)
    loads = [rate / 0.9 for rate in arrivals]
    kept = sum(load * wait for load, wait in zip(loads, waits, strict=True))
    assert kept == pytest.approx(sum(loads) * mean_wait(3, sum(arrivals), 0.3))


def test_without_patience_waiting_becomes_loss_and_with_much_nobody_goes() -> None:
    assert gone_before(5, 5.5, 1, 0) == pytest.approx(erlang_b(5, 5.5))
    assert gone_before(5, 4, 1, 1000) == pytest.approx(0, abs=1e-12)
    assert gone_before(5, 5, 1, 2) == pytest.approx(gone_before(5, 5.000_001, 1, 2), rel=1e-4)


def test_ordered_servers_carry_together_what_is_not_lost() -> None:
    loads = ordered_loads(4, 2.5)
    assert loads == sorted(loads, reverse=True)
    assert sum(loads) == pytest.approx(2.5 * (1 - erlang_b(4, 2.5)))
