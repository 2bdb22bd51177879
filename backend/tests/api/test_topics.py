"""Topics: the owner's words, put on documents by people and by the classifier."""

from typing import Any

import pytest

from tests.vault import Vault

FINANCE = "Invoices, bills, bank statements, payments and taxes."
TRAVEL = "Journeys, flights, hotels, tickets and itineraries."
MEDICAL = "Doctors, hospitals, prescriptions, diagnoses and treatment."


def test_topics_are_kept(vault: Vault) -> None:
    made = vault.topic("Finance", FINANCE)
    assert made["color"] == "#6366f1"
    assert made["doc_count"] == 0

    changed = vault.http.patch(f"/api/topics/{made['id']}", json={"color": "#00ff00"}).json()
    assert (changed["name"], changed["color"]) == ("Finance", "#00ff00")
    assert vault.get("/api/topics")["topics"] == [changed]
    assert vault.http.delete(f"/api/topics/{made['id']}").status_code == 204
    assert vault.get("/api/topics")["topics"] == []
    assert vault.http.get(f"/api/topics/{made['id']}").status_code == 404


@pytest.mark.parametrize("name", ["Finanças", "FINANÇAS", "financas", "  Finanças  "])
def test_names_are_unique_whatever_their_case(vault: Vault, name: str) -> None:
    vault.topic("Finanças")
    again = vault.http.post("/api/topics", json={"name": name})

    assert (again.status_code, again.json()["code"]) == (409, "topic_exists")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": ""},
        {"name": " "},
        {"name": "x" * 101},
        {"name": "x", "color": "red"},
        {"name": "x", "color": "#12345g"},
        {"name": "x", "is_admin": True},
        {"name": ["x"]},
    ],
)
def test_topics_that_are_refused(vault: Vault, body: dict[str, Any]) -> None:
    response = vault.http.post("/api/topics", json=body)

    assert (response.status_code, response.json()["code"]) == (422, "validation_failed")


def test_people_have_the_last_word(vault: Vault) -> None:
    finance, travel = vault.topic("Finance", FINANCE), vault.topic("Travel", TRAVEL)
    document = vault.keep(
        "bill.txt", b"Invoice 4711: please pay the amount of 300 EUR to our bank account."
    )
    assert [topic["name"] for topic in document["topics"]] == ["Finance"]
    assert document["topics"][0]["source"] == "local"
    assert 0.5 <= document["topics"][0]["confidence"] <= 1
    assert document["topics"][0]["evidence"]

    url = f"/api/documents/{document['id']}"
    corrected = vault.http.patch(url, json={"topic_ids": [travel["id"]]}).json()
    assert [(t["name"], t["source"]) for t in corrected["topics"]] == [("Travel", "user")]
    vault.wait(document["id"])
    assert vault.http.post(url + "/classify").status_code == 202
    again = vault.wait(document["id"])

    assert [topic["name"] for topic in again["topics"]] == ["Travel"]
    counts = {topic["name"]: topic["doc_count"] for topic in vault.get("/api/topics")["topics"]}
    assert counts == {"Finance": 0, "Travel": 1}
    assert finance["id"] not in {topic["id"] for topic in again["topics"]}


def test_it_learns_from_corrections(vault: Vault) -> None:
    red, blue = vault.topic("Red"), vault.topic("Blue")
    lessons = {
        red["id"]: [
            "The striker scored two goals in the second half of the match.",
            "The match ended in a draw after extra time.",
            "The goalkeeper saved a penalty and the fans cheered.",
            "The coach praised the defenders of the team.",
            "Their midfielder was sent off after a foul.",
        ],
        blue["id"]: [
            "Simmer the onions in butter until they are soft.",
            "Bake the bread for an hour in a hot oven.",
            "Season the soup with salt and pepper.",
            "Peel the carrots and cut them into thin slices.",
            "Whip the cream and stir in the sugar.",
        ],
    }
    for topic_id, texts in lessons.items():
        for text in texts:
            document = vault.keep(f"{text[:9]}.txt", text.encode())
            vault.http.patch(f"/api/documents/{document['id']}", json={"topic_ids": [topic_id]})
            vault.wait(document["id"])

    football = vault.keep("later.txt", b"The team won the league after a late goal.")
    cooking = vault.keep("recipe.txt", b"Fry the potatoes and add a pinch of pepper.")

    assert [topic["name"] for topic in football["topics"]] == ["Red"]
    assert [topic["name"] for topic in cooking["topics"]] == ["Blue"]


def test_a_removed_topic_leaves_the_documents(vault: Vault) -> None:
    finance = vault.topic("Finance", FINANCE)
    document = vault.keep("x.txt", b"An invoice for two hundred euros, payable to the bank.")
    assert document["topics"]

    vault.http.delete(f"/api/topics/{finance['id']}")
    again = vault.wait(document["id"])

    assert again["topics"] == []
    assert vault.search("invoice")["hits"][0]["document"]["id"] == document["id"]
