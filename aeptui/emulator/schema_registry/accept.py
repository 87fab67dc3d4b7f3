"""Schema Registry's Accept headers: which form of a resource is asked for, and whether the version rule holds."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from aeptui.emulator.errors import xdm_error

_MEDIA: Final = re.compile(
    r"application/vnd\.adobe\.(xed|xdm)((?:-[a-z0-9]+)*)\+json\s*(?:;\s*version\s*=\s*(\d{1,9})[.\d]*)?"
)
_LOOKUPS: Final = frozenset({"full", "notext", "desc", "deprecated"})
"""What a lookup may ask for, in any combination. Deprecated fields are shown in any case; `flat` is not known here."""
_TEXT: Final = frozenset({"title", "description"})


class Form(NamedTuple):
    """What the client wants to see: `family` is xed or xdm, `variant` such as `-full` or `-id`.

    For resources both families mean the same here: the registry's names carry no prefixes. aepp asks with either.
    """

    family: str
    variant: str
    version: int | None

    @property
    def is_full(self) -> bool:
        """With everything resolved."""
        return "-full" in self.variant

    @property
    def is_short(self) -> bool:
        """Its ids, title and version only."""
        return self.variant == "-id"

    @property
    def with_descriptors(self) -> bool:
        """With the schema's descriptors."""
        return "-desc" in self.variant

    @property
    def without_text(self) -> bool:
        """Without titles and descriptions."""
        return "-notext" in self.variant


def _parsed(header: str | None) -> Form:
    match = _MEDIA.search(header or "")
    if match is None:
        raise xdm_error(1008, "The Accept header is missing or not supported.", 406)
    return Form(match[1], match[2], int(match[3]) if match[3] else None)


def for_list(header: str | None) -> Form:
    """The form of a list. Raises ServiceError for another form, or when a version is given (XDM-1006)."""
    form = _parsed(header)
    if form.version is not None:
        raise xdm_error(1006, "The Accept header of a list must not have a version.")
    if form.variant not in ("", "-id"):
        raise xdm_error(1008, "A list is served as xed or xed-id only.", 406)
    return form


def for_lookup(header: str | None) -> Form:
    """The form of one resource. Raises ServiceError when the version is missing (XDM-1007) or there is no such one.

    The short form `-id` is one of them, with a version or without: Adobe's Postman collection looks resources up so.
    """
    form = _parsed(header)
    if form.is_short and form.version in (None, 1):
        return form
    if not set(form.variant.split("-")) <= _LOOKUPS | {""}:
        raise xdm_error(1008, f"A resource is not served as {form.family}{form.variant}.", 406)
    if form.version is None:
        raise xdm_error(1007, "The Accept header of a lookup must have a version.")
    if form.version != 1:
        raise xdm_error(1012, f"The resource has no version {form.version}.", 404)
    return form


def for_descriptors(header: str | None) -> Form:
    """The form of a list of descriptors: `xdm`, with `-id`, `-link` and `-v2`. Raises ServiceError XDM-1008.

    `xed-id` counts as `xdm-id`: Adobe's Postman collection lists them so.
    """
    match = _MEDIA.search(header or "")
    variants = ("", "-id", "-link", "-v2", "-v2-id", "-v2-link")
    known = match is not None and match[2] in variants and (match[1] == "xdm" or match[2] == "-id")
    if match is None or not known or match[3]:
        raise xdm_error(1008, "Descriptors are listed as xdm, xdm-id, xdm-link and their -v2 forms, without a version.")
    return Form(match[1], match[2], None)


def check_descriptor(header: str | None) -> None:
    """A lookup of one descriptor needs no Accept header, but none with a version. Raises ServiceError XDM-1009."""
    match = _MEDIA.search(header or "")
    if match is not None and (match[1] != "xdm" or match[3]):
        raise xdm_error(1009, "A descriptor is served as application/vnd.adobe.xdm+json, without a version.")


def without_text(node: object) -> object:
    """A copy without titles and descriptions; a field that is called `title` stays."""
    if isinstance(node, list):
        return [without_text(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: {name: without_text(child) for name, child in value.items()}
        if key == "properties" and isinstance(value, dict)
        else without_text(value)
        for key, value in node.items()
        if key not in _TEXT
    }
