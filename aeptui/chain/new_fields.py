"""Fields of the organisation's own that a pipeline declares: what their paths may be, and the JSON Schema they become.

Pure. The names follow what Adobe documents of custom fields (letters, digits, `-` and `_`, no `_` in front; two names
that differ in case only are one), and the limits of the integers are those of XDM's types.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Literal

from aeptui.chain.pipeline import FIELD_TYPES, NewField
from aeptui.chain.problems import closest
from aeptui.dataprep import DataPrepError, DestinationPath
from aeptui.dataprep.paths import EACH, Segment, path_text
from aeptui.errors import ConfigError
from aeptui.models.base import Json
from aeptui.models.schemas import MAX_DEPTH, flatten_fields

if TYPE_CHECKING:
    from aeptui.models.schemas import RegistryStats, SchemaField

Kind = Literal["object", "objects", "leaf"]
"""`objects` is an array of them; a leaf is everything that holds no further fields."""
_NAMESPACE: Final = re.compile(r"_[A-Za-z0-9][A-Za-z0-9_-]*")
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_JSON_TYPES: Final[dict[str, dict[str, Json]]] = {
    "string": {"type": "string"},
    "boolean": {"type": "boolean"},
    "integer": {"type": "integer", "minimum": -(2**31), "maximum": 2**31 - 1},
    "long": {"type": "integer", "minimum": -(2**53) + 1, "maximum": 2**53 - 1},
    "short": {"type": "integer", "minimum": -(2**15), "maximum": 2**15 - 1},
    "byte": {"type": "integer", "minimum": -(2**7), "maximum": 2**7 - 1},
    "number": {"type": "number"},
    "date": {"type": "string", "format": "date"},
    "date-time": {"type": "string", "format": "date-time"},
}
"""How the registry tells the types apart. `meta:xdmType` is its own to say."""
_SAID_ELSEWHERE: Final = {
    "object": "An object comes of itself: declare the fields in it, such as {path}.name",
    "array": 'Write the type of its items, and array = true: type = "string", array = true',
    "map": "Declare each of its fields, or use a field group that has the map",
}
_MEANT: Final = {
    **dict.fromkeys(("text", "varchar", "char", "str", "uuid", "email", "url"), "string"),
    **dict.fromkeys(("double", "float", "decimal", "numeric", "real"), "number"),
    **dict.fromkeys(("timestamp", "time", "datetime", "dateTime"), "date-time"),
    **dict.fromkeys(("bigint", "int64"), "long"),
    **dict.fromkeys(("int", "int32"), "integer"),
    "bool": "boolean",
}
"""Words of other systems."""

Wrong = tuple[str, str]
"""What is wrong, and what to do."""


def path_problem(path: str, tenant: str = "") -> Wrong | None:
    """What is wrong with the path of a new field.

    Args:
        tenant: The namespace it has to stand in, such as `_acme`; empty when that is not known.
    """
    example = f'Write path = "{tenant or "_tenant"}.loyalty.tier"'
    if not path.strip():
        return "The path is missing", example
    try:
        segments = DestinationPath.parse(path).segments
    except DataPrepError as error:
        return f"{path!r} is not a path: {str(error).rstrip('.')}", example
    head, names = str(segments[0]), [str(one) for one in segments[1:] if isinstance(one, str)]
    if tenant and head != tenant:
        rest = names if head.startswith("_") else [head, *names]
        what = f"{path} does not stand under {tenant}, where this organisation's own fields are"
        return what, f'Write path = "{tenant}.{".".join(rest) or "name"}"'
    if not _NAMESPACE.fullmatch(head):
        what = f"{path} does not begin with the organisation's namespace, such as _acme"
        return what, f'Write path = "_acme.{path.lstrip("_.")}", with the namespace of your own organisation'
    if not names:
        return f"{path} is the namespace, and no field in it", f'Write path = "{head}.name"'
    for name in names:
        if not _NAME.fullmatch(name):
            what = f"{name!r} in {path} is no name for a field"
            return what, "Use letters, digits, - and _, and begin with a letter or a digit"
    if len(names) > MAX_DEPTH:
        return f"{path} is {len(names)} levels deep", f"Use {MAX_DEPTH} at most; no published schema is as deep"
    plain = path_text(segments)
    if plain != path:
        return f"{path} is not written plainly", f'Write path = "{plain}"'
    return _brackets(path, segments)


def _brackets(path: str, segments: tuple[Segment, ...]) -> Wrong | None:
    if any(isinstance(one, int) for one in segments):
        return f"{path} names a single item of an array", "Write [*], which stands for every item"
    if segments[1] is EACH:
        return f"{path} makes an array of the namespace, which is an object", "Leave its [*] away"
    if segments[-1] is EACH:
        return f"{path} ends in [*]", "Leave the last [*] away, and write array = true"
    if any(one is EACH and other is EACH for one, other in pairwise(segments)):
        return f"{path} is an array of arrays, which XDM does not have", "Write [*] once"
    return None


def type_problem(word: str, path: str = "") -> Wrong | None:
    """What is wrong with the type of a new field."""
    if word in FIELD_TYPES:
        return None
    possible = f"Possible: {', '.join(FIELD_TYPES)}."
    if not word:
        return "The type is missing", possible
    if word in _SAID_ELSEWHERE:
        return f'A new field cannot be of the type "{word}"', _SAID_ELSEWHERE[word].format(path=path or "_acme.it")
    near = _MEANT.get(word.lower()) or closest(word, FIELD_TYPES)
    return f'There is no type "{word}"', f'Did you mean "{near}"? {possible}' if near else possible


@dataclass(frozen=True, slots=True)
class _Place:
    path: str
    kind: Kind
    word: str
    """How it is said, such as `an array of string`."""
    of: str = ""
    """What has it already; empty for a field that is new."""


class FieldPlaces:
    """Which fields there are, so that one more can be compared with them."""

    def __init__(self, there: Iterable[SchemaField] = (), of: str = "the schema") -> None:
        self._known: dict[tuple[str, ...], _Place] = {}
        self.there_are(there, of)

    def there_are(self, fields: Iterable[SchemaField], of: str) -> None:
        """Fields that exist; `of` says in what, such as `the class`."""
        for one in fields:
            holds = one.item_type if one.type == "array" else one.type
            kind: Kind = ("objects" if one.type == "array" else "object") if holds == "object" else "leaf"
            names = tuple(name.removesuffix("[*]").lower() for name in one.path.split("."))
            self._known[names] = _Place(one.path, kind, _word(one.type, one.item_type), of)

    def copy(self) -> FieldPlaces:
        """The same, to try a field on."""
        other = FieldPlaces()
        other._known = dict(self._known)
        return other

    def add(self, field: NewField) -> Wrong | None:
        """Take a field whose path is fine in; the reason when it cannot stand beside those there are.

        The same names are no clash where both are objects, or arrays of objects that are both new.
        """
        *above, last = _steps(field.path)
        names: tuple[str, ...] = ()
        path = ""
        fresh: dict[tuple[str, ...], _Place] = {}
        for name, is_array in above:
            names, path = (*names, name.lower()), f"{path}.{name}" if path else name
            kind: Kind = "objects" if is_array else "object"
            known = self._known.get(names)
            if known is None:
                fresh[names] = _Place(path, kind, "an array of objects" if is_array else "an object")
            elif wrong := _no_parent(field.path, path, kind, known):
                return wrong
            path += "[*]" if is_array else ""
        names = (*names, last[0].lower())
        known = self._known.get(names)
        if known is not None:
            return _taken(field, known)
        word = _word("array" if field.array else field.type, field.type)
        self._known |= fresh
        self._known[names] = _Place(field.path, "leaf", word)
        return None


def _no_parent(wanted: str, path: str, kind: Kind, known: _Place) -> Wrong | None:
    if known.path != path:
        what = f"{wanted} and {known.path} differ in upper and lower case only, which the registry takes for one name"
        return what, f"Write {known.path} in both"
    if known.kind == kind == "objects" and known.of:
        # How the registry joins the items of one array from two field groups is not documented.
        what = f"{known.path} {_is(known)}, and a second field group cannot be relied on to add to its items"
        return what, "Choose another name for the array"
    if known.kind == kind:
        return None
    what = f"{known.path} {_is(known)}, so {wanted} cannot stand in it"
    if known.kind == "leaf":
        return what, "Choose another name for one of the two"
    return what, f"Write {known.path}{'[*]' if known.kind == 'objects' else ''} in front of the field's name"


def _taken(field: NewField, known: _Place) -> Wrong:
    if known.path != field.path:
        what = f"{field.path} and {known.path} differ in upper and lower case only, which the registry takes for one"
        return what, "Choose another name for one of the two"
    if known.kind != "leaf":
        return f"{field.path} {_is(known)}, which holds other fields", "Choose another name for this one"
    if not known.of:
        return f"{field.path} is declared twice", "Delete one of the two"
    mine = _word("array" if field.array else field.type, field.type)
    if known.word != mine:
        what = f"{field.path} {_is(known)}, and not {mine}"
        return what, "Choose another name, or map to the one that exists"
    what = f"{field.path} exists already, in {known.of}"
    return what, "Delete this declaration: mappings reach it as it is"


def _is(known: _Place) -> str:
    return f"is {known.word} in {known.of}" if known.of else f"is {known.word}"


def _word(kind: str, item: str | None) -> str:
    if kind != "array":
        return f"an {kind}" if kind[:1] in "aeiou" else f"a {kind}"
    return "an array of objects" if item == "object" else f"an array of {item or 'values'}"


def usable(fields: Iterable[NewField]) -> tuple[NewField, ...]:
    """Those that have no problem, alone or beside the ones before them: a draft is incomplete for most of its life."""
    places = FieldPlaces()
    sound = (one for one in fields if not path_problem(one.path) and not type_problem(one.type))
    return tuple(one for one in sound if not places.add(one))


def tenant_namespace(stats: RegistryStats) -> str:
    """The namespace of the organisation that the registry takes us for.

    Raises:
        ConfigError: it names none.
    """
    tenant = stats.tenant_id.strip().lstrip("_")
    if not tenant:
        raise ConfigError(
            "The schema registry does not say which namespace the organisation has.",
            "Ask somebody who may see it in the platform's interface, and declare the fields there.",
        )
    return f"_{tenant}"


def namespace_of(path: str) -> str:
    """The first part of a path."""
    return re.split(r"[.\[]", path, maxsplit=1)[0]


def properties_of(fields: Iterable[NewField]) -> dict[str, Json]:
    """The JSON Schema of fields that have no problem, namespace to what is in it."""
    return _tree(fields, typed=False)


def schema_of(fields: Iterable[NewField]) -> dict[str, Json]:
    """The same as the registry shows a field group in full form: with XDM's types."""
    return {"type": "object", "properties": _tree(fields, typed=True)}


