"""The hook of the build that has what browsers load made before a wheel is packed or linked."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BrowserSdk(BuildHookInterface):
    """Runs `scripts/web.py build`, which leaves what is up to date alone."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build before the files of the wheel are collected."""
        script = Path(self.root) / "scripts" / "web.py"
        # A process of its own: what it prints must not mix with what the front end reads.
        ran = subprocess.run([sys.executable, str(script), "build"], stdout=sys.stderr, check=False)
        if ran.returncode != 0:
            self.app.abort("taskyard: no wheel without the browser SDK; the reason stands above")
