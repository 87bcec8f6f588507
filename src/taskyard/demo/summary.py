"""What is left to say when the show is over."""

from .board import channels
from .ledger import Ledger, percentile

TROUBLES_SHOWN = 5


def summary(ledger: Ledger, *, seed: int, seconds: float) -> str:
    """The whole run in a few lines.

    Args:
        ledger: What has happened.
        seed: What the crowd was grown from.
        seconds: How long it went on.
    """
    accepted = ledger.outcomes["accepted"]
    still_open = ledger.created - ledger.ended.total()
    lines = [
        f"Taskyard demo: {seconds:.0f} s, seed {seed}",
        f"  tasks    {ledger.created} created, {ledger.ended['completed']} completed, "
        f"{ledger.ended['canceled']} canceled, {still_open} still open",
        f"  by       {channels(ledger) or 'no channel'}",
        f"  steps    {ledger.escalated} escalations: nobody had answered, and the task went on",
        f"  offers   {ledger.offered} offered, {accepted} accepted, "
        f"{ledger.outcomes['rejected']} rejected, {ledger.outcomes['timeout']} timed out, "
        f"{ledger.outcomes['rescinded']} rescinded, {ledger.outcomes['canceled']} canceled",
        f"  wait     median {percentile(ledger.waits_s, 50):.1f} s, "
        f"95 % within {percentile(ledger.waits_s, 95):.1f} s, from creation until accepted",
        f"  routed   {accepted / max(seconds, 1.0):.1f} a second",
        f"  drill    {ledger.lapsed_in_drill} offers lapsed in a fire drill",
        _restarts(ledger),
        f"  too late {ledger.too_late} (an answer to an offer withdrawn or a customer gone)",
        f"  errors   {ledger.troubles.total() or 'none'}",
    ]
    for trouble, count in ledger.troubles.most_common(TROUBLES_SHOWN):
        lines.append(f"    {count} x {trouble}")
    lines.append(f"  lost     {len(ledger.lost) or 'nothing'}, of {ledger.checked} looked for")
    lines += [f"    {line}" for line in ledger.lost[:TROUBLES_SHOWN]]
    if ledger.unchecked:
        lines.append("    and what could not be read, so that nobody knows")
    return "\n".join(lines)


def _restarts(ledger: Ledger) -> str:
    if not ledger.restarts:
        return "  restart  none"
    back_s = ledger.down_s / ledger.restarts
    return (
        f"  restart  {ledger.restarts} x killed and started again, back after {back_s:.1f} s; "
        f"{ledger.cut_off} creations cut off"
    )
