"""Puts the parts together: store, directory, callbacks, and the server that leads to them.

The only file of `server` that opens a store.
"""

import asyncio
import contextlib
import functools
import gc
import logging
import os
import signal
import time
from collections.abc import AsyncIterator, Callable

import taskyard
from taskyard.engine import Cluster, Directory, Retention, Snapshots, Unavailable
from taskyard.engine.following import Tails
from taskyard.engine.retention import DAY_MS
from taskyard.engine.snapshot_writing import write_in_a_process
from taskyard.engine.statistics import STATISTICS_DAYS
from taskyard.stores import Store, StoreError, open_store
from taskyard.stores.memory import MemoryStore
from taskyard.stores.sharing import SharedStore

from .asgi import application
from .config import Config
from .listening import Server, StartError, listener_at, url_of
from .metrics import Callbacks
from .pauses import Pauses
from .readiness import Readiness
from .routing_alerts import RoutingAlerts
from .webhooks.assignment_callbacks import AssignmentCallbacks
from .webhooks.event_callbacks import EventCallbacks
from .webhooks.sender import Sender
from .webhooks.voice_adapter import VoiceAdapter

_YOUNG_OBJECTS = 10_000
"""So many are made before the collector looks at them."""
_UNAVAILABLE = (Unavailable, StoreError)

logger = logging.getLogger(__name__)


class Running:
    """A server that answers requests."""

    def __init__(self, url: str, directory: Directory, account_is_new: bool) -> None:
        self.url = url
        self.directory = directory
        self.account_is_new = account_is_new


@contextlib.asynccontextmanager
async def running(config: Config) -> AsyncIterator[Running]:
    """A server for as long as the context lasts; the store is closed last.

    Raises:
        StartError: The port is taken, or the database cannot be used.
    """
    listener = listener_at(config.host, config.port)
    with contextlib.closing(listener), Pauses() as pauses:
        async with (
            _directory(config, url_of(config.host, listener)) as (directory, account_is_new),
            _callbacks(config, directory) as (tails, callbacks),
        ):
            readiness = Readiness(directory.probe)
            app = application(
                config, directory, tails, callbacks, readiness, pauses, unavailable=_UNAVAILABLE
            )
            server = Server(app, config)
            logger.info(
                "starting",
                extra={
                    "version": taskyard.__version__,
                    "pid": os.getpid(),
                    "account_sid": directory.account.sid,
                    "workspaces": len(directory.workspaces()),
                },
            )
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            started = asyncio.create_task(server.is_up.wait())
            await asyncio.wait({serving, started}, return_when=asyncio.FIRST_COMPLETED)
            try:
                if not started.done():
                    started.cancel()
                    await serving  # it failed, and says why
                url = url_of(config.host, listener)
                logger.info("listening", extra={"url": url})
                yield Running(url, directory, account_is_new)
            finally:
                logger.info("stopping")
                readiness.closing = True
                app.sockets.stop()
                app.own.stop()
                server.should_exit = True
                # Whoever holds a connection here is waited for, and other nodes' callers are not
                # to wait for them as well. What is still under way is sent on.
                await directory.hand_over()
                await serving
                if app.forwarding is not None:
                    await app.forwarding.close()


async def serve(config: Config, say: Callable[[str], None]) -> None:
    """Serve until the process is told to stop.

    Args:
        config: How.
        say: Where lines for the operator go.

    Raises:
        StartError: The port is taken, or the database cannot be used.
    """
    async with running(config) as server:
        if server.account_is_new:
            # The only time that a secret is shown: nobody could know it otherwise.
            account = server.directory.account
            say("taskyard: made a new account, kept in the database; note it down:")
            say(f"taskyard:   account SID {account.sid}")
            say(f"taskyard:   auth token  {account.auth_token}")
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        say(f"taskyard: listening on {server.url}")
        freezing = asyncio.create_task(_freeze_when_awake(server.directory))
        await stop.wait()
        freezing.cancel()


def now_ms() -> int:
    """The wall clock in milliseconds since the Unix epoch."""
    return time.time_ns() // 1_000_000


