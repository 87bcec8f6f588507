"""The slow twin: a second, plain reading of the reference that judges the fast core."""
