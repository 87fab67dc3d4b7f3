"""Sandboxes, Adobe's separate worlds inside one organisation."""

from __future__ import annotations

from aeptui.models.base import Entity


class Sandbox(Entity):
    """One sandbox."""

    name: str
    title: str = ""
    state: str = ""
    type: str = ""
    region: str | None = None
    is_default: bool | None = None

    @property
    def is_active(self) -> bool:
        return self.state.lower() == "active"

    @property
    def is_production(self) -> bool:
        """Whether real data is at stake; a type nobody knows counts as production."""
        return self.type.lower() != "development"
