"""What only PostgreSQL can do wrong, and what is said of it."""

import asyncio
import contextlib
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest

from postgres import RealPostgres, real_postgres
from taskyard.stores import (
    Append,
    StoreError,
    open_store,
    postgres,
    postgres_connections,
    postgres_schema,
)
from taskyard.stores.postgres import PostgresStore
from taskyard.stores.postgres_address import address_of
from taskyard.stores.postgres_errors import translated
from taskyard.stores.sharing import Appended, Missed

from .rows import entry, journal, keep, row, workspace
from .sharing import N1, Ear

W1, W2 = workspace(1), workspace(2)


@pytest.fixture(scope="module")
def lasting() -> Iterator[RealPostgres]:
    with real_postgres() as server:
        yield server


@pytest.fixture
def mortal(lasting: RealPostgres) -> Iterator[RealPostgres]:
    """A server that these tests may stop; a test that fails leaves it running for the next one."""
    yield lasting
    if not lasting.runs:
        lasting.start()


@pytest.fixture
async def store(mortal: RealPostgres) -> AsyncIterator[PostgresStore]:
    opened = await PostgresStore.open(await mortal.database())
    yield opened
    await opened.close()


async def refusal(url: str, *, create: bool = True) -> str:
    with pytest.raises(StoreError) as raised:
        await open_store(url, create=create)
    said = str(raised.value)
    assert "\n" not in said
    return said


async def restart(server: RealPostgres, how: signal.Signals = signal.SIGINT) -> None:
    await asyncio.to_thread(server.stop, how)
    await asyncio.to_thread(server.start)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://",
        "postgresql://host",
        "postgresql://host/",
        "postgresql://user:pass/word@host/db",
        "postgresql://user:pass@word@host/db",
        "postgresql://user:pass#word@host/db",
        "postgresql://user:pass?word@host/db",
        "postgresql://user:password@host:port/db",
    ],
)
async def test_an_address_that_is_not_understood_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ValueError, match="PostgreSQL address") as raised:
        await open_store(url)
    assert "word@" not in str(raised.value).replace("user:password@host", "")


async def test_a_wrong_password_is_named_and_not_shown(mortal: RealPostgres) -> None:
    said = await refusal(mortal.url_of("postgres", password="not this one"))
    assert f"database postgres on 127.0.0.1:{mortal.port} refuses the password" in said
    assert "not this one" not in said


async def test_a_database_that_does_not_exist_is_named(mortal: RealPostgres) -> None:
    assert "database nowhere on 127.0.0.1" in await refusal(mortal.url_of("nowhere"))
    assert "does not exist" in await refusal(mortal.url_of("nowhere"))


async def test_a_port_where_nobody_listens_is_named() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        said = await refusal(f"postgresql://user:secret@127.0.0.1:{port}/calls")
    assert said == (f"database calls on 127.0.0.1:{port} cannot be reached (Connection refused)")


async def test_a_host_that_is_not_known_is_named() -> None:
    said = await refusal("postgresql://user:secret@nowhere.invalid/calls")
    assert "database calls on nowhere.invalid:5432 cannot be reached" in said
    assert "host is not known" in said


async def test_somebody_who_never_answers_is_given_up() -> None:
    is_over = asyncio.Event()

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while await reader.read(1_000):
                pass
            writer.close()
            await writer.wait_closed()
        is_over.set()

    silent = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    said = await refusal(f"postgresql://user:secret@127.0.0.1:{port}/calls")
    await is_over.wait()
    silent.close()
    await silent.wait_closed()
    assert said == f"database calls on 127.0.0.1:{port} does not answer"


async def test_a_user_who_may_make_nothing_is_told_so(mortal: RealPostgres) -> None:
    url = await mortal.database()
    name = url.rpartition("/")[2]
    await mortal.execute("DROP ROLE IF EXISTS guest; CREATE ROLE guest LOGIN PASSWORD 'let me in'")
    said = await refusal(mortal.url_of(name, user="guest", password="let me in"))
    assert "does not let this user do it" in said
    assert "permission denied" in said


