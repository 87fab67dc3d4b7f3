"""The sandboxes of the platform's world."""

from __future__ import annotations

from typing import Any, Final

from aeptui.emulator.world import CLIENT_ID, World, sandbox_id

_SEED: Final = (("prod", "Production", "production", True), ("dev", "Development", "development", False))


def seed_sandboxes(world: World) -> None:
    """Write `prod`, the default, and `dev`."""
    for name, title, kind, default in _SEED:
        body: dict[str, Any] = {
            "name": name,
            "title": title,
            "state": "active",
            "type": kind,
            "region": "VA7",
            "isDefault": default,
            "eTag": 1,
            "createdDate": "2026-01-05 09:00:00",
            "lastModifiedDate": "2026-01-05 09:00:00",
            "createdBy": CLIENT_ID,
            "modifiedBy": CLIENT_ID,
            "id": sandbox_id(name),
        }
        world.store.put("sandbox", "", name, body)
