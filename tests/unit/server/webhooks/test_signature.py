"""What we sign is what the published vectors and the official library expect."""

import json
from pathlib import Path
from typing import Any

import pytest
from twilio.request_validator import RequestValidator

from taskyard.server.webhooks.signature import signature

VECTORS = json.loads(Path(__file__).with_name("signatures.json").read_text())


@pytest.mark.parametrize("vector", VECTORS, ids=lambda one: str(one["source"]))
def test_the_published_vectors_come_out(vector: dict[str, Any]) -> None:
    made = signature(vector["url"], vector["params"], vector["auth_token"])
    assert made == vector["signature"]


def test_the_official_validator_accepts_it_with_or_without_a_port() -> None:
    for url in (
        "https://a.example/x?y=1&z=%20",
        "http://a.example:8080/",
        "https://a.example:443/",
    ):
        form = {"Sid": "EV1", "Attributes": '{"ä": "ö & 1+1=2"}', "a": "b"}
        made = signature(url, form, "secret")
        assert RequestValidator("secret").validate(url, form, made)
        assert not RequestValidator("other").validate(url, form, made)


def test_what_stands_behind_the_hash_is_not_signed() -> None:
    assert signature("http://a.example/x#rc=2", {}, "s") == signature("http://a.example/x", {}, "s")
