"""What a frame says of a reservation and its task, taken apart.

Source: the event bridge's frames for clients with capability tokens: the fields of the task, with
the reservation's own among them, told by their prefix.
"""

from typing import Any

# The last word of an event's name, where it is not the status itself.
STATUSES = {"created": "pending", "wrapup": "wrapping"}
OF_BOTH = ("account_sid", "workspace_sid")
# The task has dates of its own beside those of its reservation.
DATES = "reservation_date_"


def offer_of(event_type: str, payload: dict[str, Any]) -> dict[str, Any]:
    """A reservation's payload with its task's under `task`.

    Args:
        event_type: Such as "reservation.accepted", which tells the status if the payload does not.
        payload: That of the frame; it is not changed.
    """
    if "reservation_sid" not in payload:
        return payload
    word = event_type.rpartition(".")[2]
    offer: dict[str, Any] = {
        "sid": payload["reservation_sid"],
        "task_sid": payload.get("sid"),
        "reservation_status": STATUSES.get(word, word),
    }
    task: dict[str, Any] = {}
    for key, value in payload.items():
        if key in OF_BOTH:
            offer[key] = task[key] = value
        elif key == "reservation_sid":
            continue
        elif key.startswith(DATES):
            offer[key.removeprefix("reservation_")] = value
        elif key.startswith(("reservation_", "worker_")) or key == "canceled_reason_code":
            offer[key] = value
        else:
            task[key] = value
    return {**offer, "task": task}
