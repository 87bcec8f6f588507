"""An application's own server, as callbacks find it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web
from twilio.request_validator import RequestValidator

from .caller import TOKEN

Answer = Callable[[dict[str, str]], Awaitable[web.StreamResponse]]


async def done(form: dict[str, str]) -> web.StreamResponse:
    return web.Response(status=204, content_type="application/json")


class Receiver:
    """Notes every callback, after it has seen that it is signed."""

    def __init__(self) -> None:
        self.answer: Answer = done
        self.got: list[dict[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.signed: list[tuple[str, dict[str, str], str]] = []
        """Of each: the address as it stood on the wire, the form, and the signature."""
        self.at_once = 0
        self.most_at_once = 0
        self.url = ""
        self._more = asyncio.Condition()

    async def take(self, request: web.Request) -> web.StreamResponse:
        form = {name: str(value) for name, value in (await request.post()).items()}
        signed = request.headers["X-Twilio-Signature"]
        asked = self.url + request.raw_path
        assert RequestValidator(TOKEN).validate(asked, form, signed)
        self.signed.append((request.raw_path, form, signed))
        assert request.content_type == "application/x-www-form-urlencoded"
        self.got.append(form)
        self.headers.append(dict(request.headers))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            return await self.answer(form)
        finally:
            self.at_once -= 1
            async with self._more:
                self._more.notify_all()

    async def until(self, enough: Callable[[list[dict[str, str]]], bool]) -> None:
        async with asyncio.timeout(60), self._more:  # against a hang only
            await self._more.wait_for(lambda: enough(self.got))

    @property
    def types(self) -> list[str]:
        return [form["EventType"] for form in self.got]


@asynccontextmanager
async def receiving(port: int = 0) -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/{path:.*}", receiver.take)
    runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield receiver
    finally:
        await runner.cleanup()
