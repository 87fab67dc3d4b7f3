"""`aeptui plan`: the requests a pipeline would send, as text, curl or JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from aeptui.cli.run import variables_of
from aeptui.cli.running import with_session

if TYPE_CHECKING:
    from aeptui.session import Session


@click.command()
@click.argument("file")
@click.option("--profile", "-p", metavar="NAME", help="The profile to use; without it the last one used.")
@click.option("--format", "form", type=click.Choice(["text", "curl", "json"]), default="text", show_default=True)
@click.option("--var", "variables", multiple=True, metavar="NAME=VALUE", callback=variables_of, help="Fill ${NAME}.")
def plan(file: str, profile: str | None, form: str, variables: dict[str, str]) -> None:
    """Show what running a pipeline would send. Nothing is created.

    Ids that are not known yet stand as ${schema.id}; secrets as $ACCESS_TOKEN and the like.
    """

    async def work(session: Session) -> str:
        from aeptui.session.pipelines import read_pipeline

        planned = await session.pipelines.plan(read_pipeline(session.paths, file, variables))
        if form == "json":
            return json.dumps(planned.to_json(), ensure_ascii=False, indent=2)
        return planned.to_curl(session.profile.platform_url) if form == "curl" else planned.to_text()

    click.echo(with_session(profile, work))
