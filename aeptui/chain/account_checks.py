"""What is wrong with a declared base connection: by the document alone, and by the connector's live auth specs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from aeptui.chain.connectors import CONNECTORS, LANDING_ZONE_ID, wrong_spec_id
from aeptui.chain.pipeline import NewBaseConnection, Pipeline
from aeptui.chain.places import Places
from aeptui.chain.problems import Problem, closest
from aeptui.models.base import items_of, mapping_of

if TYPE_CHECKING:
    from aeptui.models.connections import AuthSpec, ConnectionSpec


def account_problems(pipeline: Pipeline, places: Places) -> Iterator[Problem]:
    """What the document shows."""
    declared = pipeline.base_connection
    if declared is None or places.is_spoiled(("base_connection",)):
        return
    examples = {"name": "Partner SFTP", "connector": "SFTP", "auth": "Basic Authentication for sftp"}
    for key, example in examples.items():
        path = ("base_connection", key)
        value = str(getattr(declared, key))
        if places.is_spoiled(path):
            continue
        if not value.strip():
            yield places.problem(path, f"The {key} is missing", f'Write {key} = "{example}"')
        elif not value.isprintable() or len(value) > 255:
            what = f"The {key} holds a control character, or is longer than 255 characters"
            yield places.problem(path, what, "Shorten it to one line")
    wrong = wrong_spec_id(declared.connector)
    if wrong is not None:
        yield places.problem(("base_connection", "connector"), *wrong)
    elif declared.connector.strip().lower() in (LANDING_ZONE_ID, CONNECTORS[LANDING_ZONE_ID].lower()):
        what = "The Data Landing Zone has no base connection"
        fix = 'Delete [base_connection], and write base_connection = "Data Landing Zone" under [source]'
        yield places.problem(("base_connection", "connector"), what, fix)
    named = pipeline.source.base_connection
    if named and named != declared.name:
        what = f'The source names "{named}", and [base_connection] declares "{declared.name}"'
        yield places.problem(("source", "base_connection"), what, "Delete one of the two")


def find_connector(wanted: str, specs: tuple[ConnectionSpec, ...]) -> ConnectionSpec | str:
    """The connector of this name or id; else the closest name there is, empty when nothing is near."""
    word = wanted.strip().casefold()
    named = {wanted_name for wanted_name, name in CONNECTORS.items() if name.casefold() == word}
    for spec in specs:
        if word in (spec.id, spec.name.casefold(), spec.label.casefold()) or spec.id in named:
            return spec
    return closest(wanted, [spec.label for spec in specs if spec.is_source]) or ""


def live_account_problems(declared: NewBaseConnection, spec: ConnectionSpec, places: Places) -> Iterator[Problem]:
    """What the connector's auth specs say of the auth and its parameters."""
    import jsonschema

    auth = _auth(declared, spec)
    if auth is None:
        names = [one.name for one in spec.auth_spec]
        near = closest(declared.auth, names)
        fix = f'Did you mean "{near}"? Possible: {", ".join(names)}.' if near else f"Possible: {', '.join(names)}."
        yield places.problem(("base_connection", "auth"), f'{spec.label} has no auth spec "{declared.auth}"', fix)
        return
    schema = dict(mapping_of(auth.spec))
    properties = mapping_of(schema.get("properties"))
    at = ("base_connection", "params")
    for key in (*declared.params, *declared.secrets):
        if properties and key not in properties:
            near = closest(key, properties)
            fix = f'Did you mean "{near}"?' if near else f"It takes: {', '.join(properties)}"
            yield places.problem((*at, key), f"{auth.name} has no parameter {key}", fix)
    for key in declared.params:
        if mapping_of(properties.get(key)).get("format") == "password":
            what = f"{key} is a credential, and secrets never stand in a pipeline file"
            fix = f'Write {key} = {{ secret = "a-name" }}, then `aeptui secrets set a-name`'
            yield places.problem((*at, key), what, fix)
    for key in map(str, items_of(schema.get("required"))):
        if key not in declared.params and key not in declared.secrets and not places.is_spoiled((*at, key)):
            is_secret = mapping_of(properties.get(key)).get("format") == "password"
            example = '{ secret = "a-name" }' if is_secret else '"..."'
            what = f"{auth.name} needs {key}"
            yield places.problem((*at, key), what, f"Write {key} = {example} under [base_connection.params]")
    # Whether a secret fits is the platform's to say; the rest is tried alone.
    known = {key: node for key, node in properties.items() if key in declared.params}
    try:
        found = list(jsonschema.Draft7Validator({"type": "object", "properties": known}).iter_errors(declared.params))
    except (jsonschema.SchemaError, jsonschema.exceptions.UnknownType, TypeError, ValueError):
        return  # a schema that cannot be used is no fault of the pipeline
    for error in found:
        key = str(error.absolute_path[-1]) if error.absolute_path else ""
        what = f"{key} is refused: {error.message}"
        yield places.problem((*at, key), what, "Write it as the auth spec says")


def _auth(declared: NewBaseConnection, spec: ConnectionSpec) -> AuthSpec | None:
    return next((one for one in spec.auth_spec if one.name == declared.auth), None)


def placeholder(secret: str) -> str:
    """What stands for a secret wherever a body is shown or kept."""
    return "$SECRET_" + "".join(letter if letter.isalnum() else "_" for letter in secret).upper()


def auth_params(declared: NewBaseConnection) -> dict[str, Any]:
    """The parameters as they are sent, with a placeholder for each secret."""
    return {**declared.params, **{key: placeholder(name) for key, name in declared.secrets.items()}}
