"""The members of the SDKs' classes, as the page of both shows them side by side."""

from documentation import DOCS, table_of

PAGE = DOCS / "sdk" / "README.md"
CLIENTS = ("TaskQueue", "Worker", "Workspace")


def members() -> dict[str, list[tuple[str, str]]]:
    """By class the name of each member in JavaScript and in Python."""
    of_all = _named("of all three, in JavaScript")
    found = {name: of_all + _named(f"of a {name}, in JavaScript") for name in CLIENTS}
    found["Reservation"] = _named("of a Reservation, in JavaScript")
    return found


def _named(heading: str) -> list[tuple[str, str]]:
    rows = table_of(PAGE, heading)
    assert rows, heading
    return [(script.strip("`"), python.strip("`")) for script, python, _ in rows]
