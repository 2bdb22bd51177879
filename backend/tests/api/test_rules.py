"""Routing rules over HTTP: kept, ordered, tried, and asked about every new document."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from tests.vault import Vault

BILLS = 'mime == "text/plain" and filename contains "invoice"'
HOSTILE = [
    "undefined",
    "NULL",
    "'; DROP TABLE routing_rules; --",
    '"><script>alert(1)</script>',
    "{{7*7}} ${jndi:ldap://127.0.0.1/a} %s%n",
    "\u202etest\u202e",
    "田中さんにあげて下さい",
    "👩‍👩‍👧‍👦 🏳️‍🌈",
    "Z̮̞̠͙͔ͅḀ̗̞͈̻̗Ḷ͙͎̯̹̞͓G̻O̭̗̮",
    "\\",
    "a" * 100,
]


def body(condition: str = BILLS, name: str = "Bills", **actions: Any) -> dict[str, Any]:
    return {"name": name, "condition": condition, "actions": actions or {"needs_review": True}}


def rules(vault: Vault) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = vault.get("/api/rules")["rules"]
    return found


# --- keeping --------------------------------------------------------------------------------------


def test_rules_are_kept(vault: Vault) -> None:
    topic = vault.topic("Taxes")
    made = vault.rule(
        'MIME=="text/plain"'.replace("MIME", "mime"),
        "  Bills ",
        topic_ids=[topic["id"]],
        title="{topic} {date}",
        needs_review=True,
    )
    assert made["name"] == "Bills"
    assert made["condition"] == 'mime == "text/plain"'
    assert made["actions"] == {
        "topic_ids": [topic["id"]],
        "title": "{topic} {date}",
        "needs_review": True,
    }
    assert (made["enabled"], made["missing_topic_ids"], made["fault"]) == (True, [], None)
    url = f"/api/rules/{made['id']}"
    assert vault.get(url) == made
    assert rules(vault) == [made]

    changed = vault.http.put(url, json={**body(title="x"), "enabled": False}).json()
    assert (changed["name"], changed["enabled"]) == ("Bills", False)
    assert changed["actions"] == {"topic_ids": [], "title": "x", "needs_review": False}
    assert vault.get(url) == changed
    assert vault.http.delete(url).status_code == 204
    assert rules(vault) == []
    for method in ("GET", "DELETE"):
        assert vault.http.request(method, url).status_code == 404
    assert vault.http.put(url, json=body()).status_code == 404
    assert vault.http.get("/api/rules/no-id").status_code == 404


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "body.name"),
        ({"name": " "}, "body.name"),
        ({"name": "x" * 101}, "body.name"),
        ({"name": 1}, "body.name"),
        ({"owner_id": "x"}, "body.owner_id"),
        ({"enabled": "yes"}, "body.enabled"),
        ({"condition": 1}, "body.condition"),
        ({"actions": {}}, "body.actions"),
        ({"actions": {"needs_review": False, "topic_ids": []}}, "body.actions"),
        ({"actions": {"needs_review": 1}}, "body.actions.needs_review"),
        ({"actions": {"run": "x"}}, "body.actions.run"),
        ({"actions": {"title": "x" * 256}}, "body.actions.title"),
        ({"actions": {"title": " "}}, "body.actions.title"),
        ({"actions": {"title": "{topics}"}}, "body.actions.title"),
        ({"actions": {"title": "{title"}}, "body.actions.title"),
        ({"actions": {"title": "{title.__class__}"}}, "body.actions.title"),
        ({"actions": {"topic_ids": ["x"]}}, "body.actions.topic_ids.0"),
        ({"actions": {"topic_ids": [str(uuid4())]}}, "body.actions.topic_ids"),
    ],
)
def test_rules_that_are_refused(vault: Vault, changes: dict[str, Any], field: str) -> None:
    kept = vault.rule(BILLS, needs_review=True)

    for method, url in (("POST", "/api/rules"), ("PUT", f"/api/rules/{kept['id']}")):
        response = vault.http.request(method, url, json={**body(), **changes})
        assert (response.status_code, response.json()["code"]) == (422, "validation_failed")
        assert response.json()["errors"][0]["field"] == field
    assert rules(vault) == [kept]


@pytest.mark.parametrize(
    ("condition", "position", "sentence"),
    [
        ("", 0, "The condition is empty."),
        ("  mime > 3", 7, "mime is a text; > is for numbers."),
        ('title == "👩‍👩‍👧" and sverity > 1', 21, "did you mean severity?"),
        ("age_days > 3", 0, "There is no field of this name"),
        ('title contains "\u0000"', 16, "control characters"),
        (" and ".join(["step > 1"] * 13), 163, "at most 50 parts"),
        ("step > 1" + " " * 11_000, None, "10000"),
    ],
)
def test_a_condition_that_is_none_tells_the_place(
    vault: Vault, condition: str, position: int | None, sentence: str
) -> None:
    wanted = "bad_condition" if position is not None else "validation_failed"
    for url, sent in (
        ("/api/rules", body(condition)),
        ("/api/rules/check", {"condition": condition}),
        ("/api/rules/dry-run", {"condition": condition, "actions": {"needs_review": True}}),
    ):
        response = vault.http.post(url, json=sent)
        told = response.json()
        assert (response.status_code, told["code"]) == (422, wanted), url
        [error] = told["errors"]
        assert error["field"] == "body.condition"
        assert sentence in error["message"]
        if position is not None:
            assert error["position"] == position
            assert f"(at character {position + 1})" in error["message"]
            assert error["message"] == told["detail"]
    assert rules(vault) == []


def test_fifty_parts_are_possible(vault: Vault) -> None:
    longest = "not (" + " and ".join(["step > 1"] * 10) + " and step in (1, 2))"
    assert len(re.findall(r"\w+|[^\w\s]", longest)) == 50

    more = {"condition": f"not {longest}"}
    assert vault.http.post("/api/rules/check", json=more).json()["code"] == "bad_condition"
    assert vault.rule(longest, needs_review=True)["condition"] == longest


def test_a_condition_is_checked_without_being_kept(vault: Vault) -> None:
    response = vault.http.post("/api/rules/check", json={"condition": 'NOT(title=="A")'})

    assert (response.status_code, response.json()) == (200, {"condition": 'not title == "A"'})
    assert rules(vault) == []


@pytest.mark.parametrize("text", HOSTILE)
def test_any_name_and_any_title_round_trips(vault: Vault, text: str) -> None:
    pattern = text.replace("{", "(").replace("}", ")")
    spelt = json.dumps(text, ensure_ascii=False)
    made = vault.rule(f"filename contains {spelt}", text, title=pattern)

    assert (made["name"], made["actions"]["title"]) == (text, pattern)
    assert made["condition"] == f"filename contains {spelt}"
    assert rules(vault) == [made]


@pytest.mark.parametrize("text", ["a\u0000b", "\ud800"])
def test_text_that_no_database_can_hold_is_refused(vault: Vault, text: str) -> None:
    for sent in (body(name=text), body(title=text)):
        response = vault.http.post(
            "/api/rules",
            content=json.dumps(sent).encode(),
            headers={"Content-Type": "application/json"},
        )
        assert response.status_code in {400, 422}
    assert rules(vault) == []


def test_a_topic_that_is_deleted_is_missed(vault: Vault) -> None:
    gone, kept = vault.topic("Gone"), vault.topic("Kept")
    made = vault.rule(BILLS, topic_ids=[gone["id"], kept["id"]])
    vault.http.delete(f"/api/topics/{gone['id']}")

    [rule] = rules(vault)
    assert rule["actions"]["topic_ids"] == [gone["id"], kept["id"]]
    assert rule["missing_topic_ids"] == [gone["id"]]
    same = {name: rule[name] for name in ("name", "condition", "actions")}
    off = vault.http.put(f"/api/rules/{made['id']}", json={**same, "enabled": False})
    assert (off.status_code, off.json()["enabled"]) == (200, False)


# --- order ----------------------------------------------------------------------------------------


def test_rules_are_put_in_order(vault: Vault) -> None:
    a, b, c = [vault.rule(BILLS, name, needs_review=True)["id"] for name in "abc"]

    ordered = vault.http.put("/api/rules/order", json={"ids": [c, a, b]})

    assert [rule["id"] for rule in ordered.json()["rules"]] == [c, a, b]
    assert [rule["id"] for rule in rules(vault)] == [c, a, b]
    for wrong in ([a, b], [a, b, b], [a, b, c, str(uuid4())], []):
        response = vault.http.put("/api/rules/order", json={"ids": wrong})
        assert (response.status_code, response.json()["errors"][0]["field"]) == (422, "body.ids")
    assert [rule["id"] for rule in rules(vault)] == [c, a, b]


def test_orders_at_the_same_time_end_as_one_of_them(vault: Vault) -> None:
    ids = [vault.rule(BILLS, str(number), needs_review=True)["id"] for number in range(5)]
    orders = [ids[n:] + ids[:n] for n in range(5)] * 2

    def order(wanted: list[str]) -> int:
        return vault.http.put("/api/rules/order", json={"ids": wanted}).status_code

    with ThreadPoolExecutor(5) as pool:
        assert set(pool.map(order, orders)) == {200}

    assert [rule["id"] for rule in rules(vault)] in orders


# --- at work --------------------------------------------------------------------------------------


def test_a_new_document_is_routed(vault: Vault) -> None:
    taxes = vault.topic("Taxes")
    later = vault.topic("Later")
    vault.rule(
        BILLS, "Bills", topic_ids=[taxes["id"]], title="{topic} of {title}", needs_review=True
    )
    vault.rule('extension == "txt" and size_bytes < 100', "Small", topic_ids=[later["id"]])
    vault.rule('filename startswith "other"', "Others", title="Never")

    routed = vault.keep("Invoice_7.txt", b"Fresh carrots and a hundred apples in the garden.")
    plain = vault.keep("letter.txt", b"Fresh carrots, and a hundred apples, in the garden.")

    assert routed["title"] == "Taxes of Invoice 7"
    assert routed["needs_review"] is True
    given = {topic["name"]: topic for topic in routed["topics"]}
    assert given["Taxes"]["source"] == "rule"
    assert (given["Taxes"]["confidence"], given["Taxes"]["evidence"]) == (1.0, "Bills")
    assert set(given) == {"Taxes", "Later"}
    assert (plain["title"], plain["needs_review"]) == ("letter", False)
    assert [topic["name"] for topic in plain["topics"]] == ["Later"]
    hits = vault.search("taxes of invoice", topic=taxes["id"])["hits"]
    assert [hit["document"]["id"] for hit in hits] == [routed["id"]]
    assert hits[0]["document"]["needs_review"] is True


def test_rules_work_without_any_topics(vault: Vault) -> None:
    vault.rule(BILLS, title="Bill {filename}", needs_review=True)

    routed = vault.keep("invoice.txt", b"Words about rain.")

    assert (routed["title"], routed["needs_review"]) == ("Bill invoice.txt", True)
    assert routed["stages"][1]["error"]["code"] == "no_topics"


def test_nothing_is_routed_that_was_not_to_be_classified(vault: Vault) -> None:
    vault.rule(BILLS, title="Bill", needs_review=True)

    kept = vault.keep("invoice.txt", b"Words about snow.", auto_classify=False)

    assert (kept["title"], kept["needs_review"]) == ("invoice", False)


def test_people_have_the_last_word(vault: Vault) -> None:
    taxes = vault.topic("Taxes")
    vault.rule(BILLS, topic_ids=[taxes["id"]], title="By rule", needs_review=True)
    document = vault.keep("invoice.txt", b"Words about hail.")
    assert (document["title"], document["needs_review"]) == ("By rule", True)
    url = f"/api/documents/{document['id']}"

    corrected = vault.http.patch(
        url, json={"title": "Mine", "topic_ids": [], "needs_review": False}
    ).json()
    assert (corrected["title"], corrected["needs_review"]) == ("Mine", False)
    vault.wait(document["id"])
    assert vault.http.post(url + "/classify").status_code == 202
    again = vault.wait(document["id"])

    assert (again["title"], again["needs_review"], again["topics"]) == ("Mine", False, [])


def test_the_list_shows_what_needs_review(vault: Vault) -> None:
    vault.rule(BILLS, needs_review=True)
    marked = vault.keep("invoice.txt", b"Words about fog.")
    plain = vault.keep("letter.txt", b"Words about frost.")

    def listed(**params: Any) -> tuple[list[str], int]:
        found = vault.get("/api/documents", **params)
        return [document["id"] for document in found["items"]], found["total"]

    assert listed(needs_review="true") == ([marked["id"]], 1)
    assert listed(needs_review="false") == ([plain["id"]], 1)
    assert listed()[1] == 2
    vault.http.patch(f"/api/documents/{marked['id']}", json={"needs_review": False})
    assert listed(needs_review="true") == ([], 0)


def test_saying_that_it_was_reviewed_runs_nothing_again(vault: Vault) -> None:
    vault.rule(BILLS, needs_review=True)
    document = vault.keep("invoice.txt", b"Words about mist.")

    reviewed = vault.http.patch(
        f"/api/documents/{document['id']}", json={"needs_review": False}
    ).json()

    assert reviewed["stages"] == document["stages"]
    assert reviewed["status"] == "ready"


# --- trying ---------------------------------------------------------------------------------------


def test_a_dry_run_tells_and_changes_nothing(vault: Vault) -> None:
    taxes = vault.topic("Taxes")
    first = vault.keep("Invoice 1.txt", b"Words about the sea.", auto_classify=False)
    second = vault.keep("invoice 2.txt", b"Words about the shore.", auto_classify=False)
    other = vault.keep("letter.txt", b"Words about the beach.", auto_classify=False)
    before = [vault.get(f"/api/documents/{one['id']}") for one in (first, second, other)]
    actions: dict[str, Any] = {
        "topic_ids": [taxes["id"]],
        "title": "{topic}: {title}",
        "needs_review": True,
    }

    tried = vault.http.post("/api/rules/dry-run", json={"condition": BILLS, "actions": actions})

    assert tried.json() == {
        "matches": 2,
        "checked": 3,
        "stopped": False,
        "examples": [
            {
                "document_id": document["id"],
                "title": document["title"],
                "changes": {
                    "topic_ids": [taxes["id"]],
                    "title": f"Taxes: {document['title']}",
                    "needs_review": True,
                },
            }
            for document in (second, first)
        ],
    }
    kept = vault.rule(BILLS, **actions)
    again = vault.http.post("/api/rules/dry-run", json={"rule_id": kept["id"]})
    assert again.json() == tried.json()
    assert [vault.get(f"/api/documents/{one['id']}") for one in (first, second, other)] == before


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"condition": BILLS},
        {"actions": {"needs_review": True}},
        {"rule_id": str(uuid4()), "condition": BILLS, "actions": {"needs_review": True}},
        {"condition": BILLS, "actions": {}},
        {"condition": BILLS, "actions": {"title": "{x}"}},
    ],
)
def test_dry_runs_that_are_refused(vault: Vault, sent: dict[str, Any]) -> None:
    response = vault.http.post("/api/rules/dry-run", json=sent)

    assert (response.status_code, response.json()["code"]) == (422, "validation_failed")
    assert vault.http.post("/api/rules/dry-run", json={"rule_id": str(uuid4())}).status_code == 404
