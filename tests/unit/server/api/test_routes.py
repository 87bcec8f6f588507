import pytest

from taskyard.server.api import workers
from taskyard.server.api.routes import ROUTES, RouteTable

TABLE = RouteTable(ROUTES)


def test_every_route_is_found_by_its_own_template() -> None:
    for template, methods in ROUTES.items():
        found = TABLE.find(template)
        assert found is not None, template
        assert found[0] == {method: one.handler for method, one in methods.items()}
        assert all(f"{{{name[1:-1]}}}" in template for name in found[1])


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/workspaces",
        "/Workspaces/",
        "/Workspaces/WS1/",
        "/Workspaces//Tasks",
        "/Workspaces/WS1/Nothing",
        "/Workspaces/WS1/Tasks/WT1/Nothing",
        "/Workspaces/WS1/Activities/WA1/Reservations",
        "/Workspaces/WS1/Tasks/WT1/Reservations/WR1/More",
    ],
)
def test_other_paths_lead_nowhere(path: str) -> None:
    assert TABLE.find(path) is None


def test_the_variables_come_in_their_order() -> None:
    found = TABLE.find("/Workspaces/WS1/Workers/WK1/Channels/voice")
    assert found is not None
    assert found[1] == ("WS1", "WK1", "voice")


def test_a_name_where_a_sid_could_stand_wins() -> None:
    fetch, statistics = {"GET": workers.fetch}, {"GET": workers.list_}
    table = RouteTable({"/W/{Sid}/T/{Sid}": fetch, "/W/{Sid}/T/Statistics": statistics})
    found = table.find("/W/WS1/T/Statistics")
    assert found == ({"GET": workers.list_.handler}, ("WS1",))
    found = table.find("/W/WS1/T/WT1")
    assert found == ({"GET": workers.fetch.handler}, ("WS1", "WT1"))
