"""The real engine on a virtual clock, with everything that can go wrong, from one seed.

`virtual_time.py` and `program.py` are the world: programs that share a clock which leaps, and can
be killed at any await. `failing_store.py` stands between the engine and a store, `network.py`
between clients and a server. `server.py` is one life of the real engine, `clients.py` are those who
use it, `course.py` says what happens to all of them. `ledger.py` is the plain second model, which
`judge.py` holds against every answer, `checkpoint.py` against everything that can be read.
"""
