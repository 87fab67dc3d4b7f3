"""Evidence of one execution in one archive: what was planned, sent, answered and made, by which versions, with hashes.

Made of what is on this machine, without asking the platform; packing the same twice gives the same bytes. The hash of
the manifest is the archive's own: written into a ticket, it tells whether any part was changed since.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from aeptui import __version__
from aeptui.chain.errors import JournalLocked
from aeptui.chain.journal import SUFFIX, entries_of, read_journal
from aeptui.chain.plan import HEADERS
from aeptui.chain.replay import ExecutionRecord, read_execution, replay
from aeptui.chain.steps import ALL_STEPS
from aeptui.errors import ConfigError
from aeptui.ids import ExecutionId
from aeptui.models.base import mapping_of
from aeptui.session.kept_requests import KeptRequests, read_requests, requests_file, requests_of

if TYPE_CHECKING:
    from aeptui.api.request_log import LoggedRequest

VERSION: Final = 1
MANIFEST: Final = "manifest.json"
_JOURNAL: Final = "journal.jsonl"
_REQUESTS: Final = "requests.jsonl"
_FACTS: Final = "facts.json"
_LARGEST: Final = 64 * 1024 * 1024
"""Bytes of one part that are read: an archive comes from somebody else."""
_MOST_PARTS: Final = 50
_NO_TIME: Final = (1980, 1, 1, 0, 0, 0)


class EvidenceError(ConfigError):
    """An archive is none, or is not as it was packed; names each part that differs, and its hashes."""


@dataclass(frozen=True)
class Evidence:
    """What an archive tells, once all its hashes are found to be right."""

    path: Path
    record: ExecutionRecord
    requests: tuple[LoggedRequest, ...]
    facts: Mapping[str, Any]
    sha256: str
    """Of the manifest."""
    parts: Mapping[str, int]
    """Bytes of each part."""


def pack(executions: Path, execution: ExecutionId) -> bytes:
    """The archive of one execution.

    Raises:
        ConfigError: there is no such execution.
        JournalLocked: it is still running.
        JournalError: its journal cannot be read.
    """
    record = read_execution(executions, execution)
    path = executions / f"{execution}{SUFFIX}"
    _, is_alive = read_journal(path)  # an unreadable one is no evidence
    if is_alive:
        raise JournalLocked(f"The execution {execution} is still running.", "Wait for it to end.")
    journal = path.read_bytes()
    kept = read_requests(executions, execution)
    file = requests_file(executions, execution)
    parts = {
        _FACTS: _json(_facts(record, kept)),
        _JOURNAL: journal[: journal.rfind(b"\n") + 1],
        "pipeline.toml": record.pipeline_text.encode(),
        "plan.json": _json(_planned(record)),
        _REQUESTS: file.read_bytes() if file.is_file() else b"",
        "summary.md": _summary(record, kept).encode(),
    }
    hashes = {name: {"sha256": _hash(data), "bytes": len(data)} for name, data in sorted(parts.items())}
    manifest = {"aeptui_evidence": VERSION, "execution": execution, "packed_by": f"aeptui {__version__}"}
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data in ((MANIFEST, _json({**manifest, "parts": hashes})), *sorted(parts.items())):
            entry = zipfile.ZipInfo(name, _NO_TIME)
            entry.create_system, entry.external_attr = 3, 0o600 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
    return held.getvalue()


def read_evidence(path: Path) -> Evidence:
    """An archive, after each of its parts was compared with its hash.

    Raises:
        EvidenceError: it is no such archive, or a part is not what was packed.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if len(entries) > _MOST_PARTS or len({entry.filename for entry in entries}) < len(entries):
                raise ValueError("it has too many parts, or one twice")
            parts = {entry.filename: _part(archive, entry, path) for entry in entries}
    except (OSError, zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise EvidenceError(f"{path} cannot be read as an archive: {reason}.", "Ask for it again.") from error
    manifest_data = parts.pop(MANIFEST, b"")
    try:
        manifest = mapping_of(json.loads(manifest_data))
    except (ValueError, RecursionError):
        manifest = {}
    if manifest.get("aeptui_evidence") != VERSION:
        raise EvidenceError(
            f"{path} is no evidence of an execution, or of another version of aeptui.",
            "`aeptui export EXECUTION --evidence` makes one.",
        )
    wrong = _differences(parts, mapping_of(manifest.get("parts")))
    if wrong:
        raise EvidenceError(
            f"{path.name} is not as it was packed: {'; '.join(wrong)}.", "Ask for it again, from who packed it."
        )
    execution = ExecutionId(str(manifest.get("execution")))
    try:
        record = replay(execution, entries_of(parts[_JOURNAL], _JOURNAL), is_alive=False)
        facts = mapping_of(json.loads(parts[_FACTS]))
    except (LookupError, TypeError, ValueError) as error:
        raise EvidenceError(f"{path.name} makes no sense as evidence: {error}.", "Ask for it again.") from error
    requests = requests_of(parts.get(_REQUESTS, b"")).entries
    sizes = {name: len(data) for name, data in parts.items()}
    return Evidence(path, record, requests, facts, _hash(manifest_data), sizes)


def _part(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path) -> bytes:
    with archive.open(entry) as part:
        data = part.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise EvidenceError(f"{entry.filename} in {path.name} is larger than evidence ever is.", "Do not trust it.")
    return data


def _differences(parts: Mapping[str, bytes], promised: Mapping[str, Any]) -> list[str]:
    wrong = [f"{name} is not in its manifest" for name in parts if name not in promised]
    for name, facts in promised.items():
        said = str(mapping_of(facts).get("sha256"))
        if name not in parts:
            wrong.append(f"{name} is missing")
        elif (found := _hash(parts[name])) != said:
            wrong.append(f"the sha256 of {name} is {found}, the manifest says {said}")
    return wrong


def _facts(record: ExecutionRecord, kept: KeptRequests) -> dict[str, Any]:
    flow_spec = mapping_of(mapping_of(record.step("flow").body).get("flowSpec"))
    mapping_set = record.step("mapping_set")
    return {
        "execution": record.id,
        "status": record.status,
        "pipeline": record.pipeline_name,
        "profile": record.profile,
        "sandbox": record.sandbox,
        "started_at": record.started_at.isoformat(),
        "finished_at": record.finished_at.isoformat() if record.finished_at else None,
        "ids": record.ids,
        "steps": {step.step: step.state for step in record.steps},
        "error": record.error,
        "hint": record.hint,
        "counts": record.flow_run.to_json() if record.flow_run is not None else None,
        "requests": {"kept": len(kept.entries), "all": not kept.is_full if kept.sessions else None},
        "versions": {
            "sessions": kept.sessions,
            "platform_urls": sorted({str(one["platform_url"]) for one in kept.sessions if one.get("platform_url")}),
            "sandbox": record.sandbox,
            "flow_spec": {"id": record.step("flow_spec").id, "version": flow_spec.get("version")},
            "mapping_set": {"id": mapping_set.id, "version": mapping_set.version},
        },
    }


def _planned(record: ExecutionRecord) -> dict[str, Any]:
    """Each step with the request that was written down before it was sent; null: nothing was to be sent."""
    steps = []
    for step in ALL_STEPS:
        known = record.step(step.name)
        sent = known.body is not None and known.action == "create"
        request = {"method": "POST", "path": step.path, "headers": HEADERS, "body": known.body} if sent else None
        facts = {"step": step.name, "needs": step.needs, "action": known.action, "state": known.state}
        steps.append({**facts, "name": known.name, "id": known.id, "request": request})
    return {"steps": steps}


def _summary(record: ExecutionRecord, kept: KeptRequests) -> str:
    """For people who unpack it."""
    lines = [f"# Execution {record.id}: {record.status.replace('_', ' ')}", "", f"- Pipeline: {record.pipeline_name}"]
    lines.append(f"- Profile and sandbox: {record.profile}, {record.sandbox}")
    lines.append(f"- Started: {record.started_at:%Y-%m-%d %H:%M:%S} UTC")
    if record.finished_at is not None:
        lines.append(f"- Ended: {record.finished_at:%Y-%m-%d %H:%M:%S} UTC")
    lines += [f"- {step.replace('_', ' ').capitalize()}: `{identifier}`" for step, identifier in record.ids.items()]
    if (run := record.flow_run) is not None:
        words = (("in", run.input_records), ("ingested", run.output_records), ("rejected", run.failed_records))
        counts = ", ".join(f"{'-' if number is None else f'{number:,}'} {word}" for word, number in words)
        lines.append(f"- Flow run: `{run.id}` {run.outcome}; rows: {counts}")
    lines.append(f"- Requests kept: {len(kept.entries)}{', the first ones' if kept.is_full else ''}")
    lines += ["", f"`aeptui evidence FILE` shows it; `{MANIFEST}` has the hash of each part."]
    return "\n".join(lines) + "\n"


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1, default=str) + "\n").encode()


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
