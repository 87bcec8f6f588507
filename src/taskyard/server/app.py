"""Puts the parts together: store, directory, REST, and the server that they are reached through.

The only file of `server` that knows them all, and the only one that opens a store.
"""

import asyncio
import contextlib
import functools
import gc
import logging
import os
import signal
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Generator

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

import taskyard
from taskyard.core.limits import Limits
from taskyard.engine import Cluster, Directory, Retention, Snapshots, Unavailable
from taskyard.engine.following import Tails
from taskyard.engine.retention import DAY_MS
from taskyard.engine.snapshot_writing import write_in_a_process
from taskyard.engine.statistics import STATISTICS_DAYS
from taskyard.stores import Store, StoreError, open_store
from taskyard.stores.memory import MemoryStore
from taskyard.stores.sharing import SharedStore

from .api.application import PREFIX, Message, Receive, RestApplication, Scope, Send
from .api.rate_limits import RateLimiter
from .auth import Gate
from .behind_proxy import BehindProxy
from .bounded_protocol import BoundedProtocol, look_at_all
from .bridge.application import BridgeApplication
from .bridge.channels import CHANNELS
from .bridge.holding import Holding
from .bridge.sockets import Sockets
from .bridge.wire import MESSAGE_BYTES_MAX, WireProtocol
from .config import Config
from .console_files import console_routes
from .forwarding import Forwarding
from .metrics import Callbacks, metrics_page
from .no_such_page import no_such_page
from .own_api.application import PREFIX as OWN_PREFIX
from .own_api.application import OwnApi
from .own_api.event_stream import EventStream
from .pauses import Pauses
from .readiness import Readiness
from .reference_pages import reference_routes
from .responses import Responses
from .routing_alerts import RoutingAlerts
from .sdk_files import sdk_routes
from .tokens import Tokens
from .webhooks.assignment_callbacks import AssignmentCallbacks
from .webhooks.event_callbacks import EventCallbacks
from .webhooks.sender import Sender
from .webhooks.voice_adapter import VoiceAdapter

STOP_WITHIN_S = 10
_BACKLOG = 2_048
_PING_EVERY_S = 20.0
_PONG_WITHIN_S = 20.0
"""Whom a network has swallowed is noticed after so long, and counts as gone."""
_YOUNG_OBJECTS = 10_000
"""So many are made before the collector looks at them."""
_REST = PREFIX + "/"
_OWN = OWN_PREFIX + "/"

logger = logging.getLogger(__name__)


class StartError(Exception):
    """The server cannot start; the message is one line that says why."""


