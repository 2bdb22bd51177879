"""`python -m docuvault` is the `docuvault` command."""

from docuvault.cli.main import app

app()
