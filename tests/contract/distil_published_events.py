"""Writes published_events.json from a folder of published example events; run by hand.

    python tests/contract/distil_published_events.py examples/events

Kept are facts only: for each event type the names of its callback's parameters, what its resource
is, where it came from, and its description with SIDs replaced by their kinds.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

FACTS = Path(__file__).with_name("published_events.json")


def distil(folder: Path) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for path in sorted(folder.glob("*.json")):
        example = json.loads(path.read_text())
        callback, event = example["callback"], example["event"]
        facts[event["event_type"]] = {
            "callback": sorted(callback),
            "event_data": sorted(event["event_data"]),
            "properties": sorted(event),
            "source": event["source"],
            "resource": [event["resource_type"], event["resource_sid"][:2]],
            "description": re.sub(r"\b([A-Z]{2})[0-9a-f]{32}", r"\1", event["description"]),
        }
    return facts


def written(facts: dict[str, Any]) -> str:
    return json.dumps(facts, indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    FACTS.write_text(written(distil(Path(sys.argv[1]))))