@contextlib.asynccontextmanager
async def _directory(config: Config, url: str) -> AsyncIterator[tuple[Directory, bool]]:
    """The directory over the configured store, and whether its account was made just now."""
    try:
        store = await open_store(config.database)
    except (ValueError, StoreError) as error:
        raise StartError(str(error)) from error
    try:
        snapshots = _snapshots(config, store)
        cluster = _cluster(config, store, url)
        directory = Directory(
            store,
            now_ms if cluster is None else cluster.now_ms,
            os.urandom,
            limits=config.limits,
            snapshots=snapshots,
            statistics_days=min(STATISTICS_DAYS, config.retention_days or STATISTICS_DAYS),
            cluster=cluster,
        )
        try:
            account_is_new = await directory.open(config.account_sid, config.auth_token)
        except StoreError as error:
            raise StartError(str(error)) from error
        if config.api_key_sid is not None and config.api_key_secret is not None:
            directory.credentials.add_api_key(config.api_key_sid, config.api_key_secret)
        if config.secondary_auth_token is not None:
            directory.credentials.add_secondary_token(config.secondary_auth_token)
        try:
            async with _retention(config, store, snapshots, directory):
                yield directory, account_is_new
        finally:
            await directory.close()
    finally:
        await store.close()


@contextlib.asynccontextmanager
async def _callbacks(
    config: Config, directory: Directory
) -> AsyncIterator[tuple[Tails, Callbacks]]:
    """Tell applications what happens for as long as the context lasts."""

    def sender() -> Sender:
        return Sender(
            lambda: directory.account.auth_token, to_link_local=config.callbacks_to_link_local
        )

    tails = Tails(directory)
    at_once = config.callbacks_at_once
    events = EventCallbacks(
        directory,
        tails,
        sender(),
        clock=directory.now_ms,
        unavailable=_UNAVAILABLE,
        at_once=config.event_callbacks_at_once,
    )
    assignments = AssignmentCallbacks(
        directory, sender(), clock=directory.now_ms, unavailable=_UNAVAILABLE, at_once=at_once
    )
    voice = VoiceAdapter(
        directory,
        sender(),
        config.voice_adapter_url,
        clock=directory.now_ms,
        unavailable=_UNAVAILABLE,
        at_once=at_once,
    )
    RoutingAlerts(directory, clock=directory.now_ms).start()
    events.start()
    assignments.start()
    voice.start()
    try:
        yield tails, Callbacks(events, assignments, voice)
    finally:
        await voice.close()
        await assignments.close()
        await events.close()


async def _freeze_when_awake(directory: Directory) -> None:
    """Spare the collector what was loaded: a walk over 100,000 open tasks is a pause for everybody.

    It also looks at the young less often. By default it does so every few requests, at objects that
    are mostly still in use, and that is a twentieth of all that a busy server does.
    """
    await directory.awake()
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS)


def _cluster(config: Config, store: Store, url: str) -> Cluster | None:
    """This process among the others that may share the store; None if none can."""
    if not isinstance(store, SharedStore):
        if config.node_url is not None:
            logger.warning("--node-url has no effect: only a PostgreSQL database has several nodes")
        return None
    if config.node_url is None and config.host in ("0.0.0.0", "::", ""):
        raise StartError(
            f"the other nodes cannot reach this one at {config.host}: say where they can by "
            "--node-url, as in http://10.0.0.5:8080"
        )
    return Cluster(
        store,
        config.node_url or url,
        taskyard.__version__,
        lease_s=config.lease_s,
        wall_ms=now_ms,
    )


def _snapshots(config: Config, store: Store) -> Snapshots | None:
    """The store's snapshots, if another process can open it."""
    if isinstance(store, MemoryStore):
        return None
    return Snapshots(
        store,
        functools.partial(write_in_a_process, store, config.database),
        events_between=config.snapshot_events,
    )


@contextlib.asynccontextmanager
async def _retention(
    config: Config, store: Store, snapshots: Snapshots | None, directory: Directory
) -> AsyncIterator[None]:
    """Let the past go for as long as the context lasts, unless it is kept for ever."""
    if config.retention_days == 0:
        yield
        return
    retention = Retention(
        store,
        directory.now_ms,
        config.retention_days * DAY_MS,
        snapshots=snapshots,
        views_at=directory.views.kept_position,
        counters=directory.counters,
        serves=None if directory.cluster is None else directory.cluster.serves,
    )
    retention.start()
    try:
        yield
    finally:
        await retention.close()
