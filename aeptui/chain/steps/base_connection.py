"""The base connection that a pipeline declares: an account at a storage, with secrets that stand in no document.

Its body holds a placeholder for each secret, in the plan and in the journal; the secrets are put in for the request
alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from aeptui.chain.account_checks import auth_params
from aeptui.chain.step import Action, ChainContext, Made, MadeBySteps, Seen, StepName
from aeptui.errors import AeptuiError
from aeptui.ids import BaseConnectionId
from aeptui.models.base import CreateBody, Json, SpecRef
from aeptui.models.connections import AuthBody, BaseConnectionCreate

if TYPE_CHECKING:
    from aeptui.api.client import AepClient
    from aeptui.chain.pipeline import NewBaseConnection
    from aeptui.credentials import Secret


class BaseConnectionStep:
    """POST /connections."""

    name: StepName = "base_connection"
    needs: tuple[StepName, ...] = ()
    path = "/data/foundation/flowservice/connections"

    def existing(self, context: ChainContext) -> tuple[Action, Made] | None:
        found = context.resolved.base_connection
        # One that this very execution made, before its answer was lost, is not somebody else's.
        if found is None or (found.description or "") == context.marker(self.name):
            return None
        return "reuse", Made(found.id, etag=found.etag)

    def title(self, context: ChainContext) -> str:
        return _declared(context).name

    def body(self, context: ChainContext, made: MadeBySteps) -> BaseConnectionCreate:
        declared = _declared(context)
        return BaseConnectionCreate(
            name=declared.name,
            description=context.marker(self.name),
            auth=AuthBody(spec_name=declared.auth, params=auth_params(declared)),
            connection_spec=SpecRef(id=context.resolved.connection_spec.id),
        )

    async def create(self, client: AepClient, body: CreateBody) -> Made:
        made = await client.base_connections.create(cast("BaseConnectionCreate", body))
        return Made(made.id, etag=made.etag)

    async def find(self, client: AepClient, marker: str, body: Json) -> Sequence[Made]:
        where = f"connectionSpec.id=={body['connectionSpec']['id']}"
        listed = client.base_connections.list(property=(where,))
        return [Made(one.id, etag=one.etag) async for one in listed if one.description == marker]

    async def look(self, client: AepClient, identifier: str) -> Seen:
        found = await client.base_connections.get(BaseConnectionId(identifier))
        return Seen(found.name, (found.description or "",), found.etag)

    async def delete(self, client: AepClient, identifier: str, etag: str | None) -> None:
        await client.base_connections.delete(identifier, etag)


def with_secrets(body: CreateBody, declared: NewBaseConnection, secrets: Mapping[str, Secret]) -> BaseConnectionCreate:
    """The body as it is sent.

    Raises:
        AeptuiError: a secret was not given.
    """
    base = cast("BaseConnectionCreate", body)
    missing = [name for name in declared.secrets.values() if name not in secrets]
    if missing:
        raise AeptuiError(f"The secret {missing[0]} was not given.", f"`aeptui secrets set {missing[0]}` keeps it.")
    known = {key: secrets[name].reveal() for key, name in declared.secrets.items()}
    auth = AuthBody(spec_name=declared.auth, params={**declared.params, **known})
    return base.model_copy(update={"auth": auth})


def _declared(context: ChainContext) -> NewBaseConnection:
    declared = context.pipeline.base_connection
    assert declared is not None  # noqa: S101 - only a pipeline that declares one has this step
    return declared
