"""Lets `python -m taskyard` stand for the command `taskyard`."""

from taskyard.cli import main

if __name__ == "__main__":
    main()
