"""Finding: by words, by meaning, by exact text; narrowed, paged, honest about what is away."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from tests import making
from tests.vault import Vault

TEXTS = {
    "contract.txt": "The tenant shall hand over the flat in clean condition when the lease ends.",
    "recipe.txt": "Whisk the eggs, fold in the flour and bake the cake for forty minutes.",
    "manual.txt": "Press the red button for three seconds to reset the washing machine.",
    "letter.txt": "Dear Anna, the doctor says that grandfather may leave hospital on Friday.",
    "minutes.txt": "The board approved the budget and postponed the merger with Contoso.",
}


@pytest.fixture
def library(vault: Vault) -> dict[str, str]:
    """The ids of five documents by name."""
    ids = {name: kept(vault.upload(name, text.encode())) for name, text in TEXTS.items()}
    for document_id in ids.values():
        vault.wait(document_id)
    return ids


def kept(response: httpx2.Response) -> str:
    """The id of a document that was accepted as new."""
    assert response.status_code == 201, response.text
    return str(response.json()["document"]["id"])


def found(answer: dict[str, Any]) -> list[str]:
    return [hit["document"]["original_name"] for hit in answer["hits"]]


def test_words_find(vault: Vault, library: dict[str, str]) -> None:
    answer = vault.search("washing machine", mode="words")

    assert found(answer) == ["manual.txt"]
    hit = answer["hits"][0]
    assert hit["legs"] == ["words"]
    assert hit["page"] == 1
    marked = [hit["snippet"]["text"][a:b].lower() for a, b in hit["snippet"]["highlights"]]
    assert {"washing", "machine"} <= {word for mark in marked for word in mark.split()}


def test_meaning_finds_what_words_do_not(vault: Vault, library: dict[str, str]) -> None:
    question = "renter returning an apartment"

    assert found(vault.search(question, mode="words")) == []
    assert found(vault.search(question))[0] == "contract.txt"
    assert vault.search(question)["hits"][0]["legs"] == ["meaning"]


def test_exact_phrases_are_obeyed(vault: Vault, library: dict[str, str]) -> None:
    assert found(vault.search('"red button"')) == ["manual.txt"]
    assert found(vault.search('"button red"')) == []
    assert found(vault.search("red button", mode="exact")) == ["manual.txt"]
    assert found(vault.search('"for three seconds" washing')) == ["manual.txt"]
    assert "exact" in vault.search('"red button"')["hits"][0]["legs"]


def test_beginnings_and_exclusions(vault: Vault, library: dict[str, str]) -> None:
    assert found(vault.search("grandf*")) == ["letter.txt"]
    assert "recipe.txt" in found(vault.search("bake the cake"))
    assert "recipe.txt" not in found(vault.search("bake the cake -flour"))
    assert "manual.txt" not in found(vault.search('the -"red button"'))


def test_case_and_accents_do_not_matter(vault: Vault) -> None:
    vault.keep("cafe.txt", "Das CAFÉ in Zürich öffnet früh.".encode())

    for query in ("cafe zurich", "CAFÉ", '"cafe in zurich"', "zür*"):
        assert found(vault.search(query)) == ["cafe.txt"], query


def test_the_hit_names_its_page(vault: Vault) -> None:
    pages = [f"Page {n} speaks of nothing in particular." for n in range(1, 8)]
    pages[4] = "The platypus lays eggs although it is a mammal."
    document = vault.keep("animals.pdf", making.pdf(pages))

    for query, mode in (
        ("platypus", "hybrid"),
        ('"lays eggs"', "hybrid"),
        ("strange furry creature that hatches its young", "meaning"),
        ("platypus mammal", "words"),
        ("platypus", "exact"),
    ):
        hit = vault.search(query, mode=mode)["hits"][0]
        assert (hit["document"]["id"], hit["page"]) == (document["id"], 5), (query, mode)


def test_narrowing(vault: Vault, library: dict[str, str]) -> None:
    topic = vault.topic("Home")
    vault.http.patch(f"/api/documents/{library['manual.txt']}", json={"topic_ids": [topic["id"]]})
    vault.wait(library["manual.txt"])
    # Left alone by the classifier, which would file it with the other one.
    pdf = vault.keep(
        "machine.pdf", making.pdf(["A machine for washing clothes."]), auto_classify=False
    )
    today = datetime.now(UTC).date()

    assert set(found(vault.search("washing machine"))) >= {"manual.txt", "machine.pdf"}
    assert found(vault.search("washing machine", type="pdf")) == ["machine.pdf"]
    assert found(vault.search("washing machine", topic=topic["id"])) == ["manual.txt"]
    assert found(vault.search('"washing machine"', topic=topic["id"], mode="exact")) == [
        "manual.txt"
    ]
    assert found(vault.search("washing machine", created_from=str(today + timedelta(days=1)))) == []
    assert found(vault.search("washing machine", created_to=str(today - timedelta(days=1)))) == []
    assert "machine.pdf" in found(
        vault.search("washing machine", created_from=str(today), created_to=str(today))
    )
    assert pdf["status"] == "ready"


def test_pages_of_hits_do_not_overlap(vault: Vault) -> None:
    baskets = {f"{n}.txt": f"Apples are counted in basket number {n}.".encode() for n in range(12)}
    for document_id in [kept(vault.upload(name, text)) for name, text in baskets.items()]:
        vault.wait(document_id)

    first = vault.search("apples in baskets", limit=5)
    second = vault.search("apples in baskets", limit=5, offset=5)
    third = vault.search("apples in baskets", limit=5, offset=10)

    assert first["has_more"]
    assert second["has_more"]
    assert not third["has_more"]
    names = found(first) + found(second) + found(third)
    assert len(names) == len(set(names)) == 12


def test_any_text_is_a_query(vault: Vault, library: dict[str, str]) -> None:
    queries = [
        '"',
        "a AND",
        "C++",
        "http://x",
        "-x",
        "*",
        "a:*&!|",
        "' OR 1=1 --",
        "(((",
        "\\",
        "NEAR(a b)",
        "x" * 1000,
        "a " * 400,
        "\t\n",
        "-",
        '"" ""',
    ]
    answers = {
        (query, mode): vault.http.get("/api/search", params={"q": query, "mode": mode}).status_code
        for query in queries
        for mode in ("hybrid", "exact")
    }

    assert answers == dict.fromkeys(answers, 200)


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"q": ""},
        {"q": "x" * 1001},
        {"q": "x", "mode": "magic"},
        {"q": "x", "limit": 0},
        {"q": "x", "offset": -1},
        {"q": "x", "created_from": "yesterday"},
        {"q": "x", "topic": "1"},
    ],
)
def test_searches_that_are_refused(vault: Vault, params: dict[str, Any]) -> None:
    response = vault.http.get("/api/search", params=params)

    assert (response.status_code, response.json()["code"]) == (422, "validation_failed")


def test_days_at_the_end_of_time(vault: Vault, library: dict[str, str]) -> None:
    answer = vault.search("button", created_from="0001-01-01", created_to="9999-12-31")

    assert "manual.txt" in found(answer)
