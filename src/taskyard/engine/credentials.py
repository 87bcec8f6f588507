"""The account and its API keys: who may call, as the store and the settings say.

Another process may change what the store keeps, such as `taskyard account rotate` beside a running
server. So the store is looked at again every few seconds, which is when an old secret stops
working; and at once for credentials that fit nothing known, which is when a new one begins to.
"""

import asyncio
import logging
from collections.abc import Callable

from taskyard.stores import Account, ApiKey, Store, StoreError

LOOK_EVERY_S = 2.0
"""For so long at most an old secret goes on working."""
LOOKS_APART_S = 0.25
"""Wrong credentials cost the store no more than a look in so long, however many come."""

logger = logging.getLogger(__name__)


class Credentials:
    """One account, its secret, and the API keys beside it."""

    def __init__(
        self,
        store: Store,
        clock: Callable[[], int],
        random_bytes: Callable[[int], bytes],
        look_every_s: float = LOOK_EVERY_S,
    ) -> None:
        """Nothing is read yet: call `open`.

        Args:
            store: Opened and closed by the caller.
            clock: The instant, in milliseconds since the Unix epoch.
            random_bytes: Gives so many unpredictable bytes, for example `os.urandom`.
            look_every_s: Seconds from one look at the store to the next.
        """
        self._store = store
        self._clock = clock
        self._random_bytes = random_bytes
        self._look_every_s = look_every_s
        self._account: Account | None = None
        self._account_is_given = False
        self._kept_keys: dict[str, ApiKey] = {}
        self._given_keys: dict[str, str] = {}
        self._secondary_tokens: tuple[str, ...] = ()
        self._listeners: list[Callable[[], None]] = []
        self._next_look: asyncio.Task[None] | None = None
        self._looked_s = float("-inf")

    async def open(self, account_sid: str | None = None, auth_token: str | None = None) -> bool:
        """Find out which account it is.

        Args:
            account_sid: The account. Without it, the one in the store, or else a new one that is
                kept there.
            auth_token: Given with the account, and kept nowhere.

        Returns:
            Whether the account was made just now, so that somebody must be told its secret.

        Raises:
            ValueError: Only one of the two arguments is given.
            StoreError: The store cannot be read or written.
        """
        made = False
        if account_sid is not None and auth_token is not None:
            self._account = Account(account_sid, auth_token)
            self._account_is_given = True
        elif account_sid is not None or auth_token is not None:
            raise ValueError("an account SID and its auth token are given together or not at all")
        elif accounts := await self._store.accounts():
            self._account = accounts[0]
        else:
            new = Account("AC" + self._random_bytes(16).hex(), self._random_bytes(16).hex())
            await self._store.keep_account(new)
            self._account = new
            made = True
        await self._read()
        return made

    @property
    def account(self) -> Account:
        """The account that is served."""
        assert self._account is not None, "the credentials are not open"
        return self._account

    def api_keys(self) -> list[ApiKey]:
        """The account's API keys that the store keeps, in order, as of the last look."""
        return list(self._kept_keys.values())

    def secrets_of(self, sid: str) -> tuple[str, ...]:
        """The secrets of the account's or an API key's SID, as of the last look."""
        if sid == self.account.sid:
            return (self.account.auth_token, *self._secondary_tokens)
        if sid in self._given_keys:
            return (self._given_keys[sid],)
        key = self._kept_keys.get(sid)
        return () if key is None else (key.secret,)

    def subscribe(self, listener: Callable[[], None]) -> None:
        """Have the listener called whenever a secret has changed or gone."""
        self._listeners.append(listener)

    def add_secondary_token(self, token: str) -> None:
        """Let the account in with one more token for as long as this process runs."""
        self._secondary_tokens = (*self._secondary_tokens, token)

    def add_api_key(self, sid: str, secret: str) -> None:
        """Let one more API key in for as long as this process runs: the settings hold it."""
        self._given_keys[sid] = secret

    async def make_api_key(self) -> ApiKey:
        """Make an API key and keep it in the store.

        Raises:
            StoreError: The store cannot be written.
        """
        key = ApiKey(
            sid="SK" + self._random_bytes(16).hex(),
            account_sid=self.account.sid,
            secret=self._random_bytes(16).hex(),
            created_ms=self._clock(),
        )
        await self._store.keep_api_key(key)
        await self._read()
        return key

    async def delete_api_key(self, sid: str) -> bool:
        """Have the store forget an API key of the account.

        Returns:
            Whether it kept one.

        Raises:
            StoreError: The store cannot be read or written.
        """
        await self._read()
        if sid not in self._kept_keys:
            return False
        await self._store.delete_api_key(sid)
        await self._read()
        return True

    async def rotate(self) -> None:
        """Give the account a new auth token. The old one opens nothing from now on.

        Raises:
            ValueError: The account comes from the settings, which nobody but their owner changes.
            StoreError: The store cannot be written.
        """
        if self._account_is_given:
            raise ValueError(f"account {self.account.sid} is not kept in the store")
        await self._store.keep_account(Account(self.account.sid, self._random_bytes(16).hex()))
        await self._read()

    async def look_again(self) -> None:
        """Look at the store, in one look with all who ask for one meanwhile.

        It begins after the call, so it shows whatever was kept before.

        Raises:
            StoreError: The store cannot be read.
        """
        if self._next_look is None:
            self._next_look = asyncio.get_running_loop().create_task(self._look_when_due())
        # One who gives up waiting does not take the look away from the others.
        await asyncio.shield(self._next_look)

    async def keep_looking(self) -> None:
        """Look at the store every few seconds, until cancelled."""
        fails = False
        while True:
            await asyncio.sleep(self._look_every_s)
            try:
                await self.look_again()
                fails = False
            except StoreError as error:
                if not fails:  # once is enough, until it works again
                    logger.warning("cannot see whether credentials have changed: %s", error)
                fails = True

    async def close(self) -> None:
        """End the look that somebody may still wait for. The store stays open."""
        if self._next_look is not None:
            self._next_look.cancel()
            await asyncio.gather(self._next_look, return_exceptions=True)

    async def _look_when_due(self) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(max(0.0, self._looked_s + LOOKS_APART_S - loop.time()))
        self._next_look = None  # who asks from here on wants a later one
        self._looked_s = loop.time()
        await self._read()

    async def _read(self) -> None:
        accounts = {account.sid: account for account in await self._store.accounts()}
        keys = {
            key.sid: key
            for key in await self._store.api_keys()
            if key.account_sid == self.account.sid
        }
        before, keys_before = self.account, self._kept_keys
        if not self._account_is_given:
            self._account = accounts.get(before.sid, before)
        self._kept_keys = keys
        if self.account != before:
            logger.info("the auth token has changed", extra={"account_sid": before.sid})
        for sid in keys_before.keys() - keys.keys():
            logger.info("an API key is gone", extra={"api_key_sid": sid})
        if self.account != before or any(keys.get(sid) != key for sid, key in keys_before.items()):
            for tell in self._listeners:
                tell()
