"""A server in a thread of its own, which can be stopped and started again at its address."""

import asyncio
import threading
from pathlib import Path

import msgspec

from contract.api.caller import SID, TOKEN
from taskyard.server.app import running
from taskyard.server.config import Config

KEY, SECRET = "SK" + "1f" * 16, "s" * 32


class Service:
    """One that remembers in a file what it was told."""

    def __init__(self, folder: Path) -> None:
        self._config = Config(
            database=f"sqlite:///{folder}/taskyard.db",
            port=0,
            account_sid=SID,
            auth_token=TOKEN,
            api_key_sid=KEY,
            api_key_secret=SECRET,
        )
        self.url = ""

    def start(self) -> None:
        started = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()

        async def serve() -> None:
            async with running(self._config) as server:
                self.url = server.url
                started.set()
                await self._stopping.wait()

        def run() -> None:
            try:
                self._loop.run_until_complete(serve())
            finally:
                started.set()
                self._loop.close()

        self._thread = threading.Thread(target=run)
        self._thread.start()
        started.wait()
        # Its clients look for it where it was.
        port = int(self.url.rpartition(":")[2])
        self._config = msgspec.structs.replace(self._config, port=port)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()
