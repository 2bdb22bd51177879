"""What the rows say of the work: who is at it, and what came of it."""

from dataclasses import dataclass

import psycopg

from tests.assembly import Assembly
from tests.recovery import points
from tests.workerloop.journal import Journal

_UNFINISHED = """
    SELECT d.id::text, count(s.stage), count(*) FILTER (WHERE s.state NOT IN ('done', 'skipped'))
    FROM documents d LEFT JOIN stage_records s ON s.document_id = d.id
    WHERE d.deleted_at IS NULL
    GROUP BY d.id
    HAVING count(s.stage) <> 3 OR count(*) FILTER (WHERE s.state NOT IN ('done', 'skipped')) > 0
"""
_MISCOUNTED = """
    SELECT s.document_id::text, s.result ->> 'chunks', count(c.id)
    FROM stage_records s LEFT JOIN chunks c ON c.document_id = s.document_id
    WHERE s.stage = 'embed' AND s.state = 'done'
    GROUP BY s.document_id, s.result ->> 'chunks'
    HAVING (s.result ->> 'chunks')::int <> count(c.id)
"""
_NEWEST = "SELECT document_id::text, stage, generation FROM stage_records"
_HELD = """
    SELECT document_id::text, stage, lease_token::text, lease_until::text
    FROM stage_records WHERE state = 'running'
"""


@dataclass(frozen=True, slots=True)
class Held:
    """A stage that a worker has claimed: the token of its run, and when its lease ends."""

    document_id: str
    stage: str
    token: str
    lease_until: str


class Rows:
    """The database itself, read by the superuser."""

    def __init__(self, assembly: Assembly) -> None:
        assert assembly.services is not None
        self._assembly = assembly
        self._postgres = assembly.services.postgres

    def held(self) -> set[Held]:
        """Stages that somebody works on."""
        with self._connect() as rows:
            return {Held(*row) for row in rows.execute(_HELD).fetchall()}

    def is_removed(self, document_id: str) -> bool:
        """Whether nothing is left of a document."""
        with self._connect() as rows:
            found = rows.execute("SELECT 1 FROM documents WHERE id = %s", [document_id])
            return found.fetchone() is None

    def faults(self, journal: Journal) -> list[str]:
        """What is lost, unfinished, miscounted or done twice, when everything is at rest."""
        with self._connect() as rows:
            unfinished = rows.execute(_UNFINISHED).fetchall()
            miscounted = rows.execute(_MISCOUNTED).fetchall()
            newest = {(id_, stage): last for id_, stage, last in rows.execute(_NEWEST).fetchall()}
            [(chunks,)] = rows.execute("SELECT count(*) FROM chunks").fetchall()
        found = [
            f"{id_} has {stages} stages, {open_} of them open" for id_, stages, open_ in unfinished
        ]
        found += [
            f"{id_} has {there} chunks, {said} were indexed" for id_, said, there in miscounted
        ]
        if chunks != (held := points(self._assembly)):
            found.append(f"the index holds {held} chunks, the rows are {chunks}")
        for (id_, stage, generation), times in journal.accepted.items():
            if times > 1:
                found.append(f"{stage} of {id_} ({generation}) was accepted {times} times")
            if generation > newest.get((id_, stage), generation):
                found.append(f"{stage} of {id_} was accepted for a generation that never was")
        return found

    def _connect(self) -> psycopg.Connection:
        return self._postgres.connect("docuvault")
