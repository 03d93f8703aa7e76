"""The command line: python -m mediklaud."""

import typer

app = typer.Typer()


@app.command()
def serve() -> None:
    """Serve."""
    from mediklaud.server import serve as run

    run()


@app.command()
def init() -> None:
    """x"""


app()
