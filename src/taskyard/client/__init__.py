"""What callers import: it knows the wire, and nothing else of ours.

`aio/` is the implementation; `sync/` is the same objects for programs without a loop. `taskyard`
and `taskyard.aio` export both under their public names.
"""
