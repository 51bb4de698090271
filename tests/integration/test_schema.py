import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from procrastinate.schema import SchemaManager
from sqlalchemy import Connection, make_url, text

import migrations
from core.errors import ConfigurationError, StoreError
from core.storage.database import Database
from core.storage.run_store import RunStore
from core.storage.tables import metadata
from tests.conftest import on_server, settings_for

# Columns, functions, triggers, constraints and indexes of procrastinate's tables.
_QUEUE_SHAPE = """
SELECT table_name || '.' || column_name, data_type || ' ' || is_nullable || ' ' || coalesce(column_default, '')
FROM information_schema.columns WHERE table_name LIKE 'procrastinate%'
UNION ALL SELECT proname, pg_get_function_arguments(oid) || ' ' || prosrc
FROM pg_proc WHERE proname LIKE 'procrastinate%'
UNION ALL SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname LIKE 'procrastinate%'
UNION ALL SELECT conname, pg_get_constraintdef(oid)
FROM pg_constraint WHERE conrelid::regclass::text LIKE 'procrastinate%'
UNION ALL SELECT indexname, indexdef FROM pg_indexes WHERE tablename LIKE 'procrastinate%'
UNION ALL SELECT typname, enumlabel FROM pg_enum JOIN pg_type ON pg_type.oid = enumtypid
ORDER BY 1, 2
"""


async def test_migrations_make_what_the_tables_describe(database: Database) -> None:
    def is_ours(name: str | None, kind: str, _: object) -> bool:
        return not (kind == "table" and str(name).startswith("procrastinate_"))

    def differences(connection: Connection) -> list[object]:
        options = {"compare_type": True, "compare_server_default": True, "include_name": is_ours}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))

    async with database.begin() as connection:
        assert await connection.run_sync(differences) == []


async def test_the_queue_gets_the_schema_that_its_version_wants(database: Database, empty_database: str) -> None:
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute(SchemaManager.get_schema())
        wanted = connection.execute(_QUEUE_SHAPE).fetchall()
    async with database.begin() as ours:
        made = [tuple(row) for row in await ours.execute(text(_QUEUE_SHAPE.replace(":", "\\:")))]
    assert made == wanted


async def test_runs_of_an_older_schema_keep_their_collection(empty_database: str) -> None:
    database = await Database.open(settings_for(empty_database))
    async with database.begin() as connection:
        await connection.run_sync(migrations.upgrade, "0002")
        await connection.execute(text("INSERT INTO collections (name, folder) VALUES ('hr', '/docs/hr')"))
        await connection.execute(
            text("INSERT INTO ingest_runs (collection_id, folder, status) SELECT id, folder, 'done' FROM collections")
        )
    await database.ensure_schema(migrate=True)
    (run,) = await RunStore(database).last()
    await database.close()
    assert (run.collection, run.folder, run.status) == ("hr", "/docs/hr", "done")
    assert run.started_at == run.requested_at


async def test_an_empty_database_gets_the_schema(empty_database: str) -> None:
    database = await Database.open(settings_for(empty_database))
    await database.ensure_schema()
    async with database.begin() as connection:
        assert await connection.run_sync(migrations.current) == migrations.head()
    await database.close()


async def test_a_newer_schema_is_refused(database: Database) -> None:
    async with database.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match=r"9999, newer than this Docent's .*; update Docent"):
        await database.ensure_schema(migrate=True)


async def test_an_older_schema_is_refused_until_it_is_migrated(empty_database: str) -> None:
    database = await Database.open(settings_for(empty_database))
    async with database.begin() as connection:
        await connection.run_sync(migrations.upgrade, "0001")
    with pytest.raises(StoreError, match="run `docent migrate`"):
        await database.ensure_schema()
    await database.ensure_schema(migrate=True)
    async with database.begin() as connection:
        assert await connection.run_sync(migrations.current) == migrations.head()
    await database.close()


async def test_a_database_without_pgvector_is_refused(postgres_url: str, empty_database: str) -> None:
    # Postgres 18 looks for extensions where this setting points: nowhere, here.
    name = make_url(empty_database).database
    on_server(postgres_url, f"ALTER DATABASE {name} SET extension_control_path = '/nowhere'")
    database = await Database.open(settings_for(empty_database))
    with pytest.raises(StoreError, match="has no pgvector; install it"):
        await database.ensure_schema()
    await database.close()


async def test_a_role_that_may_not_create_the_extension_is_told_so(postgres_url: str, empty_database: str) -> None:
    on_server(postgres_url, "DROP ROLE IF EXISTS guest")
    on_server(postgres_url, "CREATE ROLE guest LOGIN")
    database = await Database.open(settings_for(empty_database.replace("postgres:@", "guest:@")))
    with pytest.raises(StoreError, match="may not create the pgvector extension"):
        await database.ensure_schema()
    await database.close()
    on_server(postgres_url, "DROP ROLE guest")


async def test_a_server_that_is_not_there_is_said_without_the_password() -> None:
    database = await Database.open(settings_for("postgresql://docent:secret@127.0.0.1:1/docent"))
    with pytest.raises(StoreError, match="Can't reach") as raised:
        await database.ensure_schema()
    assert "secret" not in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("url", ["nonsense", "mysql://root@localhost/docent"])
async def test_an_address_that_is_no_postgres_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="DATABASE_URL"):
        await Database.open(settings_for(url))