class Application:
    """The whole ASGI application: REST goes straight to its own, the rest through Starlette.

    A mount would cost every REST call a search of Starlette's routes and a copy of its scope.
    """

    def __init__(
        self,
        rest: RestApplication,
        own: OwnApi,
        bridge: BridgeApplication,
        sockets: Sockets,
        pages: Starlette,
        responses: Responses,
        forwarding: Forwarding | None,
    ) -> None:
        self.own = own
        self.forwarding = forwarding
        self.sockets = sockets
        self._rest = rest  # it counts its responses itself: a wrapper would cost each call more
        self._bridge = bridge  # and so does this
        self._pages = pages
        self._responses = responses

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Hand one connection to the part that answers it."""
        if scope["type"] == "http" and scope["path"].startswith(_REST):
            # The names of REST's collections begin with a capital letter: nothing is taken away.
            part = self._bridge if scope["path"].startswith(CHANNELS) else self._rest
            return part(scope, receive, send)
        if scope["type"] == "websocket" and scope["path"].startswith(CHANNELS):
            return self.sockets(scope, receive, send)
        if scope["type"] == "http" and scope["path"].startswith(_OWN):
            return self.own(scope, receive, self._counted(send))
        return self._pages(scope, receive, self._counted(send))

    def _counted(self, send: Send) -> Send:
        async def counting(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._responses.count(message["status"])
            await send(message)

        return counting


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
    listener = _listener(config.host, config.port)
    with contextlib.closing(listener), Pauses() as pauses:
        async with (
            _directory(config, _url(config.host, listener)) as (directory, account_is_new),
            _callbacks(config, directory) as (tails, callbacks),
        ):
            readiness = Readiness(directory.probe)
            app = application(config, directory, tails, callbacks, readiness, pauses)
            server = _Server(app, config)
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
                url = _url(config.host, listener)
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


def application(
    config: Config,
    directory: Directory,
    tails: Tails,
    callbacks: Callbacks,
    readiness: Readiness,
    pauses: Pauses,
) -> Application:
    """Everything that is served, for a directory that is open."""

    async def ready(request: Request) -> PlainTextResponse:
        obstacle = await readiness.obstacle()
        return PlainTextResponse("ok") if obstacle is None else PlainTextResponse(obstacle, 503)

    credentials = directory.credentials
    gate = Gate(credentials.secrets_of, credentials.look_again)
    credentials.subscribe(gate.forget)
    responses = Responses()
    rates = (
        None if config.rate_limits is None else RateLimiter(config.rate_limits, directory.now_ms)
    )
    cluster = directory.cluster
    forwarding = (
        None if cluster is None else Forwarding(cluster, directory.engine, lease_s=cluster.lease_s)
    )
    rest = RestApplication(
        directory,
        gate,
        clock=directory.now_ms,
        random_bytes=os.urandom,
        public_url=config.public_url,
        unavailable=(Unavailable, StoreError),
        responses=responses,
        rates=rates,
        forwarding=forwarding,
    )
    tokens = Tokens(credentials, directory.now_ms, strict=config.strict_tokens)
    holding = Holding(config.bridge_hold_ms / 1000)
    bridge = BridgeApplication(
        directory,
        tokens,
        holding,
        clock=directory.now_ms,
        random_bytes=os.urandom,
        public_url=config.public_url,
        unavailable=(Unavailable, StoreError),
        responses=responses,
        rates=rates,
        forwarding=forwarding,
    )
    loop = asyncio.get_running_loop()
    sockets = Sockets(
        directory,
        tokens,
        holding,
        clock=directory.now_ms,
        loop_time=loop.time,
        later=loop.call_later,
        public_url=config.public_url,
        unavailable=(Unavailable, StoreError),
        forwarding=forwarding,
    )
    streams = EventStream(
        directory, tails, clock=directory.now_ms, unavailable=(Unavailable, StoreError)
    )
    own = OwnApi(
        directory,
        gate,
        tokens,
        streams,
        clock=directory.now_ms,
        limits=config.limits or Limits(),
        public_url=config.public_url,
        unavailable=(Unavailable, StoreError),
    )
    pages = Starlette(
        routes=[
            Route("/", _about),
            Route("/healthz", _healthy),
            Route("/readyz", ready),
            Route(
                "/metrics",
                metrics_page(
                    directory,
                    gate,
                    responses,
                    pauses,
                    sockets.sessions,
                    callbacks,
                    streams,
                    forwarding,
                ),
            ),
            *reference_routes(config.limits or Limits(), config.public_url),
            *sdk_routes(),
            *console_routes(),
        ],
        exception_handlers={404: no_such_page, 405: no_such_page},
    )
    return Application(rest, own, bridge, sockets, pages, responses, forwarding)


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
    unavailable = (Unavailable, StoreError)
    at_once = config.callbacks_at_once
    events = EventCallbacks(
        directory,
        tails,
        sender(),
        clock=directory.now_ms,
        unavailable=unavailable,
        at_once=config.event_callbacks_at_once,
    )
    assignments = AssignmentCallbacks(
        directory, sender(), clock=directory.now_ms, unavailable=unavailable, at_once=at_once
    )
    voice = VoiceAdapter(
        directory,
        sender(),
        config.voice_adapter_url,
        clock=directory.now_ms,
        unavailable=unavailable,
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


def _listener(host: str, port: int) -> socket.socket:
    """A socket that holds the address; nobody is let in before uvicorn listens on it."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise StartError(f"cannot listen on host {host}: {error.strerror or error}") from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        # Two servers may both bind an address that is reused; only one may listen.
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise StartError(
            f"cannot listen on {host} port {port}: {error.strerror or error}"
        ) from error
    listener.setblocking(False)
    return listener


def _url(host: str, listener: socket.socket) -> str:
    port = listener.getsockname()[1]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class _Server(uvicorn.Server):
    """Uvicorn, started and stopped by us instead of by signals."""

    def __init__(self, app: Application, config: Config) -> None:
        super().__init__(
            uvicorn.Config(
                BehindProxy(app),
                interface="asgi3",
                proxy_headers=False,  # not at every request
                host=config.host,
                http=BoundedProtocol,
                ws=WireProtocol,
                ws_max_size=MESSAGE_BYTES_MAX,
                ws_ping_interval=_PING_EVERY_S,
                ws_ping_timeout=_PONG_WITHIN_S,
                # Its memory for each connection is more than everything else that one holds.
                ws_per_message_deflate=False,
                lifespan="off",
                access_log=False,
                log_config=None,
                server_header=False,
                backlog=_BACKLOG,
                # Longer than the idle time after which clients' pools let go of a connection: who
                # posts on one that we have just closed cannot know whether it was taken.
                timeout_keep_alive=75,
                timeout_graceful_shutdown=STOP_WITHIN_S,
                callback_notify=self._look_at_connections,
                timeout_notify=0,  # at every second
            )
        )
        self.is_up = asyncio.Event()
        self._patience_s = config.request_timeout_s

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.is_up.set()

    async def _look_at_connections(self) -> None:
        now_s = asyncio.get_running_loop().time()
        look_at_all(self.server_state.connections, now_s, self._patience_s)

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        # Uvicorn's own raises the signal again when it has stopped, which would end the process
        # before the store is closed.
        yield


async def _about(request: Request) -> JSONResponse:
    return JSONResponse({"name": "taskyard", "version": taskyard.__version__})


async def _healthy(request: Request) -> PlainTextResponse:
    return PlainTextResponse("ok")
