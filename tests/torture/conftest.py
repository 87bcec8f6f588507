"""What was done how often, told in a few lines when everything is over."""

from collections.abc import Callable

import pytest

_KIND = "tally"
Tallied = tuple[str, dict[str, int]]


@pytest.fixture
def tally(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Put down what was done, and how often: `tally("servers killed", rounds=8)`."""

    def note(what: str, **counts: int) -> None:
        # User properties find their way back from processes that run tests side by side, if they
        # are made of plain things.
        plain = {str(name): count for name, count in counts.items()}
        request.node.user_properties.append((_KIND, (what, plain)))

    return note


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what all of it came to."""
    reports = [
        report
        for outcome in ("passed", "failed")
        for report in terminalreporter.stats.get(outcome, [])
        if "/torture/" in f"/{report.nodeid}" and report.when == "call"
    ]
    tallies = [
        value for report in reports for kind, value in report.user_properties if kind == _KIND
    ]
    if not tallies:
        return
    terminalreporter.section("torture")
    for line in lines(tallies):
        terminalreporter.write_line(line)
    failed = sum(report.failed for report in reports)
    found = f"{failed} OF {len(reports)} FOUND SOMETHING WRONG" if failed else "nothing was found"
    terminalreporter.write_line(f"{len(reports)} tests: {found}")


def lines(tallies: list[Tallied]) -> list[str]:
    """A line for each subject, in order; what is of one subject is added up."""
    sums: dict[str, dict[str, int]] = {}
    for what, counts in tallies:
        subject = sums.setdefault(what, {})
        for name, count in counts.items():
            subject[name] = subject.get(name, 0) + count
    width = max(map(len, sums))
    return [
        f"{what:{width}}  " + ", ".join(f"{name} {count}" for name, count in counts.items())
        for what, counts in sorted(sums.items())
    ]
