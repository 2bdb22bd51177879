"""Files are drawn from the seed alone."""

import io
import random
import zipfile

import docx

from tests.loops.files import LARGE, draw


def test_a_seed_gives_the_same_files_again() -> None:
    first, again = (
        [draw(random.Random(seed), "file").content for seed in range(30)] for _ in range(2)
    )

    assert first == again


def test_a_word_document_names_no_present_time_and_can_be_read() -> None:
    sample = draw(random.Random(1), "file", large=True)

    with zipfile.ZipFile(io.BytesIO(sample.content)) as archive:
        assert len({entry.date_time for entry in archive.infolist()}) == 1
        assert archive.infolist()[0].date_time == (2026, 1, 1, 0, 0, 0)
    assert len(sample.content) > LARGE
    text = "\n".join(
        paragraph.text for paragraph in docx.Document(io.BytesIO(sample.content)).paragraphs
    )
    assert sample.word in text
