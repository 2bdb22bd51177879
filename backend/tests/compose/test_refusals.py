"""What is configured wrongly does not start, and says why in one sentence."""

import json

import pytest

from tests.compose.stack import Stack

WRONG = "wrong0wrong0wrong0wrong0wrong0wrong0"


@pytest.mark.parametrize(
    ("secret", "sentence"),
    [
        (
            "MINIO_SECRET_KEY",
            "The object storage refuses the credentials or the rights of its user.",
        ),
        ("POSTGRES_APP_PASSWORD", "The database refuses the user or its password."),
    ],
)
def test_the_api_refuses_to_start_with_a_wrong_secret(
    stack: Stack, secret: str, sentence: str
) -> None:
    stack.up()
    with stack.changed(**{secret: WRONG}):
        told = stack.compose("run", "--rm", "--no-deps", "-T", "backend", check=False)
    assert told.returncode == 69
    logged = [json.loads(line) for line in told.stdout.splitlines() if line.startswith("{")]
    errors = [line["event"] for line in logged if line["level"] == "error"]
    assert errors == [
        f"DocuVault cannot start: {sentence}",
        "Application startup failed. Exiting.",
    ]
    assert "Traceback" not in told.stdout
    assert WRONG not in told.stdout


def test_migrations_refuse_a_wrong_password(stack: Stack) -> None:
    stack.up()
    with stack.changed(POSTGRES_MIGRATE_PASSWORD=WRONG):
        told = stack.compose("run", "--rm", "--no-deps", "-T", "migrate", check=False)
    assert told.returncode == 69
    assert "The database refuses the user or its password." in told.stdout
    assert "Traceback" not in told.stdout
    assert WRONG not in told.stdout


def test_a_missing_secret_stops_compose_before_anything(stack: Stack) -> None:
    with stack.changed(REDIS_PASSWORD=""):
        told = stack.compose("up", "-d", check=False)
    assert told.returncode != 0
    assert "run make env" in told.stdout
