"""When a browser is opened, and that nobody waits for it."""

import sys
import threading

import pytest

from taskyard.demo.visitor import has_display, open_browser


def test_a_display_is_what_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    assert not has_display()
    monkeypatch.setenv("DISPLAY", "")
    assert not has_display()
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    assert has_display()


def test_a_browser_that_stays_open_holds_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    is_open, is_closed = threading.Event(), threading.Event()

    def stays_open(url: str) -> None:
        opened.append(url)
        is_open.set()
        is_closed.wait()

    monkeypatch.setattr("webbrowser.open", stays_open)
    open_browser("http://127.0.0.1:1/console/")
    assert is_open.wait(timeout=30)
    assert opened == ["http://127.0.0.1:1/console/"]
    is_closed.set()
