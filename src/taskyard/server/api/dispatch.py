"""What REST and the event bridge have in common: having a call answered."""

from collections.abc import Awaitable, Callable

from taskyard.core.errors import Invalid, LimitReached, NotFound
from taskyard.engine import Alert

from .calls import Answer, Call
from .problems import Problem, not_found
from .routes import Methods


async def carry_out(
    call: Call,
    method: str,
    methods: Methods,
    handle: Callable[[], Awaitable[Answer]],
    unavailable: tuple[type[Exception], ...],
) -> Answer:
    """Have a call answered; what is not there is told before what cannot be read.

    Args:
        call: What is asked.
        method: Its method.
        methods: All that its path has.
        handle: Has the handler answer it.
        unavailable: Failures that pass.
    """
    try:
        return await handle()
    except (Invalid, Problem) as refused:
        # Handlers read the form first, because most forms are good: this is asked afterwards.
        if method in ("POST", "DELETE") and await _is_missing(call, methods, unavailable):
            raise not_found(call.path) from refused
        if isinstance(refused, LimitReached) and refused.alert is not None:
            _alert(call, refused.alert, refused)
        raise


def _alert(call: Call, code: int, refused: LimitReached) -> None:
    """Tell the operator as well: whoever called cannot move the limit."""
    about = {sid[:2]: sid for sid in call.sids}
    call.directory.alerts.add(
        Alert(
            at_ms=call.clock(),
            code=code,
            level="error",
            message=str(refused),
            account_sid=call.directory.account.sid,
            workspace_sid=about["WS"],
            task_sid=about.get("WT"),
            reservation_sid=about.get("WR"),
            worker_sid=about.get("WK"),
        )
    )


async def _is_missing(
    call: Call, methods: Methods, unavailable: tuple[type[Exception], ...]
) -> bool:
    """Whether the workspace or the resource of the path is not there."""
    try:
        if call.sids:
            await call.engine()
        names_one = call.path.count("/") % 2 == 0
        if names_one and "GET" in methods:
            await methods["GET"](call)
    except NotFound:
        return True
    except unavailable:
        pass  # the form is to be mended whatever the store will say
    return False
