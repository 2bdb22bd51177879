"""The two roles of PostgreSQL, made by the very script that the container runs."""

import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from docuvault.db import schema
from docuvault.db.models import User
from docuvault.domain.errors import DependencyUnavailable
from tests.servers.postgres import PostgresServer, postgres_server

pytestmark = pytest.mark.services

SCRIPT = Path(__file__).resolve().parents[3] / "docker/postgres/initdb.d/01-roles.sh"
DATABASE = "docuvault"
MIGRATE, APP = "docuvault_migrate", "docuvault_app"
PASSWORDS = {MIGRATE: "mi%67r@te':\"$HOME\\ ü/?#", APP: "a%p@p':\"$(id)`;--\\ é/?#"}
TABLES = {table.name for table in User.metadata.sorted_tables} | {"page_search"}


def run_script(server: PostgresServer, passwords: dict[str, str]) -> None:
    """What the image does on an empty data folder."""
    subprocess.run(
        ["/bin/sh", str(SCRIPT)],
        check=True,
        timeout=60,
        env={
            "PATH": f"{server.psql.parent}:{os.environ['PATH']}",
            "PGHOST": server.host,
            "PGPORT": str(server.port),
            "PGPASSWORD": server.password,
            "POSTGRES_USER": server.user,
            "POSTGRES_DB": DATABASE,
            "POSTGRES_MIGRATE_PASSWORD": passwords[MIGRATE],
            "POSTGRES_APP_PASSWORD": passwords[APP],
        },
    )


@pytest.fixture(scope="module", params=[16, 18])
async def server(request: pytest.FixtureRequest) -> AsyncIterator[PostgresServer]:
    with postgres_server(request.param) as running:
        running.create_database(DATABASE)
        run_script(running, PASSWORDS)
        await schema.upgrade(url_of(running, MIGRATE))
        yield running


def url_of(server: PostgresServer, role: str) -> str:
    return server.database_url(DATABASE, user=role, password=PASSWORDS[role])


@contextmanager
def connected(
    server: PostgresServer, role: str, password: str | None = None, database: str = DATABASE
) -> Iterator[psycopg.Connection]:
    with psycopg.connect(
        host=server.host,
        port=server.port,
        user=role,
        password=PASSWORDS[role] if password is None else password,
        dbname=database,
        autocommit=True,
        connect_timeout=5,
    ) as connection:
        yield connection


def tables_of(connection: psycopg.Connection) -> set[str]:
    rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return {name for (name,) in rows}


async def test_any_password_survives_in_the_address(server: PostgresServer) -> None:
    engine = create_async_engine(url_of(server, APP))
    try:
        async with engine.connect() as connection:
            assert (await connection.execute(text("SELECT current_user"))).scalar_one() == APP
    finally:
        await engine.dispose()


def test_a_wrong_password_is_refused(server: PostgresServer) -> None:
    with (
        pytest.raises(psycopg.OperationalError, match="password authentication failed"),
        connected(server, APP, PASSWORDS[APP] + "x"),
    ):
        pass


def test_the_migrations_made_every_table(server: PostgresServer) -> None:
    with connected(server, APP) as connection:
        assert tables_of(connection) == TABLES | {"alembic_version"}


def test_the_application_works_with_the_rows_of_every_table(server: PostgresServer) -> None:
    with connected(server, APP) as connection:
        for table in TABLES:
            name = sql.Identifier(table)
            column = connection.execute(
                "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum = 1",
                [table],
            ).fetchone()
            assert column is not None
            for statement in (
                sql.SQL("SELECT * FROM {}").format(name),
                sql.SQL("INSERT INTO {} SELECT * FROM {}").format(name, name),
                sql.SQL("UPDATE {} SET {} = {}").format(
                    name, sql.Identifier(column[0]), sql.Identifier(column[0])
                ),
                sql.SQL("DELETE FROM {}").format(name),
            ):
                connection.execute(statement)


def test_the_application_reads_the_revision_and_cannot_move_it(server: PostgresServer) -> None:
    with connected(server, APP) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() is not None
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("UPDATE alembic_version SET version_num = 'x'")