def _tree(fields: Iterable[NewField], *, typed: bool) -> dict[str, Json]:
    root: dict[str, Json] = {}
    for one in fields:
        *above, (last, _) = _steps(one.path)
        within = root
        for name, is_array in above:
            empty: dict[str, Json] = {"type": "object", "properties": {}}
            node = within.setdefault(name, {"type": "array", "items": empty} if is_array else empty)
            within = (node["items"] if is_array else node)["properties"]
        words = {"title": one.title, "description": one.description}
        leaf: dict[str, Json] = dict(_JSON_TYPES[one.type])
        if typed:
            leaf["meta:xdmType"] = one.type
        own = {key: text for key, text in words.items() if text}
        within[last] = {**own, "type": "array", "items": leaf} if one.array else {**own, **leaf}
    return root


def fields_in(field_group: Mapping[str, Json]) -> tuple[NewField, ...]:
    """The fields of a field group in full form, as a pipeline declares them.

    Raises:
        ValueError: it has a field that cannot be declared; names it.
    """
    found: list[NewField] = []
    empty: set[str] = set()
    for one in flatten_fields(field_group):
        items = one.item_type if one.type == "array" else None
        holds = items or one.type
        empty.discard(re.split(r"(?:\[\*\])?\.[^.]*$", one.path)[0])
        if holds == "object":  # comes of the fields in it
            empty.add(one.path)
            continue
        new = NewField(
            path=one.path,
            type=holds,
            array=items is not None,
            title=one.title or None,
            description=one.description or None,
        )
        if path_problem(new.path) or type_problem(new.type):
            raise ValueError(f"no pipeline can declare its field {one.path}, which is {_word(one.type, one.item_type)}")
        found.append(new)
    if empty or not found:
        raise ValueError(f"no pipeline can declare {min(empty, default='a field group')} without fields")
    return tuple(found)


def _steps(path: str) -> list[tuple[str, bool]]:
    """(name, whether it is an array) of each part of a path that is fine."""
    segments = DestinationPath.parse(path).segments
    following = (*segments[1:], None)
    return [(one, after is EACH) for one, after in zip(segments, following, strict=True) if isinstance(one, str)]
