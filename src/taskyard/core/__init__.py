"""What is decided: pure and deterministic. Imports the standard library and msgspec only."""
