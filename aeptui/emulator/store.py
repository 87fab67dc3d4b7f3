"""The platform's memory: JSON documents in one SQLite file. Knows nothing about what the documents mean.

Every write is a short transaction; writes inside `transaction()` become visible together or not at all.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

Document = dict[str, Any]

VERSION: Final = 1
_TABLES: Final = """
CREATE TABLE IF NOT EXISTS documents (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL, sandbox TEXT NOT NULL, id TEXT NOT NULL, owner TEXT NOT NULL DEFAULT '',
  body TEXT NOT NULL, touched_ms INTEGER NOT NULL DEFAULT 0,
  UNIQUE (kind, sandbox, id));
CREATE INDEX IF NOT EXISTS documents_by_owner ON documents (kind, sandbox, owner);
CREATE TABLE IF NOT EXISTS seen_files (
  flow TEXT NOT NULL, path TEXT NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, window_end INTEGER NOT NULL,
  PRIMARY KEY (flow, path));
"""


class Store:
    """Documents by (kind, sandbox, id), in the order of their creation."""

    def __init__(self, file: Path) -> None:
        file.touch(mode=0o600)
        self._lock = threading.RLock()
        self._depth = 0
        # Opened in whichever thread calls `LocalPlatform.open`; the lock keeps the event loop's thread and it apart.
        self._db = sqlite3.connect(file, isolation_level=None, check_same_thread=False, timeout=10)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(_TABLES)
        self._db.execute(f"PRAGMA user_version={VERSION}")

    def close(self) -> None:
        """Close the file; afterwards the store is unusable."""
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All writes inside, or none of them. May be nested; the outermost one decides."""
        with self._lock:
            if self._depth:
                yield
                return
            self._db.execute("BEGIN IMMEDIATE")
            self._depth = 1
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:  # SQLite has ended it already after some errors, such as a full disk
                    self._db.execute("ROLLBACK")
                raise
            finally:
                self._depth = 0

    def put(self, kind: str, sandbox: str, id: str, body: Document, *, owner: str = "", touched_ms: int = 0) -> None:
        """Write a document; an existing one keeps its place in the order, and its owner unless one is given."""
        text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
        with self._lock:
            self._db.execute(
                "INSERT INTO documents (kind, sandbox, id, owner, body, touched_ms) VALUES (?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (kind, sandbox, id) DO UPDATE SET body=excluded.body, touched_ms=excluded.touched_ms, "
                "owner=CASE excluded.owner WHEN '' THEN owner ELSE excluded.owner END",
                (kind, sandbox, id, owner, text, touched_ms),
            )

    def get(self, kind: str, sandbox: str, id: str) -> Document | None:
        """One document, or None."""
        with self._lock:
            row = self._db.execute(
                "SELECT body FROM documents WHERE kind=? AND sandbox=? AND id=?", (kind, sandbox, id)
            ).fetchone()
        return None if row is None else self._read(row[0])

    def list(self, kind: str, sandbox: str | None = None, *, owner: str | None = None) -> list[Document]:
        """All documents of a kind, oldest first.

        Args:
            sandbox: None for those of every sandbox.
            owner: Only those that belong to this id.
        """
        return [body for _, _, body in self.rows(kind, sandbox, owner=owner)]

    def rows(
        self, kind: str, sandbox: str | None = None, *, owner: str | None = None
    ) -> Iterator[tuple[int, str, Document]]:
        """(place in the order, sandbox, document) of all documents of a kind, oldest first."""
        where, values = "kind=?", [kind]
        if sandbox is not None:
            where, values = f"{where} AND sandbox=?", [*values, sandbox]
        if owner is not None:
            where, values = f"{where} AND owner=?", [*values, owner]
        with self._lock:
            query = f"SELECT seq, sandbox, body FROM documents WHERE {where} ORDER BY seq"  # noqa: S608 - constants only
            found = self._db.execute(query, values).fetchall()
        for place, place_of, text in found:
            yield place, place_of, self._read(text)

    def delete(self, kind: str, sandbox: str, id: str) -> bool:
        """Remove a document; whether there was one."""
        with self._lock:
            done = self._db.execute("DELETE FROM documents WHERE kind=? AND sandbox=? AND id=?", (kind, sandbox, id))
            return done.rowcount > 0

    def clear(self, sandbox: str) -> None:
        """Remove every document of a sandbox."""
        with self._lock:
            self._db.execute("DELETE FROM documents WHERE sandbox=?", (sandbox,))

    def latest_ms(self) -> int:
        """The newest time written, epoch milliseconds; 0 in an empty store."""
        with self._lock:
            row = self._db.execute("SELECT max(touched_ms) FROM documents").fetchone()
        return int(row[0] or 0)

    def seen_files(self, flow: str, start: int, end: int) -> dict[str, tuple[int, int]]:
        """Files that runs of other windows took: path -> (size, mtime_ns).

        Args:
            start: Start of this run's window, epoch seconds; what a window up to there took is not taken again.
            end: Its end; what a later window took belongs to that one.
        """
        with self._lock:
            rows = self._db.execute(
                "SELECT path, size, mtime_ns FROM seen_files WHERE flow=? AND (window_end<=? OR window_end>?)",
                (flow, start, end),
            ).fetchall()
        return {path: (size, mtime_ns) for path, size, mtime_ns in rows}

    def see_file(self, flow: str, path: str, size: int, mtime_ns: int, window_end: int) -> None:
        """Note that a run of the flow took this version of a file."""
        with self._lock:
            self._db.execute(
                "INSERT OR REPLACE INTO seen_files VALUES (?, ?, ?, ?, ?)", (flow, path, size, mtime_ns, window_end)
            )

    def forget_files(self, flow: str) -> None:
        """Forget what a deleted flow took."""
        with self._lock:
            self._db.execute("DELETE FROM seen_files WHERE flow=?", (flow,))

    @staticmethod
    def _read(text: str) -> Document:
        body: Document = json.loads(text)
        return body
