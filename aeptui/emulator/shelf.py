"""All documents of one kind in one sandbox, to be searched, sorted, counted and paged through.

A list is read in one of three ways, and answers the same in all of them: a condition that leaves few documents gives
those; else the documents are walked in the order asked for, until the page is full; a list in the order of a field
that is not indexed is sorted here, after what the index narrowed it to.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from aeptui.emulator.filters import Condition, holds
from aeptui.emulator.index import NUMBER, OTHER, TEXT, Narrowing, in_text, indexed, narrowing, sortable
from aeptui.emulator.ordering import CREATION, Order, ordered
from aeptui.emulator.paging import Key, Page, cut, mark_of, page
from aeptui.emulator.store import Document, Store

FEW: Final = 500
"""So many documents are read at once without looking for a better way."""
_WIDEST: Final = 2**63


class _Narrow(NamedTuple):
    """A condition in SQL, over the index."""

    every: str
    """A query for the `seq` of all documents it means."""
    values: list[Any]
    one: str
    """A test of `d.seq`, for documents that are walked."""
    exact: bool
    """Whether the test would refuse nothing of it."""
    once: bool
    """Whether no document is in it twice."""


class Shelf:
    """One kind in one sandbox; iterating gives (place, document), oldest first."""

    def __init__(self, store: Store, kind: str, sandbox: str) -> None:
        self._store = store
        self._kind = kind
        self._sandbox = sandbox

    def __iter__(self) -> Iterator[tuple[int, Document]]:
        for place, _, document in self._store.rows(self._kind, self._sandbox):
            yield place, document

    def find(self, conditions: Sequence[Condition]) -> list[Document]:
        """All that hold, oldest first."""
        return [document for _, document in self._all(conditions, self._narrows(conditions))]

    def count(self, conditions: Sequence[Condition] = ()) -> int:
        """How many hold."""
        narrows = self._narrows(conditions)
        if not self._exact(conditions, narrows):
            return len(self._all(conditions, narrows))
        if not narrows:
            query, values = "SELECT count(*) FROM documents WHERE kind=? AND sandbox=?", [self._kind, self._sandbox]
        else:
            # What an index holds of this shelf it holds of no other, so the documents need not be asked.
            together = " INTERSECT ".join(f"SELECT seq FROM ({narrow.every})" for narrow in narrows)  # noqa: S608 - our own pieces
            what = "*" if len(narrows) > 1 or narrows[0].once else "DISTINCT seq"
            query = f"SELECT count({what}) FROM ({together})"  # noqa: S608 - our own pieces
            values = [value for narrow in narrows for value in narrow.values]
        with self._store.reading() as database:
            return int(database.execute(query, values).fetchone()[0])

    def page(self, conditions: Sequence[Condition], *, orderby: tuple[str, bool], limit: int, after: Any) -> Page:
        """One page, as `paging.page` would cut it out of the whole list.

        Args:
            orderby: (field, descending); "" is the order of creation.
            after: The key inside a token; None for the first page.
        Raises:
            PagingError: the order or the key cannot be used.
        """
        order = Order(*orderby)
        narrows = self._narrows(conditions)
        few = self._few(narrows)
        if few is not None or not self._walkable(order):
            rows = self._kept(few, conditions) if few is not None else self._all(conditions, narrows)
            return page(rows, orderby=orderby, limit=limit, after=after)
        mark = None if after is None else mark_of(after)
        ties = "DESC" if order.descending else "ASC"
        return cut(self._walked(order, conditions, narrows, limit + 1, mark=mark, ties=ties), limit)

    def part(self, conditions: Sequence[Condition], orders: Sequence[Order], start: int, limit: int) -> list[Document]:
        """So many documents from an offset on, sorted by one field after the other; the older of equals comes first."""
        narrows = self._narrows(conditions)
        few = self._few(narrows)
        order = orders[0] if orders else CREATION
        if few is None and len(orders) < 2 and self._walkable(order):
            skip = start if self._exact(conditions, narrows) else 0
            found = self._walked(order, conditions, narrows, start + limit - skip, skip=skip)
            return [document for _, document in found[start - skip :]]
        rows = self._kept(few, conditions) if few is not None else self._all(conditions, narrows)
        return ordered((document for _, document in rows), orders)[start : start + limit]

    # -- the ways of reading

    def _few(self, narrows: Sequence[_Narrow]) -> list[int] | None:
        """The places of the documents a condition leaves, when they are few."""
        with self._store.reading() as database:
            for narrow in narrows:
                query = f"SELECT seq FROM ({narrow.every}) LIMIT {FEW + 1}"  # noqa: S608 - our own pieces
                found = database.execute(query, narrow.values).fetchall()
                if len(found) <= FEW:
                    return sorted({row[0] for row in found})
        return None

    def _kept(self, places: Sequence[int], conditions: Sequence[Condition]) -> list[tuple[int, Document]]:
        query = (
            "SELECT seq, body FROM documents WHERE seq IN (SELECT value FROM json_each(?)) AND kind=? AND sandbox=? "
            "ORDER BY seq"
        )
        with self._store.reading() as database:
            found = database.execute(query, (json.dumps(places), self._kind, self._sandbox)).fetchall()
        rows = ((place, self._store.read(text)) for place, text in found)
        return [(place, document) for place, document in rows if holds(conditions, document)]

    def _all(self, conditions: Sequence[Condition], narrows: Sequence[_Narrow]) -> list[tuple[int, Document]]:
        few = self._few(narrows)
        if few is not None:
            return self._kept(few, conditions)
        found = self._walked(CREATION, conditions, narrows, _WIDEST)
        return [(place, document) for (_, _, place), document in found]

    def _walked(
        self,
        order: Order,
        conditions: Sequence[Condition],
        narrows: Sequence[_Narrow],
        most: int,
        *,
        mark: Key | None = None,
        skip: int = 0,
        ties: str = "ASC",
    ) -> list[tuple[Key, Document]]:
        """The first documents that hold, in the order, each with its key.

        Args:
            mark: Go on behind this key.
            skip: So many of those that the index leaves come before; only where it decides alone.
            ties: Which way documents with equal values go.
        """
        pieces = [(narrow.one, narrow.values) for narrow in narrows]
        if len(narrows) < len(conditions):
            pieces += [piece for condition in conditions if (piece := in_text(condition)) is not None]
        where = "".join(f" AND {sql}" for sql, _ in pieces)
        values: list[Any] = [value for _, given in pieces for value in given]
        sign, way = ("<", "DESC") if order.descending else (">", "ASC")
        if not order.path:
            head: list[Any] = [self._kind, self._sandbox]
            where += f" AND d.seq {sign} ?" if mark else ""
            query = (
                f"SELECT 0, 0, d.seq, d.body FROM documents d WHERE d.kind=? AND d.sandbox=?{where} "  # noqa: S608 - our own pieces
                f"ORDER BY d.seq {way} LIMIT -1 OFFSET ?"
            )
            values += [mark[2]] if mark else []
        else:
            head = [self._store.field(self._kind, self._sandbox, order.path)]
            where += f" AND (k.rank, k.value, k.seq) {sign} (?, ?, ?)" if mark else ""
            query = (
                "SELECT k.rank, k.value, d.seq, d.body FROM keys k CROSS JOIN documents d ON d.seq=k.seq "  # noqa: S608 - our own pieces
                f"WHERE k.field=?{where} ORDER BY k.rank {way}, k.value {way}, k.seq {ties} LIMIT -1 OFFSET ?"
            )
            values += list(mark) if mark else []
        found: list[tuple[Key, Document]] = []
        with self._store.reading() as database:
            for rank, value, place, text in database.execute(query, [*head, *values, min(skip, _WIDEST - 1)]):
                document = self._store.read(text)
                if holds(conditions, document):
                    found.append(((rank, value, place), document))
                    if len(found) >= most:
                        break
        return found

    def _walkable(self, order: Order) -> bool:
        if not order.path:
            return True
        return sortable(self._kind, order.path) and OTHER not in self._ranks(order.path)

    # -- the index

    @staticmethod
    def _exact(conditions: Sequence[Condition], narrows: Sequence[_Narrow]) -> bool:
        """Whether the index decides alone."""
        return len(narrows) == len(conditions) and all(narrow.exact for narrow in narrows)

    def _narrows(self, conditions: Sequence[Condition]) -> list[_Narrow]:
        found: list[_Narrow] = []
        for condition in conditions:
            known = narrowing(condition)
            if known is None or not indexed(self._kind, known.path):
                continue
            ranks = self._ranks(known.path)
            if OTHER not in ranks:
                field = self._store.field(self._kind, self._sandbox, known.path)
                exact = known.exact or (known.exact_unless_text and TEXT not in ranks)
                once = len(known.places) == 1 and sortable(self._kind, known.path)
                found.append(_in_sql(known, field, exact=exact, once=once))
        return found

    def _ranks(self, path: str) -> set[int]:
        """Which kinds of values a field has, of those that matter: numbers, text, and what cannot be indexed."""
        field = self._store.field(self._kind, self._sandbox, path)
        query = "SELECT 1 FROM keys WHERE field=? AND rank=? LIMIT 1"
        with self._store.reading() as database:
            return {rank for rank in (NUMBER, TEXT, OTHER) if database.execute(query, (field, rank)).fetchone()}


def _in_sql(known: Narrowing, field: int, *, exact: bool, once: bool) -> _Narrow:
    every = [f"SELECT seq FROM keys WHERE field={field} AND {sql}" for sql, _ in known.places]  # noqa: S608 - our own pieces
    values = [value for _, given in known.places for value in given]
    together = " UNION ALL ".join(every)
    if not known.by_value:
        return _Narrow(together, values, f"d.seq IN ({together})", exact, once)
    tests = [
        f"EXISTS (SELECT 1 FROM keys WHERE field={field} AND {sql} AND seq=d.seq)"  # noqa: S608 - our own pieces
        for sql, _ in known.places
    ]
    return _Narrow(together, values, f"({' OR '.join(tests)})", exact, once)
