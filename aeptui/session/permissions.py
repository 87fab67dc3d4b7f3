"""What to ask an administrator for when a stage of a profile's test fails: pure text, ready to paste, without secrets.

Permission names are those of Adobe's access control. That a missing permission shows as an empty list or as a 404 is
documented for labels; for whole resources it is inferred.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aeptui.config import Profile
    from aeptui.errors import AeptuiError

MEANINGS: dict[str, str] = {
    "token": "There is no token: it takes client id, secret, scopes, and a way to Adobe's identity service.",
    "organisation": "The token is good, but the platform does not know this client in this organisation.",
    "sandbox": "The client is known, but may not use this sandbox: it is in no product profile for it.",
    "schemas": "The sandbox is there, but schemas may not be read.",
    "sources": "The sandbox is there, but sources may not be read.",
}
"""What a failure of each stage means."""

_WANTED: dict[str, str] = {
    "organisation": "Add this API credential to an Adobe Experience Platform product profile (Admin Console, Products, "
    "Adobe Experience Platform, a product profile, API credentials).",
    "sandbox": "Add the sandbox {sandbox} to the role that this API credential is in (Permissions, Roles, Sandboxes), "
    "or add the credential to a role that has it.",
    "schemas": "Add the permission View Schemas (Data Modeling) for the sandbox {sandbox} to the role of this API "
    "credential; to create dataflows also Manage Schemas, View Datasets and Manage Datasets.",
    "sources": "Add the permission View Sources (Data Ingestion) for the sandbox {sandbox} to the role of this API "
    "credential; to create dataflows also Manage Sources.",
}
_REFUSED = {401, 403, 404}


def request_text(stage: str, profile: Profile, error: AeptuiError) -> str:
    """What an administrator has to do, as a message; empty where no administrator can help."""
    wanted = _WANTED.get(stage)
    status = getattr(error, "status", None)
    if wanted is None or (status is not None and status not in _REFUSED and status != 200):
        return ""
    seen = error.title
    request_id = getattr(error, "request_id", None)
    if request_id:
        seen += f" Request id: {request_id}."
    return "\n".join(
        (
            "Access to Adobe Experience Platform for an API credential",
            f"API credential (client id): {profile.client_id}",
            f"Organisation: {profile.org_id}",
            f"Sandbox: {profile.sandbox}",
            f"What is needed: {wanted.format(sandbox=profile.sandbox)}",
            f"What was seen: {seen}",
        )
    )
