"""The REST face under `/v1`: `routes.py` lists every URL, and one file per noun answers them.

A handler turns a form into a command, or a query into a read, and says how the answer is rendered.
It decides nothing: rules live in `core`. Rendering runs inside the engine's turn, so it does no
I/O and returns bytes.
"""
