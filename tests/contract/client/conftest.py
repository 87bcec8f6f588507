from collections.abc import AsyncIterator, Iterator

import pytest

from .faces import Face
from .wire import WK, WQ, Wire, page, task_queue, worker


@pytest.fixture
def wire() -> Iterator[Wire]:
    wire = Wire()
    wire.answer("GET", f"/TaskQueues/{WQ}", task_queue())
    wire.answer("GET", f"/Workers/{WK}", worker())
    wire.answer("GET", f"/Workers/{WK}/Reservations", page("reservations", []))
    with wire.running():
        yield wire


@pytest.fixture(params=["sync", "aio"])
async def face(request: pytest.FixtureRequest, wire: Wire) -> AsyncIterator[Face]:
    face = Face(request.param, wire.url)
    yield face
    await face.close()
