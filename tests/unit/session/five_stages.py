"""A platform on a wire that passes a profile's test, and the five faults that each spoil one stage of it."""

from __future__ import annotations

from collections.abc import Callable

from tests.unit.api.wire import DEV, Asked, Say, Wire

REFUSED = {"error_code": "403027", "message": "User Region is Missing"}
ORG = "1234567890ABCDEF12345678@AdobeOrg"


def platform(wire: Wire, **instead: Say) -> None:
    """Have it answer as it should, but for the paths that end in a word of `instead`."""
    right = {
        "stats": Say(200, {"imsOrg": ORG, "tenantId": "acme"}),
        "classes": Say(200, {"results": [{"$id": "https://ns.adobe.com/xdm/context/profile"}], "_page": {}}),
        "connectionSpecs": Say(200, {"items": [{"id": "b7bf2577-4520-42c9-bae9-cad01560f7bc", "name": "sftp"}]}),
    }

    def answer(asked: Asked) -> Say:
        last = asked.path.rpartition("/")[2]
        return instead.get(last) or right.get(last) or Say(404, {"title": "no such route"})

    wire.answers = [answer]


def no_token(wire: Wire) -> None:
    platform(wire)
    wire.token_answer = Say(400, {"error": "invalid_client", "error_description": "invalid client_secret parameter"})


def unknown_organisation(wire: Wire) -> None:
    platform(wire, stats=Say(403, REFUSED))


def no_sandbox(wire: Wire) -> None:
    platform(wire)
    wire.sandboxes = [{**DEV, "name": "other"}]


def no_schemas(wire: Wire) -> None:
    platform(wire, classes=Say(403, {"type": "http://ns.adobe.com/aep/errors/XDM-3001-403", "title": "Forbidden"}))


def no_sources(wire: Wire) -> None:
    what = {"type": "https://ns.adobe.com/aep/errors/FLOW-2121-403", "title": "Missing permission"}
    platform(wire, connectionSpecs=Say(403, what))


FAULTS: dict[str, tuple[Callable[[Wire], None], str, str]] = {
    "token": (no_token, "invalid client_secret", ""),
    "organisation": (unknown_organisation, "User Region is Missing", "product profile"),
    "sandbox": (no_sandbox, "it sees: other", "Add the sandbox dev to the role"),
    "schemas": (no_schemas, "XDM-3001-403", "View Schemas"),
    "sources": (no_sources, "FLOW-2121-403", "View Sources"),
}
"""Stage: how to spoil it, what its detail says, and what the text for an administrator asks for."""
