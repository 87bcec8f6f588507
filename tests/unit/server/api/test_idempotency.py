import pytest

from taskyard.core.errors import Invalid
from taskyard.engine import KeyedRequest
from taskyard.server.api.idempotency import KEY_NAME, TOKEN_NAME, keyed_request


def keyed(
    *headers: tuple[bytes, bytes],
    method: str = "POST",
    path: str = "/Workspaces/WS1/Tasks",
    query: bytes = b"",
    body: bytes = b"",
) -> KeyedRequest:
    sent = headers or ((KEY_NAME, b"k"),)
    return keyed_request(sent, "AC1", method=method, path=path, query=query, body=body)


@pytest.mark.parametrize("name", [KEY_NAME, TOKEN_NAME])
@pytest.mark.parametrize("key", ["k", "~", "a key, with spaces", "x" * 255])
def test_a_key_is_printable_ascii_in_either_header(name: bytes, key: str) -> None:
    assert keyed((b"host", b"h"), (name, key.encode())).key == key


@pytest.mark.parametrize(
    "key", [b"", b" ", b"x" * 256, "\u00e9".encode(), b"\xff", b"a\tb", b"\x7f"]
)
def test_any_other_key_is_refused(key: bytes) -> None:
    with pytest.raises(Invalid, match="must be 1 to 255 printable ASCII characters"):
        keyed((KEY_NAME, key))


def test_both_headers_have_to_give_the_same_key() -> None:
    assert keyed((KEY_NAME, b"k"), (TOKEN_NAME, b" k")).key == "k"
    for other in (KEY_NAME, TOKEN_NAME):
        with pytest.raises(Invalid, match="give different keys"):
            keyed((KEY_NAME, b"k"), (other, b"other"))


def test_the_digest_tells_requests_apart_by_method_path_query_and_body() -> None:
    requests = [
        keyed(),
        keyed(method="PUT"),
        keyed(path="/Workspaces/WS2/Tasks"),
        keyed(path="/Workspaces/WS1/Task", query=b"s"),
        keyed(query=b"a=1"),
        keyed(body=b"a=1"),
        keyed(query=b"a", body=b"=1"),
    ]
    assert len({one.digest for one in requests}) == len(requests)
    assert keyed(body=b"a=1").digest == keyed((TOKEN_NAME, b"other"), body=b"a=1").digest
