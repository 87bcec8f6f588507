"""Where callbacks may not go: to what a cloud tells only the machine itself.

Looked at after the name was resolved and right before the connection, so that no name can hide it.
Loopback and private networks are allowed: receivers live there.
"""

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

_REFUSED = tuple(
    ip_network(one)
    for one in (
        "169.254.0.0/16",  # link-local, and the metadata of most clouds
        "fe80::/10",
        "fd00:ec2::/32",
        "fd20:ce::/32",
        "100.100.100.200/32",
        "168.63.129.16/32",
        "192.0.0.192/32",
    )
)
_IPV4_WITHIN = tuple(ip_network(one) for one in ("64:ff9b::/96", "::/96"))
"""Addresses of a newer kind whose last four bytes are one of the older: a gateway leads there."""


class DestinationRefused(OSError):
    """Nothing was sent; the message says where to."""


def check(host: str) -> None:
    """See that an address, if it is one and no name, is one that callbacks may go to.

    Raises:
        DestinationRefused: It is not.
    """
    try:
        address: IPv4Address | IPv6Address = ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return
    if isinstance(address, IPv6Address):
        address = _ipv4_within(address) or address
    if any(address in network for network in _REFUSED if network.version == address.version):
        raise DestinationRefused(f"callbacks may not go to {address}")


def _ipv4_within(address: IPv6Address) -> IPv4Address | None:
    if any(address in network for network in _IPV4_WITHIN):
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour


class CheckedResolver(AbstractResolver):
    """Resolves names, and lets through only addresses that callbacks may go to."""

    def __init__(self, resolver: AbstractResolver | None = None) -> None:
        """Ask the system, or the resolver that is given."""
        self._resolver = resolver or ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of a name.

        Raises:
            DestinationRefused: One of them is refused.
            OSError: The name cannot be resolved.
        """
        found = await self._resolver.resolve(host, port, family)
        for one in found:
            check(one["host"])
        return found

    async def close(self) -> None:
        """Let go of the resolver."""
        await self._resolver.close()
