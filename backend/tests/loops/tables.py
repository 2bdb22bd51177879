"""What the database held when a violation was found, saved beside logs and ledger."""

from tests.assembly import Assembly

_TABLES = ("documents", "stage_records", "upload_intents")


def save_tables(assembly: Assembly) -> None:
    """Write the telling tables as CSV; an embedded vault's file stays by itself."""
    if assembly.services is None:
        return
    with assembly.services.postgres.connect("docuvault") as connection:
        for table in _TABLES:
            with (
                connection.cursor().copy(
                    f"COPY {table} TO STDOUT WITH (FORMAT csv, HEADER)".encode()
                ) as copy,
                (assembly.folder / f"{table}.csv").open("wb") as file,
            ):
                for data in copy:
                    file.write(data)
