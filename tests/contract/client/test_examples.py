"""The programs that use the SDK, run beside a server."""

import os
import signal
import subprocess
import sys

from documentation import ROOT

from .bakery import Bakery, served

GUARD_S = 120


def environment(bakery: Bakery, token: str) -> dict[str, str]:
    return {**os.environ, "TASKYARD_URL": bakery.url, "TASKYARD_TOKEN": token}


def program(name: str) -> list[str]:
    return [sys.executable, str(ROOT / "examples" / name)]


def test_the_agent_works_on_what_is_offered_until_it_is_interrupted() -> None:
    with served() as url:
        bakery = Bakery(url)
        order = bakery.order(tiers=3)
        with subprocess.Popen(
            program("agent.py"),
            env=environment(bakery, bakery.worker_token()),
            stdout=subprocess.PIPE,
            text=True,
        ) as agent:
            assert agent.stdout is not None
            assert agent.stdout.readline() == "Ada is Available\n"
            assert agent.stdout.readline() == "worked on {'tiers': 3}\n"
            bakery.order(tiers=4)
            assert agent.stdout.readline() == "worked on {'tiers': 4}\n"
            agent.send_signal(signal.SIGINT)
            assert agent.wait(GUARD_S) == 0
        assert order.fetch().assignment_status == "completed"
        bakery.workspace.close()


def test_the_supervisor_changes_the_task_queue() -> None:
    with served() as url:
        bakery = Bakery(url)
        ran = subprocess.run(
            program("supervisor.py"),
            env=environment(bakery, bakery.queue_token()),
            capture_output=True,
            text=True,
            timeout=GUARD_S,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
        said = ran.stdout.splitlines()
        assert said[:2] == [
            "Cakes is for workers with skills HAS 'cake'",
            "it may reserve 20 workers for a task",
        ]
        assert said[2].startswith("refused: MaxReservedWorkers")
        assert bakery.queue.fetch().max_reserved_workers == 20
        bakery.workspace.close()
