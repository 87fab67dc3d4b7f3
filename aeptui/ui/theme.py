"""Themes from TOML files. Reads and checks them; a bad one is an error value for the caller to show, never a crash.

In a wheel the files stand in the package (`aeptui/themes`); in an editable install beside it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

from textual.color import Color, ColorParseError
from textual.theme import Theme

import aeptui
from aeptui.errors import ThemeError

DEFAULT_THEME = "aeptui-dark"

DERIVED = {
    "step-pending": "text-muted",
    "step-running": "text-accent",
    "step-succeeded": "text-success",
    "step-failed": "text-error",
    "step-in-doubt": "text-warning",
    "production": "text-warning",
}
"""Our own variables, and the one of Textual that stands in where a theme (a built-in one, say) does not set them."""

_PALETTE = frozenset(
    ["primary", "secondary", "accent", "success", "warning", "error", "foreground", "background", "surface", "panel"]
)


def themes_folder() -> Path:
    """Where the shipped theme files are."""
    package = Path(aeptui.__file__).parent
    inside = package / "themes"
    return inside if inside.is_dir() else package.parent / "themes"


def load_themes(folder: Path | None = None) -> tuple[list[Theme], list[ThemeError]]:
    """Every theme in the folder, and an error for each file that is not one."""
    themes: list[Theme] = []
    errors: list[ThemeError] = []
    for path in sorted((folder or themes_folder()).glob("*.toml")):
        try:
            themes.append(read_theme(path))
        except ThemeError as error:
            errors.append(error)
    return themes, errors


def read_theme(path: Path) -> Theme:
    """One theme file.

    Raises:
        ThemeError: unreadable, not TOML, an unknown key, or not a colour; names file and key.
    """
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ThemeError(f"{path.name} cannot be read: {error}.", "Mend the file or take it away.") from error
    name = document.get("name")
    dark = document.get("dark", True)
    if not isinstance(name, str) or not name:
        raise ThemeError(f"{path.name}: name is missing.", 'Add name = "..." at the top.')
    if not isinstance(dark, bool):
        raise ThemeError(f"{path.name}: dark must be true or false.", "Write dark = true or dark = false.")
    unknown = document.keys() - {"name", "dark", "palette", "variables"}
    if unknown:
        raise ThemeError(f"{path.name}: unknown key {min(unknown)!r}.", "Known: name, dark, palette, variables.")
    palette = _colours(path, "palette", document.get("palette"))
    variables = _colours(path, "variables", document.get("variables", {}))
    odd = palette.keys() - _PALETTE
    if odd:
        raise ThemeError(f"{path.name}: palette.{min(odd)} is not known.", f"Known: {', '.join(sorted(_PALETTE))}.")
    if "primary" not in palette:
        raise ThemeError(f"{path.name}: palette.primary is missing.", 'Add primary = "#5aa9e6", or another colour.')
    return Theme(
        name=name,
        dark=dark,
        variables=variables,
        primary=palette["primary"],
        secondary=palette.get("secondary"),
        accent=palette.get("accent"),
        success=palette.get("success"),
        warning=palette.get("warning"),
        error=palette.get("error"),
        foreground=palette.get("foreground"),
        background=palette.get("background"),
        surface=palette.get("surface"),
        panel=palette.get("panel"),
    )


def _colours(path: Path, table: str, values: object) -> dict[str, str]:
    if not isinstance(values, Mapping):
        raise ThemeError(f"{path.name}: {table} is missing or not a table.", f"Write it as [{table}].")
    colours = {}
    for key, value in values.items():
        try:
            if not isinstance(value, str):
                raise TypeError
            Color.parse(value)
        except (ColorParseError, TypeError) as error:
            raise ThemeError(
                f"{path.name}: {table}.{key} = {value!r} is not a colour.", 'Write it like "#5aa9e6".'
            ) from error
        colours[str(key)] = value
    return colours
