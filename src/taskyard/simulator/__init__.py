"""What might happen: the real core on a virtual clock. It imports the core and the engine."""
