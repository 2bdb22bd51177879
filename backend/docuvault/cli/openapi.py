"""`docuvault openapi`: the description of the API, without a server."""

import json

import typer


def openapi() -> None:
    """Print the OpenAPI document."""
    from docuvault.api.app import create_app
    from docuvault.config.settings import Settings

    typer.echo(json.dumps(create_app(Settings()).openapi(), indent=2, sort_keys=True))
