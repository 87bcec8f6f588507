"""What counts as lost after a restart."""

import pytest

from taskyard.demo.ledger import Ledger
from taskyard.demo.losses import losses
from taskyard.demo.programme import check


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("pending", "reserved"),
        ("reserved", "pending"),
        ("pending", "canceled"),
        ("assigned", "wrapping"),
        ("accepted", "completed"),
        ("completed", "completed"),
    ],
)
def test_what_goes_on_is_not_lost(before: str, after: str) -> None:
    assert losses({"WT1": before}, {"WT1": after, "WT2": "pending"}) == []


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [
        ("assigned", "pending", "WT1 was assigned and is pending again"),
        ("wrapping", "assigned", "WT1 was wrapping and is assigned again"),
        ("completed", "wrapping", "WT1 was completed and is wrapping again"),
        ("rejected", "pending", "WT1 was rejected and is pending again"),
        ("completed", "canceled", "WT1 was completed and is canceled now"),
    ],
)
def test_what_goes_back_or_ends_differently_is_lost(before: str, after: str, line: str) -> None:
    assert losses({"WT1": before}, {"WT1": after}) == [line]


def test_what_is_missing_is_lost() -> None:
    assert losses({"WT1": "pending"}, {}) == ["WT1 was pending and is missing"]


def test_what_could_not_be_read_is_not_taken_for_lost_nor_for_found() -> None:
    ledger = Ledger(started_s=0.0)
    check(ledger, {"WT1": "pending"}, None)
    assert (ledger.lost, ledger.checked, ledger.unchecked) == ([], 0, 1)
    check(ledger, {"WT1": "pending"}, {})
    assert (len(ledger.lost), ledger.checked, ledger.unchecked) == (1, 1, 1)
