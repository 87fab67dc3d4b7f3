"""Refusals in the words and the shape of the service they are for: what `error = "FLOW-1404-412"` stands for."""

from __future__ import annotations

import re
from typing import Final

from aeptui.emulator.errors import ServiceError, flow_error, gateway_error, problem, xdm_error

_CODE: Final = re.compile(r"(?P<prefix>[A-Z]{2,12})-(?P<number>\d{3,5})(?:-(?P<status>[2-5]\d\d))?")
_FLOW_STATUS: Final = {1404: 412, 1439: 404, 1101: 404, 1102: 500, 1103: 503, 1104: 504, 2100: 404}
"""Of Flow Service's codes that are not a 400: aep-api.md section 2.10."""


class UnknownError(ValueError):
    """The text names no error."""


def refusal_of(code: str, message: str, status: int | None) -> ServiceError:
    """The refusal of a code.

    Args:
        code: `FLOW-1422`, `FLOW-1404-412`, `XDM-1012-404`, or six digits of the gateway such as `401013`.
        message: Empty: one that says that it was planned.
        status: None: what the code says, else what its service documents, else 400.
    Raises:
        UnknownError: it is no code.
    """
    message = message or f"The fault plan answers {code}."
    if re.fullmatch(r"[45]\d{5}", code):
        refusal = gateway_error(code, message)
        return refusal if status is None else ServiceError(status, refusal.body)
    match = _CODE.fullmatch(code)
    if match is None:
        raise UnknownError("it must be a code such as FLOW-1422, XDM-1012-404, or the gateway's 401013.")
    number = int(match["number"])
    if match["prefix"] in ("FLOW", "CONNECTORS"):
        known = int(match["status"] or 0) or _FLOW_STATUS.get(number, 400)
        return flow_error(number, message, status or known)
    found = status or int(match["status"] or 400)
    return (
        xdm_error(number, message, found)
        if match["prefix"] == "XDM"
        else problem(match["prefix"], number, message, found)
    )


def not_found(path: str, id: str) -> ServiceError:
    """A resource that is not there, as the service of the path says it."""
    service = path.removeprefix("/data/foundation/").partition("/")[0]
    message = f"The resource {id} was not found."
    if service == "flowservice":
        return flow_error(1439, message, 404, kind=path.rsplit("/", 2)[-2], id=id)
    if service == "schemaregistry":
        return xdm_error(1012, message, 404)
    return problem({"catalog": "CATALOG", "conversion": "MAPPER"}.get(service, "EMU"), 1404, message, 404)
