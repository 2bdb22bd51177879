"""The `docuvault` command; a verb imports what it needs when it is called, so all answer soon."""

import typer

from docuvault.cli import check, database, doctor, model, openapi, serve, storage, worker

app = typer.Typer(
    name="docuvault",
    help="DocuVault keeps every original, reads it, files it and finds it again.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command("serve")(serve.serve)
app.command("worker")(worker.worker)
app.command("beat")(worker.beat)
app.command("standin", hidden=True)(worker.standin)
app.command("check")(check.check)
app.command("config")(check.config)
app.command("doctor")(doctor.doctor)
app.command("openapi")(openapi.openapi)
app.add_typer(database.app, name="db")
app.add_typer(storage.app, name="storage")
app.add_typer(model.app, name="model")

if __name__ == "__main__":
    app()
