"""A server whose database no other server can share."""

import logging

import pytest

from taskyard.server.app import running
from taskyard.server.config import Config

from .caller import SID, TOKEN


@pytest.mark.parametrize(("node_url", "warned"), [("http://10.0.0.5:8080", True), (None, False)])
async def test_an_address_for_other_nodes_is_said_to_have_no_effect(
    caplog: pytest.LogCaptureFixture, node_url: str | None, warned: bool
) -> None:
    config = Config(
        database="memory://", port=0, account_sid=SID, auth_token=TOKEN, node_url=node_url
    )
    with caplog.at_level(logging.WARNING):
        async with running(config):
            pass
    assert ("--node-url has no effect" in caplog.text) is warned
