"""Profiles out of other tools' files, and ours as a file without its secret. Pure text in, text out.

Understood: an Adobe Developer Console project or credential download, a Postman environment, an aepp config file, and
what `export_profile` writes. Secrets come out as `Secret`; the file they were in still holds them, and it is said so.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from aeptui.config import Profile
from aeptui.credentials.secret import Secret, secret_problem
from aeptui.errors import ConfigError

LARGEST = 1024 * 1024
"""Characters of a file that is looked at; a project download has a few thousand."""

STILL_THERE = "The file still holds its secret in plain text: delete it."

_UNDERSTOOD = (
    "Understood are: an Adobe Developer Console project download (JSON), a Postman environment (JSON), an aepp config "
    "file (JSON), and what `aeptui profiles export` writes (TOML)."
)
_NAME = re.compile(r"(?!local$)[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_FIELDS = ("platform_url", "ims_url", "client_id", "org_id", "sandbox", "scopes", "read_only")
_PLACEHOLDER = re.compile(r"<.*>|\{\{.*\}\}|\$\{.*\}|(?i:put[ ,]your|your[ _-]|xxx|changeme).*", re.DOTALL)


@dataclass(frozen=True)
class Imported:
    """What a file says of a profile."""

    kind: str
    """What the file is, in words."""
    name: str
    """A name for the profile, made of the file's own."""
    values: Mapping[str, str]
    """Fields of `Profile`, those that were found."""
    secret: Secret | None = None
    """A client secret, or a ready-made access token."""
    remarks: tuple[str, ...] = ()
    """What the user should know."""


def read_import(text: str, where: str, client_id: str | None = None) -> Imported:
    """The profile in a file, recognised by its shape.

    Args:
        where: The file's name, for errors.
        client_id: Which credential, when the file has several.
    Raises:
        ConfigError: it is none of the files that are understood, or lacks what is needed.
    """
    if len(text) > LARGEST:
        raise ConfigError(f"{where} is larger than any such file.", _UNDERSTOOD)
    text = text.removeprefix("\ufeff")  # a byte order mark, as some editors write one
    if not text.lstrip().startswith(("{", "[\n", "[ ", '["', "[{")):
        return _own_export(text, where)
    try:
        raw = json.loads(text)
    except json.JSONDecodeError as error:
        raise ConfigError(
            f"{where}, line {error.lineno}, column {error.colno}: not valid JSON: {error.msg}.", _UNDERSTOOD
        ) from None
    except (RecursionError, ValueError):
        raise ConfigError(f"{where} is not valid JSON.", _UNDERSTOOD) from None
    if not isinstance(raw, dict):
        raise ConfigError(f"{where} holds a list, and no profile.", _UNDERSTOOD)
    if isinstance(raw.get("project"), dict):
        return _console_project(raw["project"], where, client_id)
    if "CLIENT_ID" in raw and ("CLIENT_SECRETS" in raw or "ORG_ID" in raw):
        return _console_credential(raw)
    if any("key" in one for one in _objects(raw.get("values"))):
        return _postman(raw)
    if "org_id" in raw and "client_id" in raw:
        return _aepp(raw, where)
    keys = _named(sorted(raw)[:6]) or "nothing"
    raise ConfigError(f"{where} is JSON, but no profile can be found in it; it has: {keys}.", _UNDERSTOOD)


def export_profile(profile: Profile) -> str:
    """The profile as TOML, without its secret; another installation imports it."""
    import tomlkit

    document = tomlkit.document()
    document.add(tomlkit.comment("A profile of aeptui. Its secret is not in here."))
    table = tomlkit.table()
    for field in _FIELDS:
        value = getattr(profile, field)
        if value not in ("", False):
            table[field] = value
    profiles = tomlkit.table(is_super_table=True)
    profiles[profile.name] = table
    document["profiles"] = profiles
    return tomlkit.dumps(document)


def _own_export(text: str, where: str) -> Imported:
    try:
        profiles = tomllib.loads(text).get("profiles")
    except (ValueError, RecursionError) as error:  # tomllib lets a number of 5000 digits through to int()
        raise ConfigError(f"{where} is neither JSON nor TOML: {str(error)[:120]}.", _UNDERSTOOD) from None
    if not isinstance(profiles, dict) or not profiles:
        raise ConfigError(f"{where} has no table [profiles.NAME].", _UNDERSTOOD)
    if len(profiles) > 1:
        raise ConfigError(f"{where} has several profiles: {_named(profiles)}.", "Leave one of them in the file.")
    ((name, table),) = profiles.items()
    if not isinstance(table, dict):
        raise ConfigError(f"{where}: [profiles.{_named([name])}] is no table.", _UNDERSTOOD)
    values = {field: _as_text(table[field]) for field in _FIELDS if field in table}
    found = _made("profile of aeptui", name, values, None, ())
    return replace(found, name=name) if _NAME.fullmatch(name) else found  # it was a profile's name before


