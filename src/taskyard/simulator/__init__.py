"""What might happen: days of work through the real core, on a clock that does not wait."""
