"""The one place where a client's token is kept, and read when a request is made."""

import asyncio
import time

from taskyard.client.claims import read_claims
from taskyard.client.errors import TokenProblem

WARNING_S = 5.0
# The wall clock is looked at again after this long: it may have been set, or the machine asleep.
LONGEST_SLEEP_S = 600.0


class HeldToken:
    """A token that can be replaced. Its text is in no repr and in no message."""

    def __init__(self, text: str) -> None:
        self.claims = read_claims(text)
        self._text = text
        self._renewed = asyncio.Event()

    def __repr__(self) -> str:
        return f"<token for {self.claims.channel}>"

    @property
    def text(self) -> str:
        """What the wire wants. Never log it."""
        return self._text

    @property
    def is_expired(self) -> bool:
        """Whether its end has passed, by this machine's clock."""
        return self.claims.expires_s is not None and time.time() >= self.claims.expires_s

    def renew(self, text: str) -> None:
        """Take another token for the same account, workspace and channel.

        Raises:
            TokenProblem: It is no token, or one for somebody else. The old one stays.
        """
        claims = read_claims(text)
        for name in ("account_sid", "workspace_sid", "channel"):
            was, would_be = getattr(self.claims, name), getattr(claims, name)
            if was != would_be:
                raise TokenProblem(f"the new token's {name} is {would_be}, but was {was}")
        self.claims = claims
        self._text = text
        self._renewed.set()
        self._renewed = asyncio.Event()  # whoever waited has the old one, and goes on

    async def renewed(self, within_s: float | None = None) -> bool:
        """Wait for a renewal; False if there was none in time."""
        try:
            await asyncio.wait_for(self._renewed.wait(), within_s)
        except TimeoutError:
            return False
        return True

    async def near_its_end(self) -> None:
        """Wait until 5 s before its end, whatever renewals there are; for ever if it has none."""
        while True:
            end_s = self.claims.expires_s
            left_s = LONGEST_SLEEP_S if end_s is None else end_s - WARNING_S - time.time()
            if left_s <= 0:
                return
            await self.renewed(min(left_s, LONGEST_SLEEP_S))


def token_for(prefix: str, token: str) -> HeldToken:
    """A token whose channel has the prefix that the client needs.

    Raises:
        TokenProblem: It is no token, or one for another kind of client.
    """
    held = HeldToken(token)
    if not held.claims.channel.startswith(prefix):
        raise TokenProblem(
            f"the token's channel is {held.claims.channel}: expected one that begins with {prefix}"
        )
    return held
