"""Envelopes: a REST request as a browser posts it, whole, inside one JSON object.

Source: TaskRouter event bridge, requests of the two published browser clients.
"""

import re
from collections.abc import Mapping
from urllib.parse import unquote_to_bytes

import msgspec

from taskyard.core.errors import Invalid
from taskyard.server.api.forms import MAX_FIELDS, Fields, parse
from taskyard.server.api.problems import Problem, not_found, url_too_long
from taskyard.server.bounded_protocol import URL_BYTES_MAX

Values = dict[str, list[str]]

_ROOT = "/v1"
_AUTHORITY = re.compile(r"https?://[^/?#]*", re.IGNORECASE)
_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f\\]")


class Envelope(msgspec.Struct, gc=False):
    """One request.

    Attributes:
        url: Absolute, of whatever host, or relative to `/v1/`; it may have a query.
        method: As in HTTP.
        token: Who asks.
        params: Query of a GET, form of a POST; each value as the JSON that it came in.
        event_type: Given back with a successful answer.
    """

    url: str
    method: str
    token: str
    params: dict[str, msgspec.Raw] | None = None
    event_type: str | None = None


_envelope = msgspec.json.Decoder(Envelope)
_text = msgspec.json.Decoder(str)
_list = msgspec.json.Decoder(list[msgspec.Raw])


def read_envelope(body: bytes) -> Envelope:
    """Take a message apart.

    Raises:
        Invalid: It is no JSON object with `url`, `method` and `token`, which are texts.
    """
    try:
        # Decoded first, so that what is left as it came is known to be text too.
        return _envelope.decode(body.decode())
    except UnicodeDecodeError:
        raise Invalid("the message is not JSON: it is not valid UTF-8") from None
    except msgspec.ValidationError as error:
        raise Invalid(
            "the message must be an object with url, method and token, and perhaps params and"
            f" event_type: {error}"
        ) from None
    except msgspec.DecodeError as error:
        raise Invalid(f"the message is not JSON: {error}") from None
    except RecursionError:
        raise Invalid("the message is nested too deeply") from None


def target_of(url: str) -> tuple[str, Values]:
    """Where an envelope leads.

    Args:
        url: That of the envelope. Its host takes no part, nor does a slash at the end.

    Returns:
        What follows `/v1` in the path, decoded; and the values of the query.

    Raises:
        Invalid: It is no such address, or would leave its own path.
        Problem: 404 for what is not under `/v1`, 414 for what REST would not take either.
    """
    if len(url.encode()) > URL_BYTES_MAX:
        raise url_too_long(URL_BYTES_MAX)
    address, _, query = url.partition("#")[0].partition("?")
    host = _AUTHORITY.match(address)
    if host is not None:
        path = address[host.end() :]
    elif "://" in address or address.startswith("//"):
        raise Invalid(f"url must be an http:// or https:// address, not '{_short(url)}'")
    else:
        path = address if address.startswith("/") else f"{_ROOT}/{address.removeprefix('v1/')}"
    path = _decoded(path, url)
    if _UNPRINTABLE.search(path) is not None:
        raise Invalid(f"url has a character that no address has: '{_short(url)}'")
    segments = path.split("/")
    if ".." in segments or "." in segments:
        raise Invalid(f"url must not lead back with '.' or '..': '{_short(url)}'")
    if not path.startswith(f"{_ROOT}/"):
        raise Problem(404, 20404, f"url must lead to something under /v1/, not to {_short(path)}")
    path = path.removesuffix("/")[len(_ROOT) :]
    if not path:
        raise not_found("/")
    return path, parse(query.encode(), keep_empty=False).values if query else {}


def values_of(params: Mapping[str, msgspec.Raw]) -> Values:
    """The parameters as a query or form would have them.

    Objects become JSON text, as they came; numbers and truth values their text; lists a repeated
    key; what is null was not given.

    Raises:
        Invalid: There are more than `MAX_FIELDS`, or a text has a NUL character in it.
    """
    values: Values = {}
    count = 0
    for name, raw in params.items():
        texts = _texts(name, raw)
        count += len(texts)
        if texts:
            values[name] = texts
    if count > MAX_FIELDS:
        raise Invalid(f"params may have at most {MAX_FIELDS} values")
    return values


def fields_of(values: Values, *, keep_empty: bool) -> Fields:
    """The same for handlers; an empty value may count as not given."""
    if keep_empty:
        return Fields(values)
    filled = {name: [one for one in several if one] for name, several in values.items()}
    return Fields({name: several for name, several in filled.items() if several})


def _texts(name: str, raw: msgspec.Raw) -> list[str]:
    encoded = bytes(raw)
    match encoded[:1]:
        case b'"':
            text = _text.decode(encoded)
        case b"n":
            return []
        case b"[":
            items = _list.decode(encoded)
            if all(bytes(one)[:1] not in (b"{", b"[") for one in items):
                return [text for one in items for text in _texts(name, one)]
            text = encoded.decode()
        case _:
            text = encoded.decode()
    if "\0" in text or "\0" in name:  # it would end the text early for whoever reads it in C
        raise Invalid(f"{name} has a NUL character in it".replace("\0", "\\0"))
    return [text]


def _decoded(path: str, url: str) -> str:
    if "%" not in path:
        return path
    try:
        return unquote_to_bytes(path).decode()
    except UnicodeDecodeError:
        raise Invalid(f"url is not valid UTF-8: '{_short(url)}'") from None


def _short(text: str) -> str:
    if not text.isprintable():  # a message is one line
        text = text.encode("unicode_escape").decode()
    return text if len(text) <= 200 else f"{text[:197]}..."
