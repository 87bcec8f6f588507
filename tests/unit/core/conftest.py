from collections.abc import Iterator

import pytest

from story import Story


@pytest.fixture(autouse=True)
def _every_story_can_be_told_again() -> Iterator[None]:
    """Whatever a test is about, its stories must also survive a replay."""
    Story.told = told = []
    yield
    Story.told = None
    for story in told:
        story.judge()