async def test_a_right_that_is_missing_is_named(mortal: RealPostgres) -> None:
    url = await mortal.database()
    name = url.rpartition("/")[2]
    await (await open_store(url)).close()
    await mortal.execute(
        "DROP ROLE IF EXISTS reader; CREATE ROLE reader LOGIN PASSWORD 'let me in'"
    )
    reader = mortal.url_of(name, user="reader", password="let me in")
    assert "permission denied for schema taskyard" in await refusal(reader)
    await mortal.execute(
        "GRANT USAGE ON SCHEMA taskyard TO reader;"
        "GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA taskyard TO reader",
        url=url,
    )
    assert "missing: DELETE on accounts" in await refusal(reader)
    await mortal.execute("GRANT DELETE ON ALL TABLES IN SCHEMA taskyard TO reader", url=url)
    opened = await open_store(reader)
    assert await opened.append([Append(row=row(W1, 1), lists=entry(W1))]) == {}
    await opened.probe()
    await opened.close()


async def test_a_schema_that_was_made_for_the_user_is_filled(mortal: RealPostgres) -> None:
    url = await mortal.database()
    name = url.rpartition("/")[2]
    await mortal.execute("DROP ROLE IF EXISTS owner_; CREATE ROLE owner_ LOGIN PASSWORD 'x'")
    await mortal.execute("CREATE SCHEMA taskyard AUTHORIZATION owner_", url=url)
    opened = await open_store(mortal.url_of(name, user="owner_", password="x"))
    await keep(opened, row(W1, 1))
    await opened.close()


async def test_a_newer_schema_is_refused(mortal: RealPostgres) -> None:
    url = await mortal.database()
    await (await open_store(url)).close()
    await mortal.execute("UPDATE taskyard.schema_version SET version = 99", url=url)
    said = await refusal(url)
    assert "is of schema version 99, newer than the" in said


async def test_a_store_that_is_opened_to_read_reads_and_refuses_to_write(
    mortal: RealPostgres,
) -> None:
    url = await mortal.database()
    writing = await open_store(url)
    await keep(writing, row(W1, 1, 2))
    reading = await open_store(url, read_only=True)
    assert await journal(reading, W1) == await journal(writing, W1)
    failed = await reading.append([Append(row=row(W1, 3, 3))])
    assert "is read-only" in str(failed[W1])
    assert await journal(writing, W1) == await journal(reading, W1)
    await reading.close()
    await writing.close()


async def test_a_read_only_server_is_refused(mortal: RealPostgres) -> None:
    url = await mortal.database()
    await (await open_store(url)).close()
    name = url.rpartition("/")[2]
    await mortal.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    assert "is read-only" in await refusal(url)


async def test_an_empty_database_is_not_filled_by_who_only_looks(mortal: RealPostgres) -> None:
    url = await mortal.database()
    assert "is empty: no server has used it yet" in await refusal(url, create=False)
    connection = await asyncpg.connect(url)
    assert await connection.fetchval("SELECT to_regnamespace('taskyard')") is None
    await connection.close()


async def test_an_older_schema_is_brought_up_to_date(
    mortal: RealPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = await mortal.database()
    scripts = postgres_schema.migrations()
    with monkeypatch.context() as older:
        older.setattr(postgres_schema, "migrations", lambda: scripts[:1])
        await (await open_store(url)).close()
    opened = await open_store(url)
    await keep(opened, row(W1, 1))
    await opened.close()


async def test_of_several_processes_that_migrate_at_once_one_does(mortal: RealPostgres) -> None:
    url = await mortal.database()
    program = (
        "import asyncio, sys\n"
        "from taskyard.stores import open_store\n"
        "async def main():\n"
        "    sys.stdin.readline()\n"
        "    await (await open_store(sys.argv[1])).close()\n"
        "asyncio.run(main())\n"
    )
    processes = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", program, url),
            stdin=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        for _ in range(4)
    ]
    ended = await asyncio.gather(*(one.communicate(b"go\n") for one in processes))
    assert [said for _, said in ended] == [b""] * 4
    opened = await open_store(url, create=False)
    await keep(opened, row(W1, 1))
    await opened.close()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT, signal.SIGKILL])
