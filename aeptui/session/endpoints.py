"""From a profile to what the client needs: addresses, names, and a token somebody gave."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from aeptui.credentials import Secret

if TYPE_CHECKING:
    from aeptui.api.http import Endpoints
    from aeptui.config import Profile


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


def given_token() -> str | None:
    """The access token of the environment, known as a secret from here on."""
    value = os.environ.get("AEPTUI_ACCESS_TOKEN", "").strip()
    return Secret(value).reveal() if value else None
