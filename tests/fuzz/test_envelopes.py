"""Odd envelopes in both dialects: no fault, always JSON with a message, and nobody else notices.

TASKYARD_FUZZ_EXAMPLES says how many; they are the same in every run.
"""

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st

from taskyard.client.tokens import AccessToken, WorkerCapability
from taskyard.server.bridge.routes import ROUTES_B

from .served import KEY, KEY_SECRET, SID, TOKEN, Furnished, served

EXAMPLES = 20 * int(os.environ.get("TASKYARD_FUZZ_EXAMPLES", "6"))
NAMES = ("ActivitySid", "AfterSid", "Attributes", "FriendlyName", "Instruction", "NextToken")
NAMES += ("Ordering", "PageSize", "Priority", "ReservationSid", "ReservationStatus", "TaskSid")
NAMES += ("AssignmentStatus", "Configuration", "TargetWorkers", "Timeout", "To", "WorkflowSid")

numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | numbers | st.text()
values = st.recursive(
    scalars | st.sampled_from(["pending", "accepted", "completed", "1==1", "WARM", "10"]),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
odd_urls = st.text() | st.text("/.%2eEfF?&=#:@\\ v1", max_size=30)
tails = st.sampled_from(["", "/", "//", "/..", "/%2e%2e", "%2f", "?PageSize=x", "?%ff", "#", "\0"])
templates = st.sampled_from(sorted(ROUTES_B))
hosts = st.sampled_from(["", "/v1/", "https://elsewhere.invalid/v1/", "v1/", "ftp://x/v1/"])
methods = st.sampled_from(["GET", "POST", "DELETE"]) | st.text(max_size=8)


ways = st.sampled_from(["whole"] * 6 + ["cut", "swapped"]) | values  # of showing a token


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with served() as address:
        yield address


@pytest.mark.parametrize("dialect", ["a", "b"])
def test_no_envelope_makes_a_fault_or_is_refused_without_a_word(url: str, dialect: str) -> None:
    centre = Furnished(url)
    workspace_sid, worker_sid = (centre.parents[name] for name in ("WorkspaceSid", "WorkerSid"))
    capability = WorkerCapability(SID, TOKEN, workspace_sid, worker_sid)
    for method in ("GET", "POST"):
        capability.allow(f"https://x.invalid/v1/Workspaces/{workspace_sid}/**", method)
    access = AccessToken(SID, KEY, KEY_SECRET, workspace_sid, worker_sid, role="admin")
    tokens = {"a": capability.to_jwt(), "b": access.to_jwt()}
    address = f"{url}/v1/wschannels" + (f"/{SID}/{worker_sid}" if dialect == "a" else "")
    session = requests.Session()

    def carried(way: Any) -> Any:
        whole = tokens[dialect]
        if way == "cut":
            return whole[:-3]
        return {"whole": whole, "swapped": tokens["a" if dialect == "b" else "b"]}.get(
            way if isinstance(way, str) else "", way
        )

    @seeded(1)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(
        template=templates,
        around=st.tuples(hosts, tails),
        odd_url=st.none() | st.none() | odd_urls | values,
        method=methods | methods | values,
        params=st.dictionaries(st.sampled_from(NAMES) | st.text(), values) | values,
        event_type=st.none() | st.text() | values,
        way=ways,
    )
    def post(
        template: str,
        around: tuple[str, str],
        odd_url: Any,
        method: Any,
        params: Any,
        event_type: Any,
        way: Any,
    ) -> None:
        path = template.format(**centre.path_parameters(template))
        if method == "DELETE":
            path += "0"  # what the others are about has to stay
        envelope = {
            "url": around[0] + path.removeprefix("/") + around[1] if odd_url is None else odd_url,
            "method": method,
            "params": params,
            "event_type": event_type,
            "token": carried(way),
        }
        answer = session.post(address, data=json.dumps(envelope).encode())
        assert answer.status_code < 500, (envelope, answer.text)
        body = answer.json()
        if answer.status_code == 200:
            assert "payload" in body
        else:
            assert body["message"]
            assert body["status"] == answer.status_code
            assert answer.reason
        seen.add(answer.status_code)

    seen: set[int] = set()
    try:
        post()
        assert {200, 400, 404} <= seen  # the envelopes are not all odd in the same way
        healthy = {"url": f"/v1/Workspaces/{workspace_sid}/Workers/{worker_sid}", "method": "GET"}
        answer = session.post(address, json={**healthy, "token": tokens[dialect]})
        assert answer.json()["payload"]["sid"] == worker_sid
    finally:
        session.close()
        centre.close()
