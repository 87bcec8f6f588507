"""A process that answers every request with the same 600 bytes; prints its port first."""

import socket
from typing import Any

import uvicorn
import uvloop

_BODY = b'{"a": "' + b"x" * 591 + b'"}'
_START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(_BODY)).encode()),
    ],
}
_REST = {"type": "http.response.body", "body": _BODY}


async def answer(scope: Any, receive: Any, send: Any) -> None:
    """The whole application."""
    await send(_START)
    await send(_REST)


async def serve() -> None:
    """With the settings that Taskyard gives the same server."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=2_048)
    print(listening.getsockname()[1], flush=True)
    config = uvicorn.Config(
        answer,
        http="httptools",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
    )
    await uvicorn.Server(config).serve([listening])


if __name__ == "__main__":
    uvloop.run(serve())
