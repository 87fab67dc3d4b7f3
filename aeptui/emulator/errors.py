"""What goes wrong on the local platform, in each service's own words. Knows no HTTP framework and no other module.

PlatformBusy      another process owns the data folder
PlatformUnusable  its database is damaged, no database, or a newer version's
ServiceError      an answer of a service with a status and a body; made by the functions below
"""

from __future__ import annotations

from typing import Any, Final

_ERRORS: Final = "https://ns.adobe.com/aep/errors/"
_SOURCES: Final = range(1300, 1400)
"""Codes of the connector table; their prefix is not documented, `CONNECTORS` is the likely one."""


_PREFIXES: Final = {"catalog": "CATALOG", "conversion": "MAPPER", "export": "DATA-ACCESS"}
"""By a service's place in the path: what its codes start with. Only Data Prep's is documented."""


class PlatformBusy(Exception):
    """Another process has opened the data folder; `pid` is 0 when it did not say which."""

    def __init__(self, pid: int) -> None:
        super().__init__(f"the local platform is in use by process {pid}")
        self.pid = pid


class PlatformUnusable(Exception):
    """The database in the data folder is damaged, no database, or a newer version's."""


class ServiceError(Exception):
    """A refusal, ready to be sent."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(f"{status} {body.get('type') or body.get('error_code') or body.get('error')}")
        self.status = status
        self.body = body


def gateway_error(code: str, message: str) -> ServiceError:
    """The gateway's own shape: its status is the first three digits of the code."""
    return ServiceError(int(code[:3]), {"error_code": code, "message": message})


def flow_error(
    code: int, message: str, status: int = 400, *, kind: str = "", id: str = "", sources: bool = False
) -> ServiceError:
    """Flow Service's envelope, with the older keys beside the newer ones.

    Args:
        sources: A code of the connector table that is in Flow Service's own table too, with another meaning.
    """
    prefix = "CONNECTORS" if sources or code in _SOURCES else "FLOW"
    report: dict[str, Any] = {"detailed-message": message, "request-id": ""}
    if id:
        report["id"] = id
    if kind:
        report["type"] = kind
    titles = {404: "Object not found", 412: "Precondition failed"}
    body = {
        "type": f"{_ERRORS}{prefix}-{code}-{status}",
        "title": titles.get(status, "Invalid request"),
        "status": status,
        "report": report,
        "errorMessage": message,
        "errorDetails": message,
    }
    return ServiceError(status, body)


def xdm_error(code: int, message: str, status: int = 400, *, timestamp: str = "") -> ServiceError:
    """Schema Registry's envelope."""
    titles = {404: "Resource not found", 406: "Not acceptable"}
    body = {
        "type": f"http://ns.adobe.com/aep/errors/XDM-{code}-{status}",
        "title": titles.get(status, "Bad request"),
        "status": status,
        "report": {
            "registryRequestId": "",
            "timestamp": timestamp,
            "detailed-message": message,
            "sub-errors": [],
        },
        "detail": message,
    }
    return ServiceError(status, body)


def problem(service: str, code: int, message: str, status: int = 400) -> ServiceError:
    """A problem object for services whose own shape is not documented (Catalog, Data Prep, Data Access, sandboxes)."""
    titles = {404: "Not found", 412: "Precondition failed", 501: "Not implemented"}
    body = {
        "type": f"{_ERRORS}{service}-{code}-{status}",
        "title": titles.get(status, "Bad request"),
        "status": status,
        "detail": message,
        "report": {"request-id": "", "detailed-message": message},
    }
    return ServiceError(status, body)


def service_error(path: str, code: int, message: str, status: int) -> ServiceError:
    """An error in the shape of the service whose path was called."""
    service = path.removeprefix("/data/foundation/").partition("/")[0]
    if service == "flowservice":
        return flow_error(code, message, status)
    if service == "schemaregistry":
        return xdm_error(code, message, status)
    return problem(_PREFIXES.get(service, "EMU"), code, message, status)


def sandbox_error(path: str, name: str | None) -> ServiceError:
    """A missing (None) or unknown sandbox, in the shape of the service that was called."""
    if name is None:
        return service_error(path, 2105, "The header x-sandbox-name is missing.", 400)
    return service_error(path, 2100, f"The sandbox {name} was not found.", 404)


def wrong_method(path: str, method: str, allowed: str) -> ServiceError:
    """A path that is known, but not with that method. Adobe documents no code for it: EMU is this platform's prefix."""
    error = service_error(path, 405, f"The method {method} is not allowed for {path}: {allowed}.", 405)
    error.body.update(type=f"{_ERRORS}EMU-0405-405", title="Method not allowed")
    return error


def not_served(route: str, why: str = "") -> ServiceError:
    """A route this platform does not have, by name: a silent 404 would look like a missing object."""
    body = {
        "type": f"{_ERRORS}EMU-0501-501",
        "title": "Not implemented",
        "status": 501,
        "detail": f"The local platform does not serve {route}{why and ': '}{why}.",
    }
    return ServiceError(501, body)


def unusable(reason: str) -> ServiceError:
    """The platform's own database cannot be written or read: 503, which clients may repeat."""
    body = {
        "type": f"{_ERRORS}EMU-0503-503",
        "title": "Service unavailable",
        "status": 503,
        "detail": f"The local platform's database cannot be used: {reason}. Nothing was changed.",
    }
    return ServiceError(503, body)


def too_large(path: str, most: int) -> ServiceError:
    """A body beyond what any service takes."""
    error = service_error(path, 413, f"The body is larger than {most} bytes.", 413)
    error.body.update(type=f"{_ERRORS}EMU-0413-413", title="Content too large")
    return error


def failure(path: str) -> ServiceError:
    """What a client is told of a mistake of ours: nothing about what went wrong."""
    message = "The local platform failed. The mistake is its own, not the request's."
    error = service_error(path, 500, message, 500)
    error.body.update(type=f"{_ERRORS}EMU-0500-500", title="Internal error")
    return error
