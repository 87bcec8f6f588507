"""Properties that hold over any history, and the slow twin's word on every command."""
