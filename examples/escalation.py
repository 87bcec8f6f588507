"""An order that nobody takes escalates from step to step: minutes pass, and no second does."""
# ruff: noqa: T201  # an example prints

import json

from taskyard.core import commands, events
from taskyard.core.ids import counting_mint
from taskyard.core.machine import Machine

RULES = {
    "expression": "type == 'order'",
    "targets": [
        {"queue": "", "expression": "worker.name == task.baker", "timeout": 60},
        {"queue": "", "expression": "worker.stars >= 2", "priority": 10, "timeout": 120},
        {"queue": "", "priority": 20},
    ],
}
BAKERS = {"Ada": 3, "Bo": 2, "Cy": 1}
SHOWN = (
    events.WorkflowTargetMatched,
    events.ReservationCreated,
    events.ReservationTimeout,
    events.ReservationAccepted,
)


def main() -> None:
    """Tell the story, and print what happens at which minute and second."""
    yard = Machine(mint=counting_mint())
    yard.handle(commands.CreateWorkspace(account_sid="AC" + "0" * 32, friendly_name="Bakery"), 0)
    ready = next(a.sid for a in yard.state.activities.values() if a.available)
    away = next(a.sid for a in yard.state.activities.values() if not a.available)
    queue_sid = yard.handle(commands.CreateTaskQueue(friendly_name="Cakes"), 0).sid
    for target in RULES["targets"]:
        target["queue"] = queue_sid
    yard.handle(
        commands.CreateWorkflow(
            friendly_name="Orders",
            configuration=json.dumps({"task_routing": {"filters": [RULES]}}),
            task_reservation_timeout_s=30,
        ),
        0,
    )
    for name, stars in BAKERS.items():
        yard.handle(
            commands.CreateWorker(
                friendly_name=name,
                activity_sid=away if name == "Ada" else ready,  # Ada is at lunch
                attributes=json.dumps({"name": name, "stars": stars}),
            ),
            0,
        )

    order = commands.CreateTask(attributes=json.dumps({"type": "order", "baker": "Ada"}))
    show(yard, 0, yard.handle(order, 0).events)
    accepted = False
    while not accepted:
        now_ms = yard.next_deadline_ms()
        happened = yard.advance(now_ms)
        show(yard, now_ms, happened)
        for event in happened:
            # Bo does not hear the telephone; Cy takes ten seconds to wipe the flour off.
            if isinstance(event, events.ReservationCreated) and name_of(yard, event) == "Cy":
                accept = commands.AcceptReservation(reservation_sid=event.reservation_sid)
                show(yard, now_ms + 10_000, yard.handle(accept, now_ms + 10_000).events)
                accepted = True


def show(yard: Machine, now_ms: int, happened: list[events.Event]) -> None:
    """Print those events that the story is about."""
    for event in happened:
        if isinstance(event, SHOWN):
            tag = type(event).__struct_config__.tag
            print(
                f"{now_ms // 60_000:02d}:{now_ms // 1000 % 60:02d}  {tag:24}{detail(yard, event)}"
            )


def detail(yard: Machine, event: events.Event) -> str:
    """Which step, or which worker."""
    if isinstance(event, events.WorkflowTargetMatched):
        return f"step {event.target_index + 1}, priority {event.priority}"
    return name_of(yard, event)


def name_of(yard: Machine, event: events.Event) -> str:
    """The worker of a reservation's event."""
    reservation = yard.state.reservations[event.reservation_sid]
    return yard.state.workers[reservation.worker_sid].friendly_name


if __name__ == "__main__":
    main()
