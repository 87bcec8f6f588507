"""The official validator accepts every callback that is sent, as a receiver would ask it."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from twilio.request_validator import RequestValidator

from taskyard.server.app import running
from taskyard.server.config import Config
from taskyard.server.webhooks.signature import signature

from .caller import SID, TOKEN, Caller, Centre, session_of
from .receiver import receiving
from .test_assignment_callbacks import asking, bad_status, saying

PLACES = [
    "/",
    "/hook?a=1&b=%20&b=2&empty=",
    "/caf%C3%A9/%E2%9C%93?name=Zo%C3%AB&plus=a+b",
    "/hook?q=1#rc=2&rp=5xx",
]
ODD = "Zoë & Søn = 100 % ✓ 🎧 +\t\"'"


@asynccontextmanager
async def serving(tmp_path: Path, adapter_url: str) -> AsyncIterator[Caller]:
    config = Config(
        database=f"sqlite:///{tmp_path}/taskyard.db",
        port=0,
        account_sid=SID,
        auth_token=TOKEN,
        voice_adapter_url=adapter_url,
    )
    async with running(config) as server, session_of(SID, TOKEN) as session:
        yield Caller(server.url, session)


@pytest.mark.parametrize("place", PLACES)
async def test_every_kind_of_callback_passes_the_official_validator(
    tmp_path: Path, place: str
) -> None:
    async with (
        receiving() as events,
        receiving() as first,
        receiving() as fallback,
        receiving() as adapter,
        serving(tmp_path, adapter.url + place) as caller,
    ):
        first.answer = bad_status
        fallback.answer = saying(
            instruction="call", to=ODD, **{"from": "+1"}, url="https://a.example/?x=ö"
        )
        centre = await Centre(caller).open(EventCallbackUrl=events.url + place)
        await asking(centre, first.url + place, fallback.url + place)
        attributes = json.dumps({"name": ODD}, ensure_ascii=False)
        await centre.worker(ODD, Attributes=attributes)
        await centre.task(Attributes=attributes)
        await adapter.until(lambda got: len(got) == 1)
        await events.until(lambda got: "reservation.created" in (form["EventType"] for form in got))
    configured = place.partition("#")[0]
    for receiver in (events, first, fallback, adapter):
        assert receiver.signed
        for asked, form, signed in receiver.signed:
            assert asked == configured
            assert RequestValidator(TOKEN).validate(receiver.url + configured, form, signed)
            assert not RequestValidator("x" * 32).validate(receiver.url + configured, form, signed)
    assert adapter.got[0]["CallTo"] == ODD.strip()
    assert any(form.get("WorkerName") == ODD for form in events.got)


def test_an_address_is_signed_as_it_is_written_with_a_usual_port_or_without() -> None:
    form = {"Körper": ODD}
    for url in ("https://a.example/x", "https://a.example:443/x", "http://a.example:80/x?y=1"):
        assert RequestValidator(TOKEN).validate(url, form, signature(url, form, TOKEN))
