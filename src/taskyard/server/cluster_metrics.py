"""What `/metrics` shows of the nodes that share the store; one alone is a cluster of one."""

from collections.abc import Iterator

from taskyard.engine import Directory, Histogram

from .exposition import Family, label
from .forwarding import Forwarding


def node_families(directory: Directory, forwarding: Forwarding | None) -> Iterator[Family]:
    """Who serves what, how far behind this node follows, and what it sends on."""
    engines = directory.engines()
    served = sum(engine.serves for engine in engines)
    nodes = 1 if directory.cluster is None else len(directory.cluster.nodes)
    for name, meaning, value in (
        ("nodes", "Nodes that were alive when this one last looked.", nodes),
        ("workspaces_served", "Workspaces in memory that this node decides for.", served),
        (
            "workspaces_followed",
            "Workspaces in memory that another node decides for.",
            len(engines) - served,
        ),
        (
            "followed_events_behind",
            "Durable events that the workspace furthest behind has yet to follow.",
            max((engine.behind for engine in engines if not engine.serves), default=0),
        ),
    ):
        yield Family("taskyard_" + name, "gauge", meaning, {"": value})
    yield Family(
        "taskyard_forwarded_requests_total",
        "counter",
        "Requests that were sent to another node, by what came of them.",
        {
            label("outcome", "answered"): 0 if forwarding is None else forwarding.answered,
            label("outcome", "failed"): 0 if forwarding is None else forwarding.failed,
        },
    )
    yield Family(
        "taskyard_forwarding_seconds",
        "histogram",
        "How long other nodes took to answer.",
        Histogram() if forwarding is None else forwarding.seconds,
    )
