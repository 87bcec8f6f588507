"""Writes published_statistics.json from a folder of published example answers; run by hand.

    python tests/contract/distil_published_statistics.py examples/statistics

Kept are facts only: for each example its method, its path without SIDs, and the shape of the
answer, which is the names of all properties, however deep, and the kind of each value.
"""

import json
import re
import sys
from itertools import groupby
from pathlib import Path
from typing import Any

FACTS = Path(__file__).with_name("published_statistics.json")
_SID = re.compile(r"[A-Z]{2}[0-9a-f]{32}")
_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def shape(value: Any) -> Any:
    """The names and kinds of a JSON value; of a list what differs from one item to the next."""
    match value:
        case dict():
            return {"number" if key.isdigit() else key: shape(one) for key, one in value.items()}
        case list():
            return [one for one, _ in groupby(map(shape, value))]
        case bool():
            return "boolean"
        case int():
            return "integer"
        case None:
            return None
        case str() if _SID.fullmatch(value):
            return f"sid {value[:2]}"
        case str() if _DATE.fullmatch(value):
            return "date"
        case str() if value.startswith("http"):
            return "address"
        case str():
            return "text"
    raise TypeError(f"{value!r} is in no example")


def distil(folder: Path) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for path in sorted(folder.glob("*.json")):
        example = json.loads(path.read_text())
        asked = example["request"]
        if isinstance(asked, dict):
            asked = f"{asked['method']} {asked['path']}"
        facts[path.stem] = {
            "request": _SID.sub(lambda found: f"{{{found[0][:2]}}}", asked),
            "response": shape(example["response"]),
        }
    return facts


def written(facts: dict[str, Any]) -> str:
    return json.dumps(facts, indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    FACTS.write_text(written(distil(Path(sys.argv[1]))))
