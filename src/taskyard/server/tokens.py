"""Signed tokens, verified: capability tokens of the first SDK and access tokens of the second.

Both are JSON web tokens signed with a shared secret. A capability token is signed with the
account's auth token and carries URL policies; an access token is signed with an API key and carries
a role. Neither can be taken back but by changing the secret.
"""

from collections.abc import Callable

from taskyard.engine.credentials import Credentials

from . import access_claims, capability_claims
from .access_claims import access_bearer, refused
from .bearers import Bearer, may_connect, may_post, permits
from .capability_claims import capability_bearer, expired, forbidden
from .signed_tokens import SignedToken, take_apart

__all__ = ["Bearer", "Tokens", "may_connect", "may_post", "permits"]

_KEPT_TOKENS = 4_096


class Tokens:
    """Tells whom tokens speak for.

    A token that was verified is remembered, so that a caller who shows it with every request pays
    for it once. What was refused is never remembered: nobody can fill the memory from outside.
    """

    def __init__(
        self,
        credentials: Credentials,
        clock: Callable[[], int],
        *,
        strict: bool = False,
    ) -> None:
        """Verify what the credentials' secrets have signed; forget it when one of them changes.

        Args:
            credentials: The account and its API keys.
            clock: The instant, in milliseconds since the Unix epoch.
            strict: Capability tokens open only what their policies say: see `compile_policies`.
        """
        self._credentials = credentials
        self._clock = clock
        self._strict = strict
        self._verified: dict[str, Bearer] = {}
        credentials.subscribe(self.forget)

    async def verify(self, token: str) -> Bearer:
        """Whom a token speaks for, if it is genuine and holds now.

        Raises:
            Problem: 400 for what is no token; for a capability token 401 outside its time and 403
                for whatever else is wrong; for an access token 401 with one of the codes 201xx.
            StoreError: The secrets cannot be read now.
        """
        bearer = self._verified.get(token)
        if bearer is None:
            bearer = await self._read(token)
        elif bearer.expires_ms <= self._clock():
            self._verified.pop(token, None)
            raise expired() if bearer.kind == "capability" else access_claims.expired()
        return bearer

    def forget(self) -> None:
        """Verify every token anew: a secret has changed."""
        self._verified.clear()

    async def _read(self, token: str) -> Bearer:
        parts = take_apart(token)
        is_access = _is_access_token(parts)
        algorithms = access_claims.ALGORITHMS if is_access else capability_claims.ALGORITHMS
        if parts.header.alg not in algorithms:
            message = f"a token must be signed with {' or '.join(algorithms)}"
            raise refused(20102, message) if is_access else forbidden(message)
        if is_access and not parts.issuer.startswith("SK"):
            raise _unknown_issuer()
        if not self._is_signed(parts):
            await self._credentials.look_again()
            if not self._is_signed(parts):
                raise self._unsigned(parts, is_access)
        # Nothing is awaited from the last look on: what is forgotten meanwhile stays forgotten.
        account_sid, now_ms = self._credentials.account.sid, self._clock()
        if is_access:
            bearer = access_bearer(parts.claims, account_sid, now_ms)
        else:
            bearer = capability_bearer(parts.claims, now_ms, strict=self._strict)
        if len(self._verified) >= _KEPT_TOKENS:
            del self._verified[next(iter(self._verified))]
        self._verified[token] = bearer
        return bearer

    def _is_signed(self, parts: SignedToken) -> bool:
        return parts.is_signed_with(self._credentials.secrets_of(parts.issuer))

    def _unsigned(self, parts: SignedToken, is_access: bool) -> Exception:
        if not is_access:
            return forbidden("no auth token of its account makes its signature")
        if self._credentials.secrets_of(parts.issuer):
            return refused(20107, "the access token's signature is not that of its API key")
        return _unknown_issuer()


def _is_access_token(parts: SignedToken) -> bool:
    content_type = parts.header.cty or ""
    return content_type.startswith(access_claims.CONTENT_TYPE) or parts.issuer.startswith("SK")


def _unknown_issuer() -> Exception:
    return refused(20103, "the access token's issuer is not an API key of this server")
