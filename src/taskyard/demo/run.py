"""The whole show: a server, a contact centre, a crowd, a board, and a clean end."""

import asyncio
import contextlib
import secrets
import signal
import sys
import tempfile
import time
from collections.abc import Coroutine, Iterator
from pathlib import Path

from rich.console import Console
from rich.live import Live

from .api import Api, ApiError, Unanswered
from .board import Board
from .contact_centre import ContactCentre, lay_out
from .crowd import Habits, arrivals
from .customers import Customers
from .ledger import Ledger
from .outage import Outage
from .programme import Programme, check
from .races import first_of
from .server_process import ServerFailed, ServerProcess
from .summary import summary
from .survey import Survey
from .visitor import Invitation, has_display, invite, open_browser
from .workers import LOOK_EVERY_S, Shift

FRAME_S = 0.25
LINE_S = 2.0
ENDED_EARLY = "taskyard demo: ended before the first customer came"
DEATH_SHOWS_WITHIN_S = 1.0
END_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run(seconds: float | None, seed: int, *, may_open_browser: bool) -> int:
    """Show a contact centre at work until the time is up, or until Ctrl-C.

    Args:
        seconds: How long it goes on; None for as long as one likes to watch.
        seed: Who arrives when, and how the workers behave. The same seed, the same crowd.
        may_open_browser: Whether the console is opened, where there are a terminal and a display.

    Returns:
        The exit status: 0 unless the server failed, or has lost anything.
    """
    return asyncio.run(_run(seconds, seed, may_open_browser=may_open_browser))


async def _run(seconds: float | None, seed: int, *, may_open_browser: bool) -> int:
    console = Console(highlight=False, markup=False)
    with tempfile.TemporaryDirectory(prefix="taskyard-demo-") as folder, _end_asked_for() as end:
        try:
            show = Show(console, seed, may_open_browser=may_open_browser)
            is_sound = await show.run(Path(folder) / "demo.db", seconds, end)
        except (ServerFailed, ApiError) as failure:
            errors = Console(stderr=True, highlight=False, markup=False)
            errors.print(f"taskyard demo: {failure}", soft_wrap=True)
            return 1
    return 0 if is_sound else 1


@contextlib.contextmanager
def _end_asked_for() -> Iterator[asyncio.Event]:
    """An event that is set by Ctrl-C, by the closing of the terminal, and the like."""
    loop = asyncio.get_running_loop()
    end = asyncio.Event()
    for number in END_SIGNALS:
        loop.add_signal_handler(number, end.set)
    try:
        yield end
    finally:
        for number in END_SIGNALS:
            loop.remove_signal_handler(number)


class Show:
    """One run of the demo."""

    def __init__(self, console: Console, seed: int, *, may_open_browser: bool) -> None:
        self._console = console
        self._seed = seed
        self._may_open_browser = may_open_browser
        self._account_sid = f"AC{secrets.token_hex(16)}"
        self._auth_token = secrets.token_hex(16)

    async def run(self, database: Path, seconds: float | None, end: asyncio.Event) -> bool:
        """Play until the time is up or the end is asked for, then sum up.

        Returns:
            Whether everything that the server had acknowledged was still there.

        Raises:
            ServerFailed: The server did not start, or ended by itself.
            ApiError: The contact centre could not be laid out.
        """
        async with ServerProcess(database, self._account_sid, self._auth_token) as server:
            address = await first_of(end, server.ended(), server.address())
            if address is None:
                self._say(ENDED_EARLY)
                return True
            outage = Outage()
            async with Api(address, self._account_sid, self._auth_token, outage) as api:
                try:
                    laid_out = await first_of(end, server.ended(), _prepare(api))
                except Unanswered:
                    # That the server died is worth more words than what it left unanswered.
                    await _raise_if_dead(server)
                    raise
                if laid_out is None:
                    self._say(ENDED_EARLY)
                    return True
                centre, invitation = laid_out
                return await self._play(server, api, outage, centre, invitation, seconds, end)

    async def _play(
        self,
        server: ServerProcess,
        api: Api,
        outage: Outage,
        centre: ContactCentre,
        invitation: Invitation,
        seconds: float | None,
        end: asyncio.Event,
    ) -> bool:
        started_s = time.monotonic()
        ledger = Ledger(started_s=started_s)
        survey = Survey(api, centre, ledger)
        credentials = f"{self._account_sid}:{self._auth_token}"
        board = Board(api, credentials, centre, invitation, ledger, survey)
        programme = Programme(server, survey, ledger, outage)
        await first_of(
            end,
            server.ended(),
            self._show(board, invitation),
            survey.keep_looking(),
            programme.play(seconds),
            *self._people(api, centre, ledger),
            *([asyncio.sleep(seconds)] if seconds is not None else []),
        )
        played_s = time.monotonic() - started_s
        never = asyncio.Event()
        await first_of(never, server.ended(), programme.finish())
        acknowledged = ledger.acknowledged(time.monotonic())
        check(ledger, acknowledged, await first_of(never, server.ended(), survey.audit()))
        self._say(summary(ledger, seed=self._seed, seconds=played_s))
        return not ledger.lost and not ledger.unchecked

    def _people(
        self, api: Api, centre: ContactCentre, ledger: Ledger
    ) -> Iterator[Coroutine[None, None, None]]:
        last_agents: dict[str, str] = {}
        yield Customers(api, centre, ledger, last_agents).arrive(arrivals(self._seed))
        for number, name in enumerate(centre.worker_sids):
            habits = Habits(self._seed, name)
            shift = Shift(api, centre, ledger, name, habits, last_agents)
            yield shift.work(number * LOOK_EVERY_S / len(centre.worker_sids))

    async def _show(self, board: Board, invitation: Invitation) -> None:
        if sys.stdout.isatty() and not self._console.is_dumb_terminal:
            if self._may_open_browser and has_display():
                open_browser(invitation.floor_url)
            await self._draw(board)
        else:
            await self._write(board)

    async def _draw(self, board: Board) -> None:
        with Live(console=self._console, auto_refresh=False, vertical_overflow="crop") as live:
            while True:
                live.update(board.picture(time.monotonic()), refresh=True)
                await asyncio.sleep(FRAME_S)

    async def _write(self, board: Board) -> None:
        self._say(board.opening())
        while True:
            await asyncio.sleep(LINE_S)
            self._say(board.line(time.monotonic()))

    def _say(self, line: str) -> None:
        self._console.print(line, soft_wrap=True)
        self._console.file.flush()  # a pipe would keep it back


async def _prepare(api: Api) -> tuple[ContactCentre, Invitation]:
    """Lay the contact centre out, and then what a visitor needs in it."""
    centre = await lay_out(api)
    return centre, await invite(api, centre)


async def _raise_if_dead(server: ServerProcess) -> None:
    """Raise `ServerFailed` if the server is about to be found dead."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(server.ended(), DEATH_SHOWS_WITHIN_S)
