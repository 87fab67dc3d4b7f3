"""Finds the files behind Data Access's addresses. Only files below a batch's own folder are ever handed out."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from aeptui.emulator.catalog.state import Catalog
from aeptui.emulator.errors import ServiceError, problem

Document = dict[str, Any]

_SAMPLES = "row_error_samples.json"
_ALIASES = {"row_errors_sample.json": _SAMPLES}


def not_found(what: str) -> ServiceError:
    """A 404; its real shape is not documented."""
    return problem("DATA-ACCESS", 1404, f"{what} was not found.", 404)


class BatchFiles:
    """The folders of batches."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog

    def batch(self, sandbox: str, id: str) -> Document:
        """The batch. Raises ServiceError 404."""
        found = self.catalog.batch(sandbox, id)
        if found is None:
            raise not_found(f"Batch {id}")
        return found

    def folder(self, batch: Document) -> Path:
        """Where its files are; nothing is there when the batch has none."""
        return self.catalog.world.dataset_folder(batch["relatedObjects"][0]["id"], batch["id"])

    def data_files(self, batch: Document) -> list[Document]:
        """The dataset files of a batch, `{"_file", "records", "size", "dataSetFileId", ...}`."""
        return list(batch.get("_files", []))

    def dataset_file(self, sandbox: str, id: str) -> tuple[Document, Document]:
        """(batch, file) of a dataset file id, `<batch id>-<number>`. Raises ServiceError 404."""
        batch = self.catalog.batch(sandbox, id.rpartition("-")[0])
        for file in self.data_files(batch) if batch else []:
            if file["dataSetFileId"] == id and batch is not None:
                return batch, file
        raise not_found(f"Dataset file {id}")

    def meta(self, batch: Document, path: str | None) -> Path | list[Path]:
        """A file, or what a folder holds. Raises ServiceError 404, also with INGEST-1211 when diagnostics are off."""
        root = self.folder(batch) / "meta"
        parts = [part for part in (path or "").split("/") if part]
        if parts and parts[-1] in _ALIASES:
            parts[-1] = _ALIASES[parts[-1]]
        target = root.joinpath(*parts)
        try:
            outside = ".." in parts or not target.resolve().is_relative_to(root.resolve())
            there = not outside and target.exists()
        except (OSError, ValueError):  # a name that no file system has: too long, or with a zero byte
            outside, there = True, False
        if not there:
            what = f"{path or 'meta'} of batch {batch['id']}"
            if not outside and parts[:1] in _ROW_ERRORS and not _with_diagnostics(batch):
                raise problem("INGEST", 1211, f"{what} was not found: {_WITHOUT}", 404)
            raise not_found(what)
        return sorted(target.iterdir()) if target.is_dir() else target

    def newest_data(self, sandbox: str, dataset: str) -> Path | None:
        """One Parquet file of the newest batch that has any. Raises ServiceError 404 for an unknown dataset."""
        self.catalog.need_dataset(sandbox, dataset)
        for batch in reversed(self.catalog.batches(sandbox, dataset)):
            for file in self.data_files(batch):
                path = self.folder(batch) / str(file["name"])
                if path.is_file():
                    return path
        return None


def _with_diagnostics(batch: Document) -> bool:
    return bool(batch["tags"].get("acp_enableErrorDiagnostics", [""])[0] == "true")


_ROW_ERRORS: Final[tuple[list[str], ...]] = ([], ["row_errors"], [_SAMPLES])
_WITHOUT = "error diagnostics were not enabled (INGEST-1211)."
