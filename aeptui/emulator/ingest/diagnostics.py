"""Row errors and input files of a batch, written while rows stream by, in the shape Data Access hands out.

The files hold customers' data; nothing of it goes into logs or summaries.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, Final

from aeptui.emulator.ingest.rows import CORRUPT

SAMPLES: Final = 100
MAX_SAMPLE_CHARACTERS: Final = 64 * 1024
MAX_CHARACTERS: Final = 1024**3
"""Of all rejected rows of a batch: some millions. A file that is nothing but errors must not fill the disk."""
MESSAGES: Final = {
    "INGEST-1401-400": "The row is corrupt and cannot be parsed.",
    "INGEST-1555-400": "A required field is missing or null.",
    "MAPPER-3700-400": "Mapper Transform Error: a value cannot become the type of its field.",
    "EMU-1601-400": "A value is not allowed by the schema (enum, pattern or limit).",
}
_SHORT: Final = {"INGEST-1401-400": "1401", "INGEST-1555-400": "1555", "MAPPER-3700-400": "3700"}
"""Row files carry the short form of the platform's codes."""


class Diagnostics:
    """Counts rejected rows, and keeps them in files when error diagnostics are on.

    Args:
        folder: Of the batch; None: nothing is written, whether they are on or not.
    """

    def __init__(self, folder: Path | None, *, enabled: bool) -> None:
        self._meta = folder / "meta" if folder is not None else None
        self._enabled = enabled
        self._files: dict[str, IO[str]] = {}
        self._samples: list[str] = []
        self._written = 0
        self.left_out = 0
        """Rejected rows that are counted and not in the files: those are full."""
        self.counts: Counter[str] = Counter()
        """Rejected rows by the code of their first error."""

    def reject(
        self,
        fields: dict[str, Any],
        errors: Sequence[tuple[str, str | None, str]],
        *,
        path: str,
        number: int,
        member: str = "",
    ) -> None:
        """Count one rejected row and write it down.

        Args:
            fields: The row, or `_corrupt_record` with its raw text.
            errors: (code, column or None, message), the first one decides under which code the row counts.
            path: Storage path of the file the row is in; `member` its name inside an archive.
            number: Physical line where the row starts.
        """
        code = errors[0][0]
        self.counts[code] += 1
        if not self._enabled or self._meta is None:
            return
        listed = [
            {"code": _SHORT.get(one, one), "message": message, **({"column": column} if column else {})}
            for one, column, message in errors
        ]
        about: dict[str, Any] = {"_errors": listed, "_filename": path, "_row": number}
        if member:
            about["_member"] = member
        try:
            text = json.dumps({**fields, **about}, ensure_ascii=False, default=str) + "\n"
        except RecursionError:
            shown = {"_corrupt_record": "(nested too deeply to be shown)"}
            text = json.dumps({**shown, **about}, ensure_ascii=False) + "\n"
        if self._written + len(text) > MAX_CHARACTERS:
            self.left_out += 1
            return
        self._written += len(text)
        name = "parsing_errors_0.json" if code == CORRUPT else "conversion_errors_0.json"
        self._file(self._meta, name).write(text)
        if len(self._samples) < SAMPLES and len(text) <= MAX_SAMPLE_CHARACTERS:
            self._samples.append(text)

    def _file(self, meta: Path, name: str) -> IO[str]:
        if name not in self._files:
            folder = meta / "row_errors"
            folder.mkdir(parents=True, exist_ok=True)
            # Half a surrogate pair may stand in a bad row; it is shown as an escape.
            self._files[name] = (folder / name).open("w", encoding="utf-8", errors="backslashreplace")
        return self._files[name]

    def close(self, input_paths: Sequence[str]) -> dict[str, Any]:
        """Finish the files; gives their names as the result reports them."""
        for file in self._files.values():
            file.close()
        if self._meta is None:
            return {"row_errors": [], "input_files": [], "samples": None}
        folder = self._meta / "input_files"
        folder.mkdir(parents=True, exist_ok=True)
        lines = "".join(json.dumps({"path": path}, ensure_ascii=False) + "\n" for path in input_paths)
        (folder / "fileMetaData0.json").write_text(lines, encoding="utf-8")
        samples = None
        if self._samples:
            samples = "row_error_samples.json"
            text = "".join(self._samples)
            (self._meta / samples).write_text(text, encoding="utf-8", errors="backslashreplace")
        return {"row_errors": sorted(self._files), "input_files": ["fileMetaData0.json"], "samples": samples}

    def summary(self, ingested: int) -> list[dict[str, Any]]:
        """The errors a run and its batch report: a summary, then one line per code."""
        failed = self.counts.total()
        if not failed:
            return []
        text = f"Encountered {failed} errors in the data. Successfully ingested {ingested} rows. "
        if self._enabled:
            most = f" They are full: the last {self.left_out} rows are not in them." if self.left_out else ""
            review = f"Review the diagnostic files of the batch for the rows and reasons.{most}"
            head = ("INGEST-1212-400", text + review)
        else:
            head = ("INGEST-1211-400", text + "Error diagnostics are off, so there are no diagnostic files.")
        per_code = [
            {"code": code, "message": MESSAGES.get(code, code), "recordCount": self.counts[code]}
            for code in (*MESSAGES, *(code for code in self.counts if code not in MESSAGES))
            if self.counts[code]
        ]
        return [{"code": head[0], "message": head[1], "recordCount": failed}, *per_code]
