"""What a proxy on this machine says of its callers holds."""

from .caller import Caller, Centre


async def test_links_lead_back_by_the_scheme_that_the_proxy_was_called_with(
    caller: Caller,
) -> None:
    plain = (await caller.get("/Workspaces")).json["meta"]["url"]
    behind = (await caller.get("/Workspaces", **{"X-Forwarded-Proto": "https"})).json["meta"]["url"]
    assert plain.startswith("http://")
    assert behind == plain.replace("http://", "https://", 1)


async def test_an_event_names_the_address_that_the_proxy_was_called_from(
    caller: Caller, centre: Centre
) -> None:
    path = f"{centre.path}/Workers/{(await centre.worker('Ann', 'Offline'))['sid']}"
    await caller.post(path, {"Attributes": '{"a":1}'}, X_Forwarded_For="203.0.113.9")
    events = await caller.get(f"{centre.path}/Events?EventType=worker.attributes.update")
    assert [one["source_ip_address"] for one in events.json["events"]] == ["203.0.113.9"]
