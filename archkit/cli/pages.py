"""The dashboard and the explorer as pages, from a shell."""

from __future__ import annotations

from typing import Annotated

import typer

from archkit.cli.app import LOOKING, AsJson, MemoryPath, app, opened, plainly
from archkit.cli.screen import Screen
from archkit.plain import shown_path

__all__ = ["pages"]


@app.command("app", rich_help_panel=LOOKING)
@plainly
def pages(
    memory: MemoryPath = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any that is free.")] = 8866,
    ip: Annotated[
        str, typer.Option(metavar="ADDRESS", help="By default only this machine reaches it.")
    ] = "127.0.0.1",
    base_url: Annotated[
        str, typer.Option(metavar="PATH", help="Where it is behind a proxy: /archkit/.")
    ] = "/",
    no_token: Annotated[
        bool, typer.Option("--no-token", help="Ask for no token; only on this machine's own.")
    ] = False,
    hosts: Annotated[
        list[str] | None,
        typer.Option("--host", metavar="NAME", help="With --no-token: the proxy's name."),
    ] = None,
    most: Annotated[
        int, typer.Option(min=1, metavar="N", help="Pages open at once, some 250 MB each.")
    ] = 20,
    as_json: AsJson = False,
) -> None:
    """Serve the dashboard and the trade-offs as pages in a browser, without code.

    Whoever has the token looks; nothing can be written and no code run. `$ARCHKIT_APP_TOKEN` sets
    the token, else there is a new one each time. Needs archkit[app].
    """
    from archkit.app import Served, serve

    screen = Screen(as_json)
    with opened(memory) as kept:
        kept.sql("SELECT 1")  # whatever is to be made of the file is made before a reader comes
        path = kept.path

    def ready(at: Served) -> None:
        if as_json:
            screen.data({"url": at.url, "address": at.address, "token": at.token})
        screen.say(f"The pages of {shown_path(path)}:\n{at.url}")
        screen.note("Ctrl+C ends them.")

    serve(
        path,
        port=port,
        ip=ip,
        base_url=base_url,
        token=not no_token,
        hosts=tuple(hosts or ()),
        most=most,
        ready=ready,
    )