async def test_between_two_appends_the_server_may_be_restarted(
    mortal: RealPostgres, store: PostgresStore, how: signal.Signals
) -> None:
    await keep(store, row(W1, 1))
    await restart(mortal, how)
    await keep(store, row(W1, 2))
    assert len(await journal(store, W1)) == 2


@pytest.mark.parametrize(
    "said",
    [
        asyncpg.InternalClientError(
            "cannot switch to state 12; another operation (2) is under way"
        ),
        asyncpg.InterfaceError(
            "cannot call Transaction.__aexit__(): the underlying connection is closed"
        ),
        asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation"),
    ],
    ids=["in between", "within a transaction", "in the middle"],
)
def test_however_the_driver_says_that_the_server_has_gone_it_is_said_alike(
    said: Exception,
) -> None:
    address = address_of("postgresql://u:p@host/calls")
    ended = "calls on host:5432 has ended the connection"
    with pytest.raises(StoreError, match=ended), translated(address):
        raise said


async def test_a_server_that_is_just_starting_is_waited_for(
    mortal: RealPostgres, store: PostgresStore
) -> None:
    await asyncio.to_thread(mortal.stop)
    appending = asyncio.create_task(store.append([Append(row=row(W1, 1))]))
    await asyncio.sleep(0.2)
    await asyncio.to_thread(mortal.start)
    assert await appending == {}


async def test_why_a_server_refused_is_said_although_the_last_try_was_cut_short(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tries = 0

    async def refuse_then_hang(*_: object, **__: object) -> None:
        nonlocal tries
        tries += 1
        if tries > 2:
            await asyncio.Event().wait()
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(asyncpg, "connect", refuse_then_hang)
    monkeypatch.setattr(postgres_connections, "_CONNECT_WITHIN_S", 0.5)
    assert "cannot be reached (Connection refused)" in await refusal("postgresql://u:p@host/calls")


async def test_a_server_that_is_gone_fails_every_workspace_of_an_append(
    mortal: RealPostgres, store: PostgresStore
) -> None:
    await keep(store, row(W1, 1))
    await asyncio.to_thread(mortal.stop)
    failures = await store.append([Append(row=row(W1, 2)), Append(row=row(W2, 1))])
    assert set(failures) == {W1, W2}
    assert "cannot be reached" in str(failures[W1])
    await asyncio.to_thread(mortal.start)
    assert len(await journal(store, W1)) == 1


async def test_a_server_that_becomes_read_only_fails_appends_until_it_is_writable_again(
    mortal: RealPostgres, store: PostgresStore
) -> None:
    await keep(store, row(W1, 1))
    await mortal.execute("ALTER SYSTEM SET default_transaction_read_only = on")
    try:
        await mortal.execute("SELECT pg_reload_conf()")
        failures: dict[str, StoreError] = {}
        for position in range(2, 200):  # each connection hears of it a moment later
            failures = await store.append([Append(row=row(W1, position))])
            if failures:
                break
        assert "read-only" in str(failures[W1])
        assert len(await journal(store, W1)) == position - 1
    finally:
        await set_writable(mortal)
    for _ in range(200):
        if not await store.append([Append(row=row(W1, position))]):
            break
    assert len(await journal(store, W1)) == position


async def set_writable(server: RealPostgres) -> None:
    connection = await asyncpg.connect(server.url)
    try:
        await connection.execute("SET default_transaction_read_only = off")
        await connection.execute("ALTER SYSTEM RESET default_transaction_read_only")
        await connection.execute("SELECT pg_reload_conf()")
    finally:
        await connection.close()


async def test_an_append_whose_answer_is_lost_fails_and_the_journal_tells(
    mortal: RealPostgres, store: PostgresStore
) -> None:
    await keep(store, row(W1, 1))
    kept = 1
    for round_ in range(6):
        appending = asyncio.create_task(
            store.append([Append(row=row(W1, kept + 1, body=bytes(200_000)))])
        )
        await asyncio.sleep(0.002 * round_)
        await restart(mortal, signal.SIGKILL)
        failures = await appending
        found = await journal(store, W1)
        assert len(found) in ((kept, kept + 1) if failures else (kept + 1,))
        kept = len(found)
    await keep(store, row(W1, kept + 1))


async def test_an_append_that_waits_for_a_lock_fails_and_is_not_kept(
    mortal: RealPostgres, store: PostgresStore
) -> None:
    await keep(store, row(W1, 1))
    url = store._address.url
    blocker = await asyncpg.connect(url)
    try:
        async with blocker.transaction():
            await blocker.execute("LOCK TABLE taskyard.journal")
            failures = await store.append([Append(row=row(W1, 2))])
    finally:
        await blocker.close()
    assert "took too long" in str(failures[W1])
    assert len(await journal(store, W1)) == 1
    await keep(store, row(W1, 2))


async def test_a_server_that_does_not_answer_any_more_is_given_up(
    mortal: RealPostgres, store: PostgresStore
) -> None:
    await keep(store, row(W1, 1))
    await asyncio.to_thread(mortal.freeze)
    try:
        failures = await store.append([Append(row=row(W1, 2))])
    finally:
        mortal.thaw()
    assert "does not answer" in str(failures[W1])
    # Once it goes on it may still do what it was asked: the journal tells.
    assert len(await journal(store, W1)) in {1, 2}


async def test_after_a_restart_listeners_are_told_that_they_missed_something(
    mortal: RealPostgres, store: PostgresStore
) -> None:
    ear = Ear(store)
    await ear.is_there(store)
    await restart(mortal)
    await ear.until(Missed())
    await keep(store, row(W1, 1))
    await ear.until(Appended(W1, 1))


async def test_after_its_own_connection_was_ended_a_listener_is_told_again(
    mortal: RealPostgres, store: PostgresStore
) -> None:
    ear = Ear(store)
    await ear.is_there(store)
    await mortal.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'",
        url=store._address.url,
    )
    await ear.until(Missed())
    await keep(store, row(W1, 1))
    await ear.until(Appended(W1, 1))


