"""JSON web tokens as they arrive: bounded, taken apart, and compared with a secret."""

import base64
import hmac
from collections.abc import Iterable

import jwt
import msgspec
from jwt.algorithms import HMACAlgorithm

from .api.problems import Problem

TOKEN_BYTES_MAX = 16_384
"""Some 60 policies; a longer token is refused before anything in it is looked at."""

_ALGORITHMS = {
    "HS256": HMACAlgorithm(HMACAlgorithm.SHA256),
    "HS384": HMACAlgorithm(HMACAlgorithm.SHA384),
    "HS512": HMACAlgorithm(HMACAlgorithm.SHA512),
}
_NO_ALGORITHM = "none"
_JWS = jwt.PyJWS(algorithms=[*_ALGORITHMS])


class Header(msgspec.Struct, frozen=True):
    """What stands before the claims; the rest of it is of no interest."""

    alg: str = _NO_ALGORITHM
    cty: str | None = None


class Issuer(msgspec.Struct, frozen=True):
    """The one claim that is needed before the signature can be looked at."""

    iss: str = ""


class SignedToken(msgspec.Struct, frozen=True):
    """A token's parts. Nothing in them is true before a secret was found that signs them."""

    header: Header
    issuer: str
    claims: bytes
    """JSON."""
    signed: bytes
    signature: bytes
    """As it stands in the token, encoded: there is one way to write it."""

    def is_signed_with(self, secrets: Iterable[str]) -> bool:
        """Whether one of the secrets makes this signature, by the algorithm that the header names.

        Raises:
            KeyError: That is none of those that we know.
        """
        algorithm = _ALGORITHMS[self.header.alg]
        return any(
            hmac.compare_digest(self.signature, _encoded(algorithm.sign(self.signed, one.encode())))
            for one in secrets
        )


def take_apart(token: str) -> SignedToken:
    """Take a token apart, and believe nothing of it.

    Raises:
        Problem: 400: it is too large, or not a JSON web token.
    """
    if len(token) > TOKEN_BYTES_MAX:
        raise Problem(400, 20001, f"the token may have at most {TOKEN_BYTES_MAX} bytes")
    if not token.isascii():
        raise _unreadable()
    signed, _, signature = token.rpartition(".")
    try:
        # Not with its signature: one that is misspelt is a wrong one, and not an odd token.
        parts = _JWS.decode_complete(signed + ".", options={"verify_signature": False})
        header = msgspec.convert(parts["header"], Header)
        issuer = msgspec.json.decode(parts["payload"], type=Issuer).iss
    # Deep nesting ends in a RecursionError.
    except (jwt.PyJWTError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _unreadable() from error
    return SignedToken(header, issuer, parts["payload"], signed.encode(), signature.encode())


def _encoded(signature: bytes) -> bytes:
    return base64.urlsafe_b64encode(signature).rstrip(b"=")


def _unreadable() -> Problem:
    return Problem(400, 20001, "the token is not a JSON web token")