def _console_project(project: Mapping[str, Any], where: str, client_id: str | None) -> Imported:
    workspace = _object(_object(project.get("workspace")).get("details"))
    found: dict[str, Mapping[str, Any]] = {}
    others: list[str] = []
    for credential in _objects(workspace.get("credentials")):
        details = _object(credential.get("oauth_server_to_server") or credential.get("oauthservertoserver"))
        if details.get("client_id"):
            found[str(details["client_id"])] = details
        else:
            others.append(str(credential.get("integration_type") or credential.get("name") or "one of another kind"))
    if not found:
        has = f"; it has: {_named(others)}" if others else ""
        raise ConfigError(
            f"{where} is a Developer Console project without an OAuth server-to-server credential{has}.",
            "Add one to the project (Add to project, API, OAuth server-to-server), then download it again.",
        )
    if client_id is not None and client_id not in found:
        raise ConfigError(
            f"{where} has no OAuth server-to-server credential {client_id}; it has: {_named(found)}.",
            "Say which one: --client-id ID.",
        )
    if client_id is None and len(found) > 1:
        raise ConfigError(
            f"{where} has {len(found)} OAuth server-to-server credentials: {_named(found)}.",
            "Say which one: --client-id ID.",
        )
    details = found[next(iter(found)) if client_id is None else client_id]
    values = {
        "client_id": _as_text(details.get("client_id")),
        "org_id": _as_text(_object(project.get("org")).get("ims_org_id")),
        "scopes": _scopes(details.get("scopes")),
    }
    name = _as_text(project.get("title") or project.get("name"))
    secret, remarks = _first_secret(details.get("client_secrets"))
    return _made("Adobe Developer Console project", name, values, secret, remarks)


def _console_credential(raw: Mapping[str, Any]) -> Imported:
    values = {
        "client_id": _as_text(raw.get("CLIENT_ID")),
        "org_id": _as_text(raw.get("ORG_ID")),
        "scopes": _scopes(raw.get("SCOPES")),
    }
    secret, remarks = _first_secret(raw.get("CLIENT_SECRETS"))
    return _made("Adobe Developer Console credential", "console", values, secret, remarks)


def _postman(raw: Mapping[str, Any]) -> Imported:
    found = {
        str(one.get("key")): _given(one.get("value"))
        for one in _objects(raw.get("values"))
        if one.get("enabled", True) is not False
    }
    values = {
        "client_id": found.get("API_KEY", ""),
        "org_id": found.get("IMS_ORG", ""),
        "sandbox": found.get("SANDBOX_NAME", ""),
        "scopes": _scopes(found.get("SCOPES")),
        "ims_url": _url(found.get("IMS", "")),
        "platform_url": _url(found.get("PLATFORM_GATEWAY", "")),
    }
    secret = found.get("CLIENT_SECRET") or found.get("ACCESS_TOKEN")
    remarks: tuple[str, ...] = ()
    if not found.get("CLIENT_SECRET") and found.get("ACCESS_TOKEN"):
        remarks = ("It has an access token and no client secret: the token ends, usually within a day.",)
    return _made("Postman environment", _as_text(raw.get("name")), values, secret, remarks)


def _aepp(raw: Mapping[str, Any], where: str) -> Imported:
    environment = _given(raw.get("environment")).lower()
    if not re.fullmatch(r"[a-z0-9-]*", environment):  # it becomes part of a host's name
        raise ConfigError(
            f"{where}: its environment is no word of letters, digits and hyphens.",
            "Write prod or stage there, or the name Adobe gave you.",
        )
    values = {
        "client_id": _as_text(raw.get("client_id")),
        "org_id": _as_text(raw.get("org_id")),
        "sandbox": _as_text(raw.get("sandbox-name") or raw.get("sandbox_name")),
        "scopes": _scopes(raw.get("scopes")),
    }
    if environment not in {"", "prod"}:
        values["platform_url"] = f"https://platform-{environment}.adobe.io"
        values["ims_url"] = "https://ims-na1-stg1.adobelogin.com" if environment == "stage" else ""
    remarks: tuple[str, ...] = ()
    if _given(raw.get("pathToKey")) or _given(raw.get("private_key")):
        remarks = ("It names a key for the retired JWT sign-in, which is not used.",)
    return _made("aepp config file", "aepp", values, _as_text(raw.get("secret")), remarks)


def _made(kind: str, name: str, values: Mapping[str, str], secret: str | None, remarks: Sequence[str]) -> Imported:
    kept = {key: value.strip() for key, value in values.items() if value.strip() and not _PLACEHOLDER.match(value)}
    told = list(remarks)
    if "sandbox" not in kept:
        told.append("The file names no sandbox; choose one.")
    given = (secret or "").strip()
    found = None
    if given and not _PLACEHOLDER.match(given):
        problem = secret_problem(given)
        if problem:
            told.append(f"Its secret cannot be used. {problem}")
        else:
            found = Secret(given)
        told.append(STILL_THERE)
    return Imported(kind, profile_name(name), kept, found, tuple(told))


def profile_name(text: str) -> str:
    """A name a profile can have, made of any text."""
    name = re.sub(r"[^a-z0-9._]+", "-", text.lower()).strip("-._")[:40].strip("-._")
    return name if name and name != "local" else "imported"


def _first_secret(listed: object) -> tuple[str | None, tuple[str, ...]]:
    secrets = [_given(one) for one in listed] if isinstance(listed, list) else [_given(listed)]
    secrets = [one for one in secrets if one]
    remarks = (f"It holds {len(secrets)} client secrets; the first is taken.",) if len(secrets) > 1 else ()
    return (secrets[0] if secrets else None), remarks


def _scopes(value: object) -> str:
    words = [_as_text(one) for one in value] if isinstance(value, list) else re.split(r"[,\s]+", _as_text(value))
    return ",".join(word for word in words if word)


def _url(host: str) -> str:
    return host if not host or "://" in host else f"https://{host}"


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value).strip() if isinstance(value, str | int | float) else ""


def _given(value: object) -> str:
    """The text of a value; nothing for a placeholder."""
    text = _as_text(value)
    return "" if _PLACEHOLDER.match(text) else text


def _named(names: Iterable[str]) -> str:
    """Names a file gives, for an error: short, and without what a terminal would obey."""
    return ", ".join("".join(one if one.isprintable() else "?" for one in name[:40]) for name in names)


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _objects(value: object) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []
