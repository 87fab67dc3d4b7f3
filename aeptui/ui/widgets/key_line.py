"""The one line at the bottom: the keys that matter here, cut to its width. Repaints only when they change."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from aeptui.ui.widgets.cells import width
from aeptui.ui.widgets.grid_line import Run, strip_of

if TYPE_CHECKING:
    from textual.binding import Binding
    from textual.screen import Screen

Hint = tuple[str, str]

_KEPT = ("help", "back", "quit")
"""Words of the hints that stay when there is too little room: the way out and the way to the rest."""


_NAMES = {
    "escape": "esc",
    "question_mark": "?",
    "slash": "/",
    "pagedown": "pgdn",
    "pageup": "pgup",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "plus": "+",
    "minus": "-",
    "full_stop": ".",
    "comma": ",",
    "asterisk": "*",
    "exclamation_mark": "!",
}


def key_name(binding: Binding) -> str:
    """A key as it is written here: what stands on the key, in plain ASCII."""
    return binding.key_display or own_key_name(binding)


def own_key_name(binding: Binding) -> str:
    """The key of this binding alone, where the key line shows it together with another one: `[ ]`."""
    return _NAMES.get(binding.key, binding.key)


class KeyLine(Widget):
    """`enter open  n new  / filter  ? help  esc back`."""

    DEFAULT_CSS = """
    KeyLine {
        height: 1;
        dock: bottom;
        background: $panel;
        color: $text-muted;
        .key-line--key { color: $text-accent; text-style: bold; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"key-line--key"}

    hints: reactive[tuple[Hint, ...]] = reactive(())

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._bindings_changed)
        self._bindings_changed(self.screen)

    def _bindings_changed(self, screen: Screen[object]) -> None:
        if self.is_attached and screen is self.app.screen:
            self.hints = shown_hints(screen)

    def render_line(self, y: int) -> Strip:
        cells, plain = self.size.width, self.rich_style
        key_look = self.get_component_rich_style("key-line--key")
        runs: list[Run] = [(" ", plain)]
        for key, word in chosen(self.hints, cells - 1):
            runs += [(key, key_look), (f" {word}  ", plain)]
        used = sum(width(text) for text, _ in runs)
        runs.append((" " * max(0, cells - used), plain))
        return strip_of(runs, max(used, cells)).crop(0, cells)


def shown_hints(screen: Screen[object]) -> tuple[Hint, ...]:
    """Key and word of every active binding that asks to be shown; the ones for leaving and help come last."""
    hints: dict[str, str] = {}
    for active in screen.active_bindings.values():
        binding = active.binding
        if binding.show and active.enabled and binding.description and binding.description not in hints.values():
            hints[key_name(binding)] = binding.description
    return tuple(sorted(hints.items(), key=lambda hint: _KEPT.index(hint[1]) + 1 if hint[1] in _KEPT else 0))


def chosen(hints: tuple[Hint, ...], cells: int) -> tuple[Hint, ...]:
    """As many hints as fit; from the end, but help, back and quit stay longest."""
    kept = list(hints)

    def used() -> int:
        return sum(width(key) + width(word) + 3 for key, word in kept) - 2

    while kept and used() > cells:
        ordinary = [hint for hint in kept if hint[1] not in _KEPT]
        kept.remove(ordinary[-1] if ordinary else kept[-1])
    return tuple(kept)
