"""From a profile to what the client needs: addresses, names, and what it signs in with."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from aeptui.credentials import Secret, Vault, find_secret

if TYPE_CHECKING:
    from aeptui.api.http import Endpoints
    from aeptui.config import Profile


TOKEN_VARIABLE = "AEPTUI_ACCESS_TOKEN"


def endpoints_of(profile: Profile) -> Endpoints:
    """Where to talk to, and as whom."""
    from aeptui.api.http import Endpoints

    return Endpoints(
        platform_url=profile.platform_url,
        ims_url=profile.ims_url,
        client_id=profile.client_id,
        org_id=profile.org_id,
        sandbox=profile.sandbox,
        scopes=profile.scopes,
    )


def credential_of(profile: Profile, vaults: Sequence[Vault]) -> Secret:
    """What the client signs in with: the access token of the environment, else what the vaults hold. May block.

    Raises:
        CredentialsError: there is nothing.
    """
    return given_token() or find_secret(profile, vaults).secret


def given_token() -> Secret | None:
    """The access token of the environment."""
    token = os.environ.get(TOKEN_VARIABLE, "").strip()
    return Secret(token, access_token=True) if token else None
