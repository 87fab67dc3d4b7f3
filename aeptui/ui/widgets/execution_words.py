"""How the states of an execution are said: a glyph, a word and a style, always all three. Words for its steps."""

from __future__ import annotations

from aeptui.ui.widgets.glyphs import glyph

STEP_WORDS = {
    "base_connection": "base connection",
    "source_connection": "source connection",
    "field_group": "field group",
    "schema": "schema",
    "dataset": "dataset",
    "target_connection": "target connection",
    "mapping_set": "mapping set",
    "flow_spec": "flow spec",
    "flow": "dataflow",
}
"""The steps in their order, in words."""

_STATES = {
    "pending": ("pending", "waiting", "pending"),
    "running": ("running", "running", "running"),
    "succeeded": ("ok", "succeeded", "ok"),
    "failed": ("fail", "failed", "error"),
    "in_doubt": ("warning", "in doubt", "warning"),
    "skipped": ("pending", "not run", "muted"),
    "cancelled": ("warning", "cancelled", "warning"),
    "interrupted": ("warning", "interrupted", "warning"),
    "undone": ("pending", "undone", "muted"),
    "partly_undone": ("warning", "partly undone", "warning"),
}


def state_text(state: str) -> str:
    """Glyph and word of the state of a step or an execution: `✓ succeeded`."""
    mark, word, _ = _STATES.get(state, ("warning", state, "warning"))
    return f"{glyph(mark)} {word}"


def state_style(state: str) -> str:
    """The style name that goes with it."""
    return _STATES.get(state, ("", "", "warning"))[2]


def step_word(step: str) -> str:
    """A step in words; an unknown one as it is."""
    return STEP_WORDS.get(step, step.replace("_", " "))


def short_id(resource_id: str) -> str:
    """The part of an id that tells it apart: of a URL (a schema's `$id`) the end."""
    return resource_id.rsplit("/", 1)[-1] if "://" in resource_id else resource_id
