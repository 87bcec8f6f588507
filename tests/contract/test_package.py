"""What an installation promises before anything runs."""

from importlib.metadata import version

import taskyard


def test_the_installed_version_is_the_one_in_the_source() -> None:
    assert version("taskyard") == taskyard.__version__