async def test_what_a_view_has_kept_outlives_a_server_that_is_killed(
    mortal: RealPostgres, store: PostgresStore
) -> None:
    for position in range(1, 101):
        await store.keep_event_blocks([], positions={W1: position}, view="events")
    await restart(mortal, signal.SIGKILL)
    assert await store.view_position("events", W1) == 100


async def test_turns_and_views_are_durable_whatever_the_server_is_set_to(
    mortal: RealPostgres,
) -> None:
    url = await mortal.database()
    name = url.rpartition("/")[2]
    await mortal.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    opened = await PostgresStore.open(url)
    for connections in (opened._appends, opened._views):
        [(setting,)] = await connections.fetch("SHOW synchronous_commit")
        assert setting == "on"
    await opened.close()


async def test_who_only_reads_and_keeps_snapshots_opens_few_connections(
    mortal: RealPostgres, store: PostgresStore
) -> None:
    assert await journal(store, W1) == []
    [(count,)] = await store._shared.fetch(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    )
    assert count == 1


async def test_a_beat_and_a_look_at_the_leases_wait_for_none_of_those_who_read(
    store: PostgresStore,
) -> None:
    async with contextlib.AsyncExitStack() as readers:
        for _ in range(postgres._READERS):
            await readers.enter_async_context(store._shared.lend(60))
        await store.beat(N1, 60_000)
        assert await store.leases(None) == {}


async def test_a_row_that_is_damaged_keeps_nobody_from_following_other_journals(
    mortal: RealPostgres, store: PostgresStore
) -> None:
    for sid in (W1, W2):
        await keep(store, row(sid, 1))
    url = store._address.url
    damage = f"UPDATE taskyard.journal SET body = 'x' WHERE workspace_sid = '{W1}'"
    await mortal.execute(damage, url=url)
    found = await store.news({W1: 0, W2: 0})
    assert "cannot be unpacked" in str(found[W1])
    assert found[W2] == await journal(store, W2)
