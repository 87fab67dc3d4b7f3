"""`aeptui plan`: the requests a pipeline would send, as text, curl or JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from aeptui.cli.output import talk
from aeptui.cli.run import variables_of
from aeptui.cli.running import with_session

if TYPE_CHECKING:
    from aeptui.chain.update import Existing
    from aeptui.session import Session


def _standing(one: Existing) -> dict[str, object]:
    """A dataflow that has the pipeline's name already, and how it stands to it."""
    return {
        "flow": one.live.flow_id,
        "nothing_to_do": one.is_same,
        "changes": [asdict(change) for change in one.changes],
        "not_in_place": list(one.refused),
    }


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

        parsed = read_pipeline(session.paths, file, variables)
        planned = await session.pipelines.plan(parsed)
        there = await session.flows.existing(parsed)
        if form == "json":
            told = {**planned.to_json(), "existing": [_standing(one) for one in there]}
            return json.dumps(told, ensure_ascii=False, indent=2)
        for one in there:
            stands = "is different" if one.changes or one.refused else "is disabled"
            what = "is what this pipeline makes: nothing to do" if one.is_same else stands
            talk(f"The dataflow {one.live.flow_id} {what}. `aeptui run --if-exists new` would make another:")
        return planned.to_curl(session.profile.platform_url) if form == "curl" else planned.to_text()

    click.echo(with_session(profile, work))
