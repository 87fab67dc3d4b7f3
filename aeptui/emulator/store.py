"""The platform's memory: JSON documents in one SQLite file, and beside them the fields that lists are searched by.

It knows nothing about what the documents mean; which fields are kept sorted stands in `index`, how they are searched
in `shelf`. Every write is a short transaction; writes inside `transaction()` become visible together or not at all.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from aeptui.emulator.index import INDEXED, keys_of

Document = dict[str, Any]

VERSION: Final = 2
"""1 had no index; such a store is given one when it is opened."""
_TABLES: Final = """
CREATE TABLE IF NOT EXISTS documents (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL, sandbox TEXT NOT NULL, id TEXT NOT NULL, owner TEXT NOT NULL DEFAULT '',
  body TEXT NOT NULL, touched_ms INTEGER NOT NULL DEFAULT 0,
  UNIQUE (kind, sandbox, id));
DROP INDEX IF EXISTS documents_by_owner;
CREATE INDEX IF NOT EXISTS documents_in_order ON documents (kind, sandbox);
CREATE INDEX IF NOT EXISTS documents_of_owner ON documents (kind, owner) WHERE owner<>'';
CREATE INDEX IF NOT EXISTS documents_by_time ON documents (touched_ms);
CREATE TABLE IF NOT EXISTS seen_files (
  flow TEXT NOT NULL, path TEXT NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, window_end INTEGER NOT NULL,
  PRIMARY KEY (flow, path));
CREATE TABLE IF NOT EXISTS fields (
  id INTEGER PRIMARY KEY, kind TEXT NOT NULL, sandbox TEXT NOT NULL, path TEXT NOT NULL, UNIQUE (kind, sandbox, path));
