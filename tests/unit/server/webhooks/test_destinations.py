"""Callbacks do not go to what a cloud tells only the machine itself, whatever its name is."""

import asyncio
import socket
from ipaddress import ip_network

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from taskyard.server.webhooks import destinations
from taskyard.server.webhooks.destinations import CheckedResolver, DestinationRefused, check
from taskyard.server.webhooks.overrides import EVENTS
from taskyard.server.webhooks.sender import Sender

REFUSED = [
    "169.254.169.254",
    "169.254.0.1",
    "::ffff:169.254.169.254",
    "[::ffff:a9fe:a9fe]",
    "2002:a9fe:a9fe::1",
    "64:ff9b::a9fe:a9fe",
    "::169.254.169.254",
    "fd20:ce::254",
    "fe80::1%eth0",
    "fd00:ec2::254",
    "100.100.100.200",
]
ALLOWED = [
    "127.0.0.1",
    "::1",
    "10.0.0.7",
    "192.168.1.1",
    "203.0.113.7",
    "fd12::1",
    "64:ff9b::cb00:7107",
    "a.example",
]


class Names(AbstractResolver):
    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host=one, port=port, family=family, proto=0, flags=0)
            for one in self.addresses
        ]

    async def close(self) -> None:
        pass


@pytest.mark.parametrize("address", REFUSED)
def test_an_address_of_the_machine_itself_is_refused(address: str) -> None:
    with pytest.raises(DestinationRefused):
        check(address)


@pytest.mark.parametrize("address", ALLOWED)
def test_loopback_private_and_public_addresses_are_not(address: str) -> None:
    check(address)


async def test_a_name_that_leads_there_is_refused_whatever_else_it_leads_to() -> None:
    with pytest.raises(DestinationRefused, match=r"169\.254\.169\.254"):
        await CheckedResolver(Names("127.0.0.1", "169.254.169.254")).resolve("a.example", 80)
    (found,) = await CheckedResolver(Names("127.0.0.1")).resolve("a.example", 80)
    assert found["host"] == "127.0.0.1"


@pytest.mark.parametrize(
    "url",
    ["http://169.254.169.254/latest/", "http://[::ffff:169.254.169.254]/"],
)
async def test_nothing_is_sent_there(url: str) -> None:
    sender = Sender(lambda: "secret")
    reply = await sender.post(url, {}, EVENTS)
    await sender.close()
    assert reply.status is None
    assert reply.failure.startswith("callbacks may not go to")
    assert reply.attempts == 1


async def test_an_address_in_disguise_is_no_address() -> None:
    sender = Sender(lambda: "secret")
    reply = await sender.post("http://2852039166/", {}, EVENTS)
    await sender.close()
    assert reply.failure.startswith("its address cannot be used")
    assert reply.attempts == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_whoever_allows_it_has_such_an_address_called(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 204 OK\r\n\r\n")
        writer.close()

    # A real one may be answered by whatever machine this is.
    monkeypatch.setattr(destinations, "_REFUSED", (ip_network("127.0.0.0/8"), ip_network("::1")))
    listening = await asyncio.start_server(answer, "127.0.0.1", 0)
    url = f"http://{host}:{listening.sockets[0].getsockname()[1]}/"
    for allowed in (False, True):
        sender = Sender(lambda: "secret", to_link_local=allowed)
        reply = await sender.post(url, {}, EVENTS)
        await sender.close()
        assert (reply.status == 204) is allowed
        assert reply.failure.startswith("callbacks may not go to") is not allowed
    listening.close()
