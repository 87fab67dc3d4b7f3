"""What to do about a code, in plain words.

Sources: gateway codes, aep-api.md section 1.4; Flow Service and source connector codes and those of runs, section 2.10.
A service prints its code with a prefix and the HTTP status (`FLOW-1418-400`), its documents print the middle alone; so
the middle four digits decide. 1100 to 1104 and 1400 to 1404 mean one thing in Flow Service and another in connectors.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_SECRET = "Check the profile's secret under Profiles (key t tests it)."
_CONFIG = "Check client id and organisation id of the profile; Profiles, key t, tests them stage by stage."
_FAULT = "This is a fault of aeptui; please report it with the request log."
_AGAIN = "The platform has trouble; try again in a minute."
_REFRESH = "It was changed meanwhile; refresh and try again."
_STATE = "It is changing its state, or its state does not allow this; refresh, and try again in a moment."
_QUERY = "The platform does not take this filter or order; please report it with the request log."
_SANDBOX = "Check the sandbox's name in the profile; Profiles, key t, shows which ones this credential can use."
_MAPPING = "Check the mapping rows: one of them is not valid for the schema."
_IN_USE = "Delete the dataflows that use it first."

GATEWAY: Mapping[str, str] = {
    "403010": _FAULT,
    "401013": _SECRET,
    "403000": _FAULT,
    "403003": "Check the client id of the profile: the platform does not know it.",
    "400003": _FAULT,
    "403025": "The credential is not entitled for this organisation; ask an administrator to add the API to it.",
    "403027": "Check the organisation id, and that the credential is in an AEP product profile; Profiles, key t, has a "
    "text for the administrator.",
}

FLOW: Mapping[str, str] = {
    "1100": "This organisation is not entitled for the connector; ask an administrator.",
    "1101": "The connector's service does not know it; refresh and look whether it still exists.",
    "1102": _AGAIN,
    "1103": _AGAIN,
    "1104": "The connector's service took too long; try again in a minute.",
    "1401": _QUERY,
    "1403": _REFRESH,
    "1404": _REFRESH,
    "1405": _FAULT,
    "1410": _FAULT,
    "1413": "The connection spec or flow spec is not known here; choose the connector again.",
    "1415": "The authentication of the base connection does not fit its connector; choose one of the connector's own.",
    "1434": _FAULT,
    "1455": _FAULT,
    **dict.fromkeys(("1416", "1417", "1420", "1421", "1422", "1456", "1457", "1458"), _STATE),
    "1418": _IN_USE,
    "1447": _IN_USE,
    "1412": "Check the mapping set and its version.",
    "1419": _MAPPING,
    "1425": "Mapping set and dataset must have the same schema, in the same version.",
    "1439": "It is gone, in another sandbox, or hidden by an access label; refresh.",
    **dict.fromkeys(("1432", "1433", "1440", "1441", "1442", "1443"), _QUERY),
    **dict.fromkeys((str(number) for number in range(1448, 1455)), _QUERY),
    "2000": _CONFIG,
    "2001": _CONFIG,
    "2002": _CONFIG,
    **dict.fromkeys((str(number) for number in range(2100, 2107)), _SANDBOX),
    "2114": _SECRET,
    "2115": _SECRET,
    "2118": "Ask an administrator for the permission Manage Sources on this sandbox.",
    "2120": "Ask an administrator for the permission Manage Sources on this sandbox.",
    "2121": "Ask an administrator for the permission View Sources on this sandbox.",
    "2200": "Catalog or Data Prep did not answer Flow Service; try again in a minute.",
    "2250": "Catalog or Data Prep did not answer Flow Service; try again in a minute.",
}

SOURCES: Mapping[str, str] = {
    "1006": "The storage took too long; try again, or name a smaller folder.",
    "1011": "The connector is not available now; try again in a minute.",
    "1012": "The connector took too long; try again in a minute.",
    "1304": "Check the connection's parameters against its connector.",
    "1307": "A target connection must use the data lake's connection spec.",
    "1308": "The storage refused the login; check the base connection's credentials and its allow list.",
    **dict.fromkeys(("1320", "1321"), "A dataflow has exactly one source connection and one target connection."),
    "1322": "Check the connections of the dataflow.",
    "1323": "Check the connections of the dataflow.",
    "1324": "Check the connections of the dataflow.",
    "1325": "The target connection names no dataset.",
    "1326": "Check the dataset and its schema.",
    "1327": "Choose delimited, json or parquet as the format.",
    "1328": "Delimited and JSON files need a mapping.",
    "1329": "Delimited and JSON files need a mapping.",
    "1330": "Check the format of the source.",
    "1331": "A column delimiter is one character.",
    "1332": "Data Landing Zone takes no base connection.",
    "1333": "Only a failed run, or one without records, can be run again.",
    "1337": "Name the file or folder.",
    "1358": "Choose a folder or a file; the platform does not know this kind of object.",
    "1359": "Check the path of the source.",
    "1360": "Choose a start time in the future.",
    "1361": "A schedule of frequency once has no interval.",
    "1362": "Choose a longer interval: at least 15 for minutes.",
    "1363": "Check frequency and interval of the schedule.",
    "1364": "A schedule of frequency once has no backfill.",
    "1365": _FAULT,
    "1366": "The start time cannot be changed any more: it has passed.",
    "1368": "Draft mode is not offered for this connector.",
    "1371": "The format cannot be detected for this connector; choose it.",
    "1372": "Only Data Landing Zone is looked into without a base connection.",
    "1374": "Either have the format detected, or give it; not both.",
    "1375": "The format of this file cannot be detected; choose it.",
    "1376": "The format cannot be detected for this connector; choose it.",
    "1380": "Check the window of the run.",
    "1381": "The window of the run must end after it begins.",
    "1386": "Only dataflows of frequency once run on demand.",
    "1387": "Only a failed run, or one without records, can be run again.",
    "1388": "Enable the dataflow first.",
    "1397": "Choose once, minute, hour, day or week as the frequency.",
    "1400": "Look at the source files: something in them cannot be read.",
    "1401": "Look at the source files: a row cannot be read.",
    "1403": "Frequency once cannot be chosen after the first start.",
    "1404": "Backfill cannot be changed after the first start.",
    "133": "No files were found; check the path of the source and when its files were last changed.",
}

RUNS: Mapping[str, str] = {
    "CONNECTOR-1001": "Copying from the source failed: check that the files are there and the base connection tests "
    "green.",
    "CONNECTOR-2001": "Parsing, validating or transforming failed: look at the refused rows.",
    "CONNECTOR-3001": "The batch could not be created; run it again.",
    "INGEST-1211": "Rows were refused, and error diagnostics are off: switch them on to see which.",
    "INGEST-1212": "Some rows were refused, the rest is in: download the refused rows.",
    "INGEST-1401": "A row cannot be read; look at it among the refused rows.",
    "INGEST-1555": "A required field is empty; map it, or mend the data.",
    "MAPPER-3700": "A mapping could not transform a value; look at the refused rows and the expression.",
}

_BY_STATUS: Mapping[int, str] = {
    400: "Mend what it names, then try again.",
    401: _SECRET,
    403: "The credential may not do this; Profiles, key t, shows which permission to ask for.",
    404: "It may have been deleted, or be in another sandbox.",
    409: "Look at what is there, then try again.",
    412: _REFRESH,
    429: "The platform asks for patience; try again in a minute.",
}
_PARTS = re.compile(r"(?:([A-Za-z_]+)-)?(\d{3,4})(?:-\d{3})?")


def hint_for(status: int, code: str | None) -> str:
    """What to do about an answer's status and code."""
    if status >= 500:
        return _AGAIN
    return hint_for_code(code) or _BY_STATUS.get(status, "Mend what it names, then try again.")


def hint_for_code(code: str | None) -> str:
    """What to do about a code, wherever it stands; empty for one nobody documented."""
    code = code or ""
    if code in GATEWAY:
        return GATEWAY[code]
    parts = _PARTS.fullmatch(code)
    if parts is None:
        return ""
    prefix, number = (parts[1] or "").upper(), parts[2]
    if f"{prefix}-{number}" in RUNS:
        return RUNS[f"{prefix}-{number}"]
    first, second = (SOURCES, FLOW) if prefix.startswith("CONNECTOR") else (FLOW, SOURCES)
    return first.get(number) or second.get(number, "") if prefix in {"", "FLOW", "CONNECTOR", "CONNECTORS"} else ""
