"""What a profile must look like before it is saved: pure, for the form, the command line and saving itself."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from aeptui.config import LOCAL_PROFILE, parse_profile
from aeptui.credentials import secret_problem
from aeptui.errors import ConfigError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_ORG = re.compile(r"[A-Za-z0-9]+@AdobeOrg")
_SANDBOX = re.compile(r"[a-z0-9][a-z0-9-]*")


def profile_problems(values: Mapping[str, object], taken: Collection[str] = ()) -> dict[str, str]:
    """What is wrong with each value, as a sentence, by field; a value that may stay empty is not mentioned.

    Args:
        values: Texts by field of `Profile`, and `secret`; what is absent counts as empty.
        taken: Names that other profiles have.
    """
    texts = {key: str(value).strip() for key, value in values.items()}
    problems = {
        "name": _name_problem(texts.get("name", ""), taken),
        "client_id": _word_problem(texts.get("client_id", ""), "The client id", "the API key of the credential"),
        "org_id": _shape_problem(
            _ORG, texts.get("org_id", ""), "An organisation id looks like 1234567890ABCDEF@AdobeOrg."
        ),
        "sandbox": _shape_problem(
            _SANDBOX, texts.get("sandbox", ""), "Lower case letters, digits and hyphens, such as prod."
        ),
        "platform_url": _url_problem("platform_url", texts.get("platform_url", "")),
        "ims_url": _url_problem("ims_url", texts.get("ims_url", "")),
        "scopes": "Scopes are separated by commas, without blanks." if " " in texts.get("scopes", "") else "",
        "secret": _secret_problem(texts.get("secret", "")),
    }
    return {field: problem for field, problem in problems.items() if problem}


def _name_problem(name: str, taken: Collection[str]) -> str:
    if not name:
        return "Give the profile a name, such as acme-dev."
    if not _NAME.fullmatch(name):
        return "A name is up to 40 letters, digits and the signs . - _"
    if name == LOCAL_PROFILE:
        return "The name local is the local platform's."
    return f"There is a profile named {name} already." if name in taken else ""


def _word_problem(text: str, what: str, meaning: str) -> str:
    if not text:
        return f"{what} is missing: {meaning}."
    return f"{what} is one word, without blanks." if len(text.split()) > 1 or not text.isprintable() else ""


def _shape_problem(shape: re.Pattern[str], text: str, problem: str) -> str:
    return "" if shape.fullmatch(text) else problem


def _url_problem(field: str, url: str) -> str:
    if not url:
        return ""
    try:
        parse_profile("x", {field: url}, "")
    except (ConfigError, ValueError):  # urlsplit itself refuses some
        return "An https:// address; http:// only for this machine."
    return ""


def _secret_problem(text: str) -> str:
    return secret_problem(text) if text else ""