def test_generated_keys_work_for_the_application(server: PostgresServer) -> None:
    owner = "00000000-0000-0000-0000-000000000001"
    with connected(server, APP) as connection:
        connection.execute(
            "INSERT INTO users (id, name, created_at) VALUES (%s, 'role test', now())", [owner]
        )
        connection.execute(
            "INSERT INTO audit_entries (at, owner_id, action, details)"
            " VALUES (now(), %s, 'tried', '{}')",
            [owner],
        )
        connection.execute("DELETE FROM users WHERE id = %s", [owner])


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (id int)",
        "CREATE TEMPORARY TABLE mine (id int)",
        "CREATE SCHEMA mine",
        "CREATE ROLE mine",
        "CREATE DATABASE mine",
        "DROP EXTENSION plpgsql",
        "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "DROP TABLE documents",
        "ALTER TABLE documents ADD COLUMN mine int",
        "ALTER TABLE documents RENAME TO mine",
        "CREATE INDEX mine ON documents (title)",
        "TRUNCATE documents",
        "ALTER ROLE docuvault_migrate PASSWORD 'mine'",
        "SET ROLE docuvault_migrate",
    ],
)
def test_the_application_can_change_no_table(server: PostgresServer, statement: str) -> None:
    with (
        connected(server, APP) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement)
    with connected(server, APP) as connection:
        assert tables_of(connection) == TABLES | {"alembic_version"}


def test_tables_of_later_migrations_are_for_the_application_too(server: PostgresServer) -> None:
    with connected(server, MIGRATE) as owner:
        owner.execute("CREATE TABLE later (id bigint GENERATED ALWAYS AS IDENTITY, word text)")
        try:
            with connected(server, APP) as connection:
                connection.execute("INSERT INTO later (word) VALUES ('x')")
                connection.execute("DELETE FROM later")
        finally:
            owner.execute("DROP TABLE later")


@pytest.mark.parametrize(
    "statement", ["CREATE ROLE mine", "CREATE DATABASE mine", "COPY users TO PROGRAM 'true'"]
)
def test_the_migrating_role_is_no_superuser(server: PostgresServer, statement: str) -> None:
    with (
        connected(server, MIGRATE) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement)


def test_strangers_cannot_connect(server: PostgresServer) -> None:
    with server.connect() as superuser:
        superuser.execute("CREATE ROLE stranger LOGIN PASSWORD 'stranger'")
        try:
            with (
                pytest.raises(psycopg.OperationalError, match="permission denied for database"),
                connected(server, "stranger", "stranger"),
            ):
                pass
        finally:
            superuser.execute("DROP ROLE stranger")


async def test_migrations_go_down_and_up_again_as_their_own_role(server: PostgresServer) -> None:
    await schema.downgrade(url_of(server, MIGRATE), "base")
    with connected(server, APP) as connection:
        assert tables_of(connection) == {"alembic_version"}
    await schema.upgrade(url_of(server, MIGRATE))
    await schema.check(url_of(server, MIGRATE))
    with connected(server, APP) as connection:
        connection.execute("DELETE FROM documents")


def test_running_the_script_again_puts_new_passwords_in_force(server: PostgresServer) -> None:
    run_script(server, {MIGRATE: PASSWORDS[MIGRATE], APP: "another"})
    try:
        with connected(server, APP, "another") as connection:
            assert tables_of(connection) == TABLES | {"alembic_version"}
    finally:
        run_script(server, PASSWORDS)


@pytest.mark.parametrize("missing", ["POSTGRES_MIGRATE_PASSWORD", "POSTGRES_APP_PASSWORD"])
def test_the_script_refuses_to_run_without_passwords(missing: str) -> None:
    given = {"POSTGRES_MIGRATE_PASSWORD": "a", "POSTGRES_APP_PASSWORD": "b", missing: ""}
    result = subprocess.run(
        ["/bin/sh", str(SCRIPT)],
        capture_output=True,
        text=True,
        timeout=30,
        env={"PATH": os.environ["PATH"], **given},
    )
    assert result.returncode != 0
    assert missing in result.stderr


async def test_a_wrong_password_is_told_as_that(server: PostgresServer) -> None:
    wrong = server.database_url(DATABASE, user=MIGRATE, password="wrong")
    with pytest.raises(DependencyUnavailable, match="refuses the user or its password"):
        await schema.upgrade(wrong)
