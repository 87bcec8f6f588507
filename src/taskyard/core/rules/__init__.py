"""Command in, events out: one file per noun. A rule checks everything, then emits."""
