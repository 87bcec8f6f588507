"""The schema of a PostgreSQL database: its migrations, and whether it may be used."""

from importlib import resources

from .interface import StoreError
from .postgres_address import Address
from .postgres_connections import BULK_WITHIN_S, SCHEMA, Connection, Connections

_LOCK = 0x54595244
"""Of this database alone: who migrates it holds this lock, and all others wait."""
_RIGHTS = ("SELECT", "INSERT", "UPDATE", "DELETE")
# From the catalogue's tables: names that were looked up in vain before the wait for the lock would
# still be unknown after it.
_HAS_SCHEMA = "SELECT 1 FROM pg_namespace WHERE nspname = $1"
_IS_THERE = """\
SELECT 1 FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE nspname = $1 AND relname = 'schema_version'"""
_MISSING_RIGHTS = """\
SELECT one || ' on ' || relname FROM pg_class, unnest($2::text[]) AS one
WHERE relnamespace = to_regnamespace($1) AND relkind = 'r'
  AND NOT has_table_privilege(pg_class.oid, one)
ORDER BY 1 LIMIT 1"""


async def prepare(address: Address, connections: Connections, *, create: bool) -> tuple[int, int]:
    """Bring the schema to what this release uses, if it is older.

    Returns:
        The schema version that was found, and the one that it has now.

    Raises:
        StoreError: It is newer than this release, or it cannot be read, made or written.
    """
    async with connections.lend(BULK_WITHIN_S) as connection:
        found = await _version(address, connection)
        if found == 0 and not create:
            raise _empty(address)
        if await connection.fetchval("SHOW transaction_read_only") == "on":
            raise StoreError(
                f"database {address.name} is read-only: use the server that is written"
            )
        if found < len(migrations()):
            found = await _migrate(address, connection)
        missing = await connection.fetchval(_MISSING_RIGHTS, SCHEMA, _RIGHTS)
        if missing is not None:
            raise StoreError(
                f"database {address.name} does not let this user do it (missing: {missing})"
            )
    return found, len(migrations())


async def look_at(address: Address, connections: Connections) -> None:
    """Make sure that the schema can be read as it is.

    Raises:
        StoreError: It is older or newer than this release, or there is none.
    """
    async with connections.lend() as connection:
        found = await _version(address, connection)
    if found == 0:
        raise _empty(address)
    if found < len(migrations()):
        raise StoreError(
            f"database {address.name} is of schema version {found}, older than the "
            f"{len(migrations())} of this release: `taskyard migrate` brings it up to date"
        )


def _empty(address: Address) -> StoreError:
    return StoreError(f"database {address.name} is empty: no server has used it yet")


async def _version(address: Address, connection: Connection) -> int:
    """How many migrations the database has seen; 0 for one that is not ours yet."""
    if await connection.fetchval(_IS_THERE, SCHEMA) is None:
        return 0
    version: int = await connection.fetchval(f"SELECT version FROM {SCHEMA}.schema_version")
    if version > len(migrations()):
        raise StoreError(
            f"database {address.name} is of schema version {version}, newer than the "
            f"{len(migrations())} of this release: use the release that wrote it, or a later one"
        )
    return version


async def _migrate(address: Address, connection: Connection) -> int:
    """Apply what is missing, all or nothing; gives back the version that was found."""
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
        # Asked again under the lock: another node may have been first.
        found = await _version(address, connection)
        if found == 0:
            # Asked first: it may have been made for a user who may make none.
            if await connection.fetchval(_HAS_SCHEMA, SCHEMA) is None:
                await connection.execute(f"CREATE SCHEMA {SCHEMA}")
            await connection.execute("CREATE TABLE schema_version (version integer NOT NULL)")
            await connection.execute("INSERT INTO schema_version VALUES (0)")
        for script in migrations()[found:]:
            await connection.execute(script)
        await connection.execute("UPDATE schema_version SET version = $1", len(migrations()))
    return found


def migrations() -> list[str]:
    """The scripts in their order; the n-th leads to schema version n."""
    folder = resources.files(__package__) / "migrations" / "postgres"
    scripts = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda f: f.name
    )
    return [script.read_text(encoding="utf-8") for script in scripts]
