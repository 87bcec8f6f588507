"""The ASGI application: its parts for one directory, and which of them answers what."""

import asyncio
import os
from collections.abc import Awaitable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

import taskyard
from taskyard.core.limits import Limits
from taskyard.engine import Directory
from taskyard.engine.following import Tails

from .api.application import PREFIX, Message, Receive, RestApplication, Scope, Send
from .api.rate_limits import RateLimiter
from .auth import Gate
from .bridge.application import BridgeApplication
from .bridge.channels import CHANNELS
from .bridge.holding import Holding
from .bridge.sockets import Sockets
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
from .sdk_files import sdk_routes
from .tokens import Tokens

_REST = PREFIX + "/"
_OWN = OWN_PREFIX + "/"


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


def application(
    config: Config,
    directory: Directory,
    tails: Tails,
    callbacks: Callbacks,
    readiness: Readiness,
    pauses: Pauses,
    *,
    unavailable: tuple[type[Exception], ...],
) -> Application:
    """Everything that is served, for a directory that is open.

    Args:
        config: How.
        directory: Where the workspaces are.
        tails: Where events are followed.
        callbacks: Those that are under way, for the metrics.
        readiness: Whether requests can be served.
        pauses: How long the loop stood still, for the metrics.
        unavailable: Failures that pass: what failed so is answered with 503.
    """

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
        unavailable=unavailable,
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
        unavailable=unavailable,
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
        unavailable=unavailable,
        forwarding=forwarding,
    )
    streams = EventStream(directory, tails, clock=directory.now_ms, unavailable=unavailable)
    own = OwnApi(
        directory,
        gate,
        tokens,
        streams,
        clock=directory.now_ms,
        limits=config.limits or Limits(),
        public_url=config.public_url,
        unavailable=unavailable,
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


async def _about(request: Request) -> JSONResponse:
    return JSONResponse({"name": "taskyard", "version": taskyard.__version__})


async def _healthy(request: Request) -> PlainTextResponse:
    return PlainTextResponse("ok")
