"""The official npm package `twilio-taskrouter` in Node, and a server that it takes for its own."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from twilio.rest import Client

from contract.api.caller import SID, TOKEN
from contract.official_client.conftest import client_of

from .players import PACKAGES, Office, Players, Told
from .service import Service

Play = Callable[..., Told]


@pytest.fixture(scope="session")
def players() -> Iterator[Players]:
    package = PACKAGES / "twilio-taskrouter"
    assert package.is_dir(), (
        "the package is missing: run `make contract`, or scripts/web.py install"
    )
    with closing(Players()) as players:
        yield players


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    service = Service(tmp_path_factory.mktemp("service"))
    service.start()
    yield service
    service.stop()


@pytest.fixture
def own_service(tmp_path: Path) -> Iterator[Service]:
    """One that nobody else calls."""
    service = Service(tmp_path)
    service.start()
    yield service
    service.stop()


@pytest.fixture
def client(service: Service) -> Iterator[Client]:
    client = client_of(service.url, SID, TOKEN)
    yield client
    client.http_client.session.close()


@pytest.fixture
def office(service: Service, client: Client) -> Office:
    return Office(service.url, client)


@pytest.fixture
def play(players: Players, office: Office) -> Play:
    """Plays a story in the office."""

    def play(story: str, **more: Any) -> Told:
        return players.play(story, office.given(**more))

    return play
