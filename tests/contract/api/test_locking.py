"""ETag and If-Match."""

from .caller import Caller, Centre


async def etag_of(caller: Caller, path: str) -> str:
    return (await caller.get(path)).headers["ETag"]


async def test_the_version_rises_by_one_with_each_change(centre: Centre) -> None:
    caller, at = centre.caller, centre.path
    task = await centre.task()
    worker = await centre.worker("Ann", "Offline")
    for path, form in (
        (f"{at}/Tasks/{task['sid']}", "Attributes"),
        (f"{at}/Workers/{worker['sid']}", "Attributes"),
    ):
        assert await etag_of(caller, path) == '"0"'
        for version in (1, 2):
            reply = await caller.post(path, {form: f'{{"n":{version}}}'})
            assert reply.headers["ETag"] == f'"{version}"'
            assert await etag_of(caller, path) == f'"{version}"'
    for path in (
        f"{at}/Workflows/{centre.workflow['sid']}",
        f"{at}/TaskQueues/{centre.queue['sid']}",
    ):
        before = await etag_of(caller, path)
        await caller.change(path, FriendlyName="Renamed")
        assert int((await etag_of(caller, path)).strip('"')) == int(before.strip('"')) + 1


async def test_the_version_rises_by_one_however_much_one_update_changes(centre: Centre) -> None:
    caller, at = centre.caller, centre.path
    for status, reservation in (
        ("canceled", None),
        ("wrapping", "accepted"),
        ("completed", "accepted"),
    ):
        worker = await centre.worker(f"for {status}", "Available" if reservation else "Offline")
        task = await centre.task()
        path = f"{at}/Tasks/{task['sid']}"
        if reservation:
            (offer,) = (await caller.get(f"{path}/Reservations")).json["reservations"]
            offers = f"{at}/Workers/{offer['worker_sid']}/Reservations"
            await caller.change(f"{offers}/{offer['sid']}", ReservationStatus=reservation)
        before = int((await etag_of(caller, path)).strip('"'))
        both = {"AssignmentStatus": status, "Attributes": '{"a":1}', "Priority": "3"}
        assert (await caller.post(path, both)).headers["ETag"] == f'"{before + 1}"'
        path = f"{at}/Workers/{worker['sid']}"
        before = int((await etag_of(caller, path)).strip('"'))
        both = {"ActivitySid": centre.activities["Unavailable"], "Attributes": '{"a":1}'}
        assert (await caller.post(path, both)).headers["ETag"] == f'"{before + 1}"'


async def test_a_stale_version_changes_nothing(centre: Centre) -> None:
    caller, at = centre.caller, centre.path
    worker = await centre.worker("Ann", "Offline")
    paths = [
        f"{at}/Tasks/{(await centre.task())['sid']}",
        f"{at}/Workers/{worker['sid']}",
        f"{at}/Workflows/{centre.workflow['sid']}",
        f"{at}/TaskQueues/{centre.queue['sid']}",
    ]
    for path in paths:
        before = (await caller.get(path)).text
        form = {"FriendlyName": "x", "Attributes": '{"a":1}'}
        for stale in ('"7"', "7", 'W/"7"', "nonsense"):
            message = (await caller.post(path, form, If_Match=stale)).refused(412, 20412)
            assert message.startswith("Precondition Failed: ")
            (await caller.delete(path, If_Match=stale)).refused(412, 20412)
        assert (await caller.get(path)).text == before


async def test_the_current_version_may_be_written_in_every_way(centre: Centre) -> None:
    caller = centre.caller
    path = f"{centre.path}/Tasks/{(await centre.task())['sid']}"
    for version, spelling in enumerate(['"0"', "1", 'W/"2"', "*"]):
        reply = await caller.post(path, {"Attributes": f'{{"n":{version}}}'}, If_Match=spelling)
        reply.expect(200)
    assert (await caller.delete(path, If_Match='"4"')).status == 204


async def test_of_two_who_answer_an_offer_with_its_version_one_wins(centre: Centre) -> None:
    caller = centre.caller
    worker = await centre.worker("Ann")
    (offer,) = await centre.offers(await centre.task())
    path = f"{centre.path}/Workers/{worker['sid']}/Reservations/{offer['sid']}"
    version = await etag_of(caller, path)
    reply = await caller.post(path, {"ReservationStatus": "accepted"}, If_Match=version)
    assert reply.headers["ETag"] == '"1"'
    (await caller.post(path, {"ReservationStatus": "completed"}, If_Match=version)).refused(
        412, 20412
    )


async def test_lists_and_resources_without_versions_carry_no_etag(centre: Centre) -> None:
    caller, at = centre.caller, centre.path
    for path in (at, f"{at}/Tasks", f"{at}/Workers", f"{at}/Activities", f"{at}/TaskChannels"):
        assert "ETag" not in (await caller.get(path)).headers