CREATE TABLE IF NOT EXISTS keys (
  field INTEGER NOT NULL, rank INTEGER NOT NULL, value NOT NULL, seq INTEGER NOT NULL,
  PRIMARY KEY (field, rank, value, seq)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS indexed (kind TEXT PRIMARY KEY, paths TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS stream_places (
  flow TEXT NOT NULL, file TEXT NOT NULL, offset INTEGER NOT NULL, lines INTEGER NOT NULL, mark TEXT NOT NULL,
  PRIMARY KEY (flow, file));
"""


class StoreTooNew(Exception):
    """The file was written by a later version; its text says so to a user."""

    def __init__(self, version: int) -> None:
        super().__init__(
            f"a newer aeptui wrote its database (format {version}); this one reads formats up to {VERSION}"
        )


class Store:
    """Documents by (kind, sandbox, id), in the order of their creation."""

    def __init__(self, file: Path) -> None:
        """Open or make the file.

        Raises:
            StoreTooNew: a later version wrote it.
            sqlite3.Error: it is damaged, or no database.
        """
        file.touch(mode=0o600)
        self._lock = threading.RLock()
        self._depth = 0
        self._fields: dict[tuple[str, str, str], int] = {}
        self._watched: dict[str, set[tuple[str, str]]] = {}
        # Opened in whichever thread calls `LocalPlatform.open`; the lock keeps the event loop's thread and it apart.
        self._db = sqlite3.connect(file, isolation_level=None, check_same_thread=False, timeout=10)
        try:
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._db.execute("PRAGMA cache_size=-65536")  # KiB, taken as needed: the index of a large store is walked
            (version,) = self._db.execute("PRAGMA user_version").fetchone()
            if version > VERSION:
                raise StoreTooNew(version)
            self._db.executescript(_TABLES)
            self._bring_up_to_date()
        except BaseException:
            self._db.close()
            raise

    def _bring_up_to_date(self) -> None:
        """Index every kind whose fields are not those that were indexed last, as in a store of an older version."""
        known = dict(self._db.execute("SELECT kind, paths FROM indexed"))
        wanted = {kind: " ".join(paths) for kind, paths in INDEXED.items()}
        with self.transaction():
            self._read_fields()
            for kind in sorted(known.keys() | wanted.keys()):
                if known.get(kind) != wanted.get(kind):
                    self._index_again(kind)
                    self._db.execute("INSERT OR REPLACE INTO indexed VALUES (?, ?)", (kind, wanted.get(kind, "")))
            self._db.execute(f"PRAGMA user_version={VERSION}")

    def _read_fields(self) -> None:
        rows = self._db.execute("SELECT id, kind, sandbox, path FROM fields")
        self._fields = {(kind, sandbox, path): id for id, kind, sandbox, path in rows}

    def _index_again(self, kind: str) -> None:
        self._db.execute("DELETE FROM keys WHERE field IN (SELECT id FROM fields WHERE kind=?)", (kind,))
        for seq, sandbox, text in self._db.execute("SELECT seq, sandbox, body FROM documents WHERE kind=?", (kind,)):
            self._index(kind, sandbox, seq, set(), set(keys_of(kind, self.read(text))))

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
                self._read_fields()
                raise
            finally:
                self._depth = 0

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The database, for reading, while nobody else writes."""
        with self._lock:
            yield self._db

    # -- writing

    def put(self, kind: str, sandbox: str, id: str, body: Document, *, owner: str = "", touched_ms: int = 0) -> None:
        """Write a document; an existing one keeps its place in the order, and its owner unless one is given."""
        text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
        with self.transaction():
            known = self._db.execute(
                "SELECT seq, body FROM documents WHERE kind=? AND sandbox=? AND id=?", (kind, sandbox, id)
            ).fetchone()
            if known is None:
                seq = self._db.execute(
                    "INSERT INTO documents (kind, sandbox, id, owner, body, touched_ms) VALUES (?, ?, ?, ?, ?, ?)",
                    (kind, sandbox, id, owner, text, touched_ms),
                ).lastrowid
            else:
                seq = known[0]
                self._db.execute(
                    "UPDATE documents SET body=?, touched_ms=?, owner=CASE ? WHEN '' THEN owner ELSE ? END WHERE seq=?",
                    (text, touched_ms, owner, owner, seq),
                )
            if kind in INDEXED:
                before = set(keys_of(kind, self.read(known[1]))) if known else set()
                self._index(kind, sandbox, seq or 0, before, set(keys_of(kind, body)))
        self._changed(kind, sandbox, id)

    def delete(self, kind: str, sandbox: str, id: str) -> bool:
        """Remove a document; whether there was one."""
        with self.transaction():
            known = self._db.execute(
                "SELECT seq, body FROM documents WHERE kind=? AND sandbox=? AND id=?", (kind, sandbox, id)
            ).fetchone()
            if known is None:
                return False
            self._index(kind, sandbox, known[0], set(keys_of(kind, self.read(known[1]))), set())
            self._db.execute("DELETE FROM documents WHERE seq=?", (known[0],))
        self._changed(kind, sandbox, id)
        return True

    def clear(self, sandbox: str) -> None:
        """Remove every document of a sandbox."""
        with self.transaction():
            gone = self._db.execute("SELECT kind, id FROM documents WHERE sandbox=?", (sandbox,)).fetchall()
            self._db.execute("DELETE FROM keys WHERE field IN (SELECT id FROM fields WHERE sandbox=?)", (sandbox,))
            self._db.execute("DELETE FROM documents WHERE sandbox=?", (sandbox,))
        for kind, id in gone:
            self._changed(kind, sandbox, id)

    def _index(
        self, kind: str, sandbox: str, seq: int, before: set[tuple[str, int, Any]], after: set[tuple[str, int, Any]]
    ) -> None:
        """Bring the keys of one document from what they were to what they are."""
        self._db.executemany(
            "DELETE FROM keys WHERE field=? AND rank=? AND value=? AND seq=?",
            [(self._field(kind, sandbox, path), rank, value, seq) for path, rank, value in before - after],
        )
        # IGNORE: to Python 1 and 1.0 differ in text, to the index they do not.
        self._db.executemany(
            "INSERT OR IGNORE INTO keys VALUES (?, ?, ?, ?)",
            [(self._field(kind, sandbox, path), rank, value, seq) for path, rank, value in after - before],
        )

    def _field(self, kind: str, sandbox: str, path: str) -> int:
        key = (kind, sandbox, path)
        if key not in self._fields:
            made = self._db.execute("INSERT INTO fields (kind, sandbox, path) VALUES (?, ?, ?)", key).lastrowid
            self._fields[key] = made or 0
        return self._fields[key]

    def field(self, kind: str, sandbox: str, path: str) -> int:
        """The number of an indexed field; 0 while no document has it."""
        return self._fields.get((kind, sandbox, path), 0)

    # -- telling

    def watch(self, kind: str) -> set[tuple[str, str]]:
        """A set of (sandbox, id) of every document of the kind, in which each appears again when it is written.

        The watcher takes out what it has seen. A write that is rolled back appears, too.
        """
        with self._lock:
            found = set(self._db.execute("SELECT sandbox, id FROM documents WHERE kind=?", (kind,)))
            self._watched[kind] = found
        return found

    def _changed(self, kind: str, sandbox: str, id: str) -> None:
        if kind in self._watched:
            self._watched[kind].add((sandbox, id))

    # -- reading

    def get(self, kind: str, sandbox: str, id: str) -> Document | None:
        """One document, or None."""
        with self._lock:
            row = self._db.execute(
                "SELECT body FROM documents WHERE kind=? AND sandbox=? AND id=?", (kind, sandbox, id)
            ).fetchone()
        return None if row is None else self.read(row[0])

    def list(self, kind: str, sandbox: str | None = None, *, owner: str | None = None) -> list[Document]:
        """All documents of a kind, oldest first.

        Args:
            sandbox: None for those of every sandbox.
            owner: Only those that belong to this id.
        """
        return [body for _, _, body in self.rows(kind, sandbox, owner=owner)]

    def rows(
        self, kind: str, sandbox: str | None = None, *, owner: str | None = None, newest_first: bool = False
    ) -> Iterator[tuple[int, str, Document]]:
        """(place in the order, sandbox, document) of all documents of a kind, in the order of their creation."""
        where, values = "kind=?", [kind]
        if sandbox is not None:
            where, values = f"{where} AND sandbox=?", [*values, sandbox]
        if owner is not None:
            where, values = f"{where} AND owner=? AND owner<>''", [*values, owner]
        direction = "DESC" if newest_first else "ASC"
        query = f"SELECT seq, sandbox, body FROM documents WHERE {where} ORDER BY seq {direction}"  # noqa: S608 - constants only
        with self._lock:
            found = self._db.execute(query, values).fetchall()
        for place, place_of, text in found:
            yield place, place_of, self.read(text)

    def newest(self, kind: str, sandbox: str, owner: str) -> Document | None:
        """The document of an owner that was made last."""
        with self._lock:
            row = self._db.execute(
                "SELECT body FROM documents WHERE kind=? AND owner=? AND owner<>'' AND sandbox=? "
                "ORDER BY seq DESC LIMIT 1",
                (kind, owner, sandbox),
            ).fetchone()
        return None if row is None else self.read(row[0])

    def ids(self, kind: str, owner: str) -> set[str]:
        """The ids of an owner's documents, in any sandbox."""
        with self._lock:
            query = "SELECT id FROM documents WHERE kind=? AND owner=? AND owner<>''"
            return {row[0] for row in self._db.execute(query, (kind, owner))}

    def sandboxes(self, kind: str) -> tuple[str, ...]:
        """The sandboxes that have documents of a kind."""
        with self._lock:
            query = "SELECT DISTINCT sandbox FROM documents WHERE kind=? ORDER BY sandbox"
            return tuple(row[0] for row in self._db.execute(query, (kind,)))

    def latest_ms(self) -> int:
        """The newest time written, epoch milliseconds; 0 in an empty store."""
        with self._lock:
            row = self._db.execute("SELECT max(touched_ms) FROM documents").fetchone()
        return int(row[0] or 0)

    # -- files that runs took

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
            self._db.execute("DELETE FROM stream_places WHERE flow=?", (flow,))

    def stream_places(self, flow: str) -> dict[str, tuple[int, int, str]]:
        """How far a streaming flow has read: file -> (offset, lines, mark)."""
        with self._lock:
            rows = self._db.execute(
                "SELECT file, offset, lines, mark FROM stream_places WHERE flow=?", (flow,)
            ).fetchall()
        return {file: (offset, lines, mark) for file, offset, lines, mark in rows}

    def note_places(self, flow: str, places: Mapping[str, tuple[int, int, str]]) -> None:
        """Note how far a streaming flow has read some files."""
        rows = [(flow, file, *place) for file, place in places.items()]
        with self._lock:
            self._db.executemany("INSERT OR REPLACE INTO stream_places VALUES (?, ?, ?, ?, ?)", rows)

    @staticmethod
    def read(text: str) -> Document:
        """A document from its text."""
        body: Document = json.loads(text)
        return body
