"""The connectors that Adobe documents, by id, and the ids that its pages give wrongly. Offline: the live specs decide.

Sources: aep-api.md section 7. Of some wrong ids only the first eight digits are known; no real id shares them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

LANDING_ZONE_ID: Final = "26f526f2-58f4-4712-961d-e41bf1ccc0e8"
LANDING_ZONE: Final = "Data Landing Zone"
"""What stands for a base connection where there is none."""

CONNECTORS: Final[Mapping[str, str]] = {
    "ecadc60c-7455-4d87-84dc-2a0e293d997b": "Amazon S3",
    "4c10e202-c428-4796-9208-5f1f5732b1cf": "Azure Blob",
    "b3ba5556-48be-44b7-8b85-ff2b69b46dc4": "Azure Data Lake Gen2",
    "be5ec48c-5b78-49d5-b8fa-7c89ec4569b8": "Azure File Storage",
    "b7bf2577-4520-42c9-bae9-cad01560f7bc": "SFTP",
    "fb2e94c9-c031-467d-8103-6bd6e0a432f2": "FTP",
    "32e8f412-cdf7-464c-9885-78184cb113fd": "Google Cloud Storage",
    "c85f9425-fb21-426c-ad0b-405e9bd8a46c": "Oracle Object Storage",
    "54e221aa-d342-4707-bcff-7a4bceef0001": "Apache HDFS",
    LANDING_ZONE_ID: LANDING_ZONE,
    "86043421-563b-46ec-8e6c-e23184711bf6": "Amazon Kinesis",
    "bf9f5905-92b7-48bf-bf20-455bc6b60a4e": "Azure Event Hubs",
    "70116022-a743-464a-bbfe-e226a7f8210c": "Google Pub/Sub",
}
"""Connection spec id to the connector's name."""

_ID_BY_NAME: Final = {name: identifier for identifier, name in CONNECTORS.items()}
_WRONG: Final[Mapping[str, tuple[str, str]]] = {
    "0ed90a81": ("the provider of the connectors with files", "Azure Data Lake Gen2"),
    "d771e9c1": ("an id that one of Adobe's pages gives wrongly", "Azure Blob"),
    "bf367b0d": ("the id of a sample connection in a tutorial", "SFTP"),
    "4890fc95": ("a destination of Amazon S3, not a source", "Amazon S3"),
    "4fce964d": ("a destination of Amazon S3, not a source", "Amazon S3"),
    "521eee4d": ("the provider of the streaming connectors", "Amazon Kinesis"),
    "c604ff05": ("the data lake, which is the target of every dataflow", ""),
}
_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12,13}")


def is_landing_zone(base_connection: str) -> bool:
    """Whether a source means the Data Landing Zone, which has no base connection."""
    word = base_connection.strip().lower()
    return word in (LANDING_ZONE.lower(), LANDING_ZONE_ID)


def wrong_spec_id(text: str) -> tuple[str, str] | None:
    """What an id is that is known to be no connection spec's, and what to write; None: it is not known as wrong."""
    word = text.strip().lower()
    if not _ID.fullmatch(word) or word in CONNECTORS:
        return None
    if word[:-1] in CONNECTORS:
        name = CONNECTORS[word[:-1]]
        return f"{text} has one digit too many at its end", f"{name} is {word[:-1]}"
    known = _WRONG.get(word[:8])
    if known is None:
        return None
    what, name = known
    right = f"{name} is {_ID_BY_NAME[name]}" if name else "Name the connector that the data comes from"
    return f"{text} is {what}", right


def no_base_connection(text: str) -> tuple[str, str] | None:
    """What an id is that cannot be a base connection's, and what to write; None: it may be one."""
    word = text.strip().lower()
    if word in CONNECTORS:
        name = CONNECTORS[word]
        return f"{text} is the connection spec of {name}, not a base connection", "Write the base connection's own id"
    wrong = wrong_spec_id(text)
    if wrong is None:
        return None
    return (
        f"{wrong[0]}, and no base connection",
        f"Write the base connection's own id; the connection spec {_as(wrong)}",
    )


def _as(wrong: tuple[str, str]) -> str:
    name, is_, identifier = wrong[1].partition(" is ")
    return f"of {name} is {identifier}" if is_ else "is another matter"
