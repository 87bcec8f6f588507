"""The board on the wall: what the ledger and the survey say, for the eye.

It fits 100 columns and 30 rows, and loses little on 80 by 24.
"""

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.style import Style
from rich.table import Table
from rich.text import Text

from .api import Api
from .contact_centre import ContactCentre
from .ledger import Ledger, percentile
from .survey import Survey
from .visitor import Invitation, console_of

ACTIVITIES = ("Available", "Break", "Lunch", "Unavailable", "Offline")
RECENT_WAITS = 200


class Board:
    """Everything worth watching, as a picture or as a line of text."""

    def __init__(
        self,
        api: Api,
        credentials: str,
        centre: ContactCentre,
        invitation: Invitation,
        ledger: Ledger,
        survey: Survey,
    ) -> None:
        self._console = console_of(api.base_url)
        self._invitation = invitation
        self._address = f"{api.base_url}/v1/{centre.path}"
        self._credentials = credentials
        self._ledger = ledger
        self._survey = survey

    def picture(self, now_s: float) -> RenderableType:
        """The board as it is now."""
        people = Table.grid(padding=(0, 4, 0, 0))
        people.add_row(self._queues(), self._activities())
        return Group(
            Text.assemble(
                ("Taskyard", "bold cyan"),
                "  a contact centre in fast motion",
                (f"  {elapsed(now_s - self._ledger.started_s)}", "bold"),
                (f"  {self._ledger.happening}", "bold red"),
            ),
            Text(f"tasks by {channels(self._ledger)}" if self._ledger.by_channel else "", "dim"),
            people,
            Text(),
            self._totals(now_s),
            *self._news(),
            Text(),
            *self._look_around(),
        )

    def _queues(self) -> Table:
        table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False, pad_edge=False)
        table.add_column("Task queue", min_width=10, no_wrap=True)
        for heading in ("waiting", "reserved", "assigned", "wrapping", "oldest"):
            table.add_column(heading, justify="right", no_wrap=True)
        for name, line in self._survey.queues.items():
            table.add_row(
                name,
                figure(line.waiting, "yellow"),
                figure(line.reserved, "cyan"),
                figure(line.assigned, "green"),
                figure(line.wrapping, "blue"),
                Text(f"{line.longest_s} s", "red" if line.longest_s >= 8 else "")
                if line.waiting + line.reserved
                else Text("-", "dim"),
            )
        return table

    def _activities(self) -> Table:
        table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False, pad_edge=False)
        table.add_column("Workers")
        table.add_column("", justify="right", min_width=2)
        counts = self._survey.activities
        for name in (*ACTIVITIES, *sorted(counts.keys() - set(ACTIVITIES))):
            table.add_row(name, figure(counts[name], "green" if name == "Available" else "yellow"))
        return table

    def _totals(self, now_s: float) -> Table:
        ledger = self._ledger
        waits_s = ledger.waits_s[-RECENT_WAITS:]
        table = Table.grid(padding=(0, 2, 0, 0))
        for _ in range(3):
            table.add_column(min_width=16)  # so that growing figures move nothing
        table.add_row(
            total("created", ledger.created),
            total("completed", ledger.ended["completed"]),
            total("canceled", ledger.ended["canceled"]),
            total("routed/s", f"{ledger.routed_per_s(now_s):.1f}"),
        )
        table.add_row(
            total("offers", ledger.offered),
            total("accepted", ledger.outcomes["accepted"]),
            total("rejected", ledger.outcomes["rejected"]),
            total("wait", f"{percentile(waits_s, 50):.1f} s, 95 % {percentile(waits_s, 95):.1f} s"),
        )
        errors = ledger.troubles.total()
        table.add_row(
            total("timed out", ledger.outcomes["timeout"]),
            total("rescinded", ledger.outcomes["rescinded"]),
            total("too late", ledger.too_late),
            total("errors", errors, "bold red" if errors else "bold"),
        )
        lost = len(ledger.lost)
        table.add_row(
            total("escalated", ledger.escalated),
            total("drill", f"{ledger.lapsed_in_drill} lapsed"),
            total("restarts", ledger.restarts),
            total("lost", lost, "bold red" if lost else "bold"),
        )
        return table

    def _news(self) -> list[Text]:
        lines = [Text(f"  {item}", "dim", no_wrap=True) for item in self._ledger.news]
        missing = (self._ledger.news.maxlen or 0) - len(lines)
        return lines + [Text()] * missing

    def _look_around(self) -> list[Text]:
        return [
            Text.assemble(
                "Sign in at ",
                # Terminals that know links follow this one past the sign-in.
                (self._console, Style(color="green", link=self._invitation.floor_url)),
                " with what curl has; Ctrl-C ends it:",
                no_wrap=True,
            ),
            Text(f"curl -u {self._credentials} \\", "green", no_wrap=True),
            Text(f"  {self._address}/Tasks", "green", no_wrap=True),
        ]

    def opening(self) -> str:
        """What to say first where there is no board: three lines."""
        return (
            f"taskyard demo: the floor: {self._invitation.floor_url}\n"
            f"taskyard demo: your desk: {self._invitation.desk_url}\n"
            f"taskyard demo: look around: curl -u {self._credentials} {self._address}/Tasks"
        )

    def line(self, now_s: float) -> str:
        """The board as it is now, where there is no room for a picture."""
        ledger = self._ledger
        waiting = sum(line.waiting for line in self._survey.queues.values())
        facts = (
            elapsed(now_s - ledger.started_s),
            f"created {ledger.created}",
            f"offers {ledger.offered}",
            f"accepted {ledger.outcomes['accepted']}",
            f"rejected {ledger.outcomes['rejected']}",
            f"timed out {ledger.outcomes['timeout']}",
            f"canceled {ledger.ended['canceled']}",
            f"completed {ledger.ended['completed']}",
            f"waiting {waiting}",
            f"escalated {ledger.escalated}",
            f"restarts {ledger.restarts}",
            f"routed/s {ledger.routed_per_s(now_s):.1f}",
        )
        return "  ".join(facts) + (f"  [{ledger.happening}]" if ledger.happening else "")


def figure(count: int, style: str) -> Text:
    """A count that catches the eye unless it is nothing."""
    return Text(str(count), style if count else "dim")


def total(label: str, value: object, style: str = "bold") -> Text:
    """A total with its name."""
    return Text.assemble((f"{label} ", "dim"), (str(value), style))


def channels(ledger: Ledger) -> str:
    """How many tasks came by which task channel, each always in its place."""
    return ", ".join(f"{name} {count}" for name, count in sorted(ledger.by_channel.items()))


def elapsed(seconds: float) -> str:
    """Minutes and seconds, as a clock shows them."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes:02}:{rest:02}"
