"""`docuvault model`: the local embedding model."""

import typer

from docuvault.cli.settings import refuse, settings_or_exit
from docuvault.domain.errors import DocuVaultError

app = typer.Typer(help="The local embedding model.", no_args_is_help=True)


@app.callback()
def main() -> None:
    """Keep `prepare` a command of its own."""


@app.command()
def prepare() -> None:
    """Build the int8 model from the installed weights; quick when it is there already."""
    from docuvault.ai.model import prepare_model

    settings = settings_or_exit()
    try:
        prepare_model(settings.model_dir)
    except DocuVaultError as error:
        refuse(error)
    typer.echo(f"The model is ready in {settings.model_dir}.")
