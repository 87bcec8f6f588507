import base64

import pytest

from taskyard.server.auth import Gate

SID, TOKEN = "AC" + "0f" * 16, "a" * 32


class Keys:
    """The secrets by SID, and how often somebody asked for one."""

    def __init__(self) -> None:
        self.secrets: dict[str, tuple[str, ...]] = {
            SID: (TOKEN, "b" * 32),
            "SK1": ("päss:word",),
        }
        self.asked = self.looks = 0
        self.kept_meanwhile: dict[str, tuple[str, ...]] = {}

    def secrets_of(self, sid: str) -> tuple[str, ...]:
        self.asked += 1
        return self.secrets.get(sid, ())

    async def look_again(self) -> None:
        self.looks += 1
        self.secrets |= self.kept_meanwhile


@pytest.fixture
def keys() -> Keys:
    return Keys()


@pytest.fixture
def gate(keys: Keys) -> Gate:
    return Gate(keys.secrets_of, keys.look_again)


def basic(sid: str, secret: str, scheme: str = "Basic") -> bytes:
    return f"{scheme} ".encode() + base64.b64encode(f"{sid}:{secret}".encode())


async def test_the_account_and_its_keys_are_let_in(gate: Gate) -> None:
    assert await gate.admits(basic(SID, TOKEN))
    assert await gate.admits(basic("SK1", "päss:word"))
    assert await gate.admits(basic(SID, TOKEN, scheme="bAsIc"))


async def test_while_a_secret_is_being_replaced_both_are_good(gate: Gate, keys: Keys) -> None:
    assert await gate.admits(basic(SID, "b" * 32))
    assert await gate.admits(basic(SID, TOKEN))
    keys.secrets[SID] = ("b" * 32,)
    gate.forget()
    assert await gate.admits(basic(SID, "b" * 32))
    assert not await gate.admits(basic(SID, TOKEN))


@pytest.mark.parametrize(
    "header",
    [
        None,
        b"",
        b"Basic",
        b"Basic !!!",
        b"Basic " + base64.b64encode(SID.encode()),
        b"Bearer " + base64.b64encode(f"{SID}:{TOKEN}".encode()),
        basic(SID, ""),
        basic(SID, TOKEN + "a"),
        basic(SID, TOKEN[:-1]),
        basic("", ""),
        basic("AC1", TOKEN),
        basic("SK1", TOKEN),
        basic("unknown", "\x00" * 32),
        b"Basic " + base64.b64encode(b"\xff\xfe:\xff"),
    ],
)
async def test_everybody_else_is_not(gate: Gate, header: bytes | None) -> None:
    assert not await gate.admits(header)
    assert not gate.knows(header)


async def test_who_has_passed_is_known_without_another_look_up(gate: Gate, keys: Keys) -> None:
    header = basic(SID, TOKEN)
    assert not gate.knows(header)
    assert await gate.admits(header)
    assert await gate.admits(header)
    assert gate.knows(header)
    assert keys.asked == 1


async def test_what_has_not_passed_is_looked_up_every_time(gate: Gate, keys: Keys) -> None:
    header = basic(SID, "wrong")
    assert not await gate.admits(header)
    assert not await gate.admits(header)
    assert keys.looks == 2


async def test_a_secret_that_is_not_known_yet_is_looked_for_once_more(
    gate: Gate, keys: Keys
) -> None:
    keys.kept_meanwhile = {"SK2": ("new",), SID: ("rotated",)}
    assert await gate.admits(basic("SK2", "new"))
    assert await gate.admits(basic(SID, "rotated"))
    assert keys.looks == 1


async def test_who_is_known_costs_no_look(gate: Gate, keys: Keys) -> None:
    assert await gate.admits(basic(SID, TOKEN))
    assert keys.looks == 0


async def test_after_forgetting_everybody_proves_themselves_again(gate: Gate, keys: Keys) -> None:
    assert await gate.admits(basic(SID, TOKEN))
    keys.secrets[SID] = ("other",)
    gate.forget()
    assert not await gate.admits(basic(SID, TOKEN))
