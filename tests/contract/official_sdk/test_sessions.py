"""Connections that end, and come back."""

from contextlib import closing

from contract.api.caller import SID, TOKEN
from contract.official_client.conftest import client_of

from .conftest import Play
from .players import Office, Players
from .service import Service

# The package says that a token has expired five seconds before it does.
SHORT_S = 7


def test_a_worker_outlives_its_token_with_another(office: Office, play: Play) -> None:
    sid = office.hire("alice")
    office.tokens["short"] = office.token(sid, ttl=SHORT_S)
    assert play("outlives_its_token") == [
        ["alice tokenExpired", None],
        ["alice tokenUpdated", None],
        ["alice accepted", ["accepted", "assigned"]],
    ]


def test_a_worker_comes_back_after_the_server_has_restarted(
    own_service: Service, players: Players
) -> None:
    client = client_of(own_service.url, SID, TOKEN)
    with closing(client.http_client.session):
        office = Office(own_service.url, client)
        office.hire("alice")
        office.centre.task()

    def restart() -> None:
        own_service.stop()
        own_service.start()

    told = players.play("is_there_while_the_server_restarts", office.given(), restart=restart)
    assert told == [["gone"], ["back", 1], ["alice accepted", ["accepted", "assigned"]]]


def test_a_session_that_was_closed_comes_back_and_closes_nobody(office: Office, play: Play) -> None:
    office.hire("alice")
    told = play("sits_at_two_desks")
    assert told[:2] == [["first disconnected", None], ["first ready", None]]
    assert sorted(told[2:]) == [
        ["first attributesUpdated", {"desks": 2}],
        ["second attributesUpdated", {"desks": 2}],
    ]


def test_a_worker_is_offline_after_its_last_session_if_it_asked_for_that(
    office: Office, play: Play
) -> None:
    office.hire("alice")
    assert play("goes_offline_with_its_last_session") == [
        ["there", "Available"],
        ["gone", "Offline"],
    ]


def test_a_stale_version_changes_nothing(office: Office, play: Play) -> None:
    office.hire("alice")
    told = play("checks_versions")
    stale = [one for one in told if one[0].startswith("stale")]
    assert [what for what, _ in stale] == ["stale worker", "stale reservation", "stale task"]
    for _, message in stale:
        assert message.startswith("Request failed with status code 412. ")
    frames = ("alice attributesUpdated", "alice's task updated")
    assert [one for one in told if one not in stale and one[0] not in frames] == [
        ["current", {"level": 2}],
        ["unchanged", {"level": 2}],
        ["alice accepted", ["accepted", "assigned"]],
        ["in step", {"level": 4}],
    ]
