"""The store's index: it makes lists quick and changes no answer; older stores are given one, newer ones refused."""

from __future__ import annotations

import json
import sqlite3
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aeptui.clock import ManualClock, SeededIds
from aeptui.emulator import shelf as shelves
from aeptui.emulator.errors import PlatformUnusable
from aeptui.emulator.filters import conditions, holds, values_at
from aeptui.emulator.ordering import Order, comparable
from aeptui.emulator.paging import decode_token, encode_token, page
from aeptui.emulator.platform import LocalPlatform
from aeptui.emulator.shelf import Shelf
from aeptui.emulator.store import Store
from tests.emulator.conftest import FS, Caller

_PLAIN: st.SearchStrategy[Any] = st.sampled_from([5, 5.0, "5", "a", "b", 0, -3, 1e16, "5.0", "ä", 'q"q', "None", ""])
_ANY: st.SearchStrategy[Any] = st.one_of(_PLAIN, st.sampled_from([None, 2**60, True, ["a", 5], {"x": 1}]))
_DOCUMENTS = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "name": _PLAIN,
            "createdAt": _ANY,
            "state": st.sampled_from(["enabled", "disabled"]),
            "sourceConnectionIds": st.lists(st.sampled_from(["a", "b", "5"]), max_size=2),
            "other": _ANY,
        },
    ),
    max_size=10,
)
_EXPRESSIONS = st.lists(
    st.builds(
        "{}{}{}".format,
        st.sampled_from(
            ["name", "name", "createdAt", "state", "sourceConnectionIds", "sourceConnectionIds[]", "other"]
        ),
        st.sampled_from(["==", "==", "==", "=", "!=", ">", ">=", "<", "<="]),
        st.sampled_from(
            [
                "5",
                "5.0",
                "a",
                "a,b",
                '"a,b"',
                "b,5",
                "None",
                "true",
                "enabled",
                "-1",
                "1e16",
                "1e+16",
                "ä",
                "{'x': 1}",
                "",
            ]
        ),
    ),
    max_size=2,
)
_ORDERS = st.tuples(st.sampled_from(["", "name", "createdAt", "other"]), st.booleans()).map(
    lambda order: ("", False) if not order[0] else order
)


def _outcome(call: Any) -> Any:
    """What a call gives, or which error it ends with."""
    try:
        return call()
    except (ValueError, TypeError) as error:
        return type(error)


@settings(max_examples=300, deadline=None)
@example([{"name": None}], ["name>5"], ("", False), 1, 0)
@example([{"createdAt": {"x": 1}}], ["createdAt=={'x': 1}"], ("", False), 1, 0)
@given(_DOCUMENTS, _EXPRESSIONS, _ORDERS, st.integers(1, 4), st.sampled_from([0, 3, 500]))
def test_the_index_changes_no_answer(
    documents: list[dict[str, Any]], expressions: list[str], orderby: tuple[str, bool], limit: int, few: int
) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(shelves, "FEW", few)  # so that every way of reading is gone
        store = Store(Path(folder) / "platform.db")
        for number, document in enumerate(documents):
            store.put("flows", "prod", str(number // 2 * 2), {"created": number, **document})  # some are written over
            store.put("flows", "dev", str(number), document)
        for number in range(0, len(documents), 6):
            store.delete("flows", "prod", str(number))
        shelf, wanted = Shelf(store, "flows", "prod"), conditions(expressions)
        rows = [(place, document) for place, document in shelf if holds(wanted, document)]

        assert shelf.count(wanted) == len(rows)
        assert shelf.find(wanted) == [document for _, document in rows]
        after: Any = None
        for _ in range(len(rows) + 1):
            here = after
            plain = _outcome(lambda: page(rows, orderby=orderby, limit=limit, after=here))  # noqa: B023 - called at once
            found = _outcome(lambda: shelf.page(wanted, orderby=orderby, limit=limit, after=here))  # noqa: B023
            assert found == plain
            if isinstance(found, type) or found.token is None:
                break
            after = decode_token(found.token)["after"]
        by, down = orderby
        in_order = [document for _, document in rows]
        if by:
            in_order.sort(key=lambda document: comparable(next(values_at(document, by), None)), reverse=down)
        for start in range(3):
            part = shelf.part(wanted, [Order(by, down)] if by else [], start, limit)
            assert part == in_order[start : start + limit]
        store.close()


@pytest.mark.parametrize(
    "after", [[1, {"a": 1}, 2], ["x", 1, 1], [1], {"a": 1}, [1, 2**70, 3], [1, 1, 1e400], [1, None, 1], [2, 5, 1], 7]
)
async def test_a_token_that_was_made_up_is_refused_and_not_a_crash(caller: Caller, after: Any) -> None:
    for order in ("", "&orderby=createdAt", "&orderby=-description"):
        token = encode_token({"after": after})
        answer = await caller.get(f"{FS}/connections?limit=2{order}&continuationToken={token}")
        assert answer.status_code == 400, answer.text


def _as_version_1(file: Path) -> None:
    """Make the store what the first version wrote: documents, and no index."""
    with sqlite3.connect(file) as database:
        for table in ("keys", "fields", "indexed"):
            database.execute(f"DROP TABLE {table}")
        for index in ("documents_in_order", "documents_of_owner", "documents_by_time"):
            database.execute(f"DROP INDEX {index}")
        database.execute("CREATE INDEX documents_by_owner ON documents (kind, sandbox, owner)")
        database.execute("PRAGMA user_version=1")
    database.close()


async def test_a_store_of_the_first_version_is_searched_like_a_new_one(tmp_path: Path, storage: Path) -> None:
    platform = LocalPlatform.open(tmp_path / "local", storage, clock=ManualClock(), ids=SeededIds())
    caller = await Caller(platform).log_in()
    flow = await caller.made(f"{FS}/flows", await caller.flow_body())
    paths = [
        f"{FS}/connections?orderby=-name&limit=3",
        f"{FS}/connections?property=name=={json.dumps('Sample SFTP')}",
        f"{FS}/connections?count=true&property=state==enabled",
        f"{FS}/flows?property=id=={flow}",
    ]
    before = [(await caller.get(path)).json() for path in paths]
    await platform.close()
    _as_version_1(tmp_path / "local" / "platform.db")

    platform = LocalPlatform.open(tmp_path / "local", storage, clock=ManualClock(), ids=SeededIds())
    caller = await Caller(platform).log_in()
    assert [(await caller.get(path)).json() for path in paths] == before
    assert len(before[3]["items"]) == 1
    await platform.close()


def test_a_store_of_a_newer_version_is_refused_in_words(tmp_path: Path) -> None:
    Store(tmp_path / "platform.db").close()
    with sqlite3.connect(tmp_path / "platform.db") as database:
        database.execute("PRAGMA user_version=9")
    database.close()
    for _ in range(2):  # and the folder is not left locked
        with pytest.raises(PlatformUnusable, match=r"newer aeptui .*format 9"):
            LocalPlatform.open(tmp_path, clock=ManualClock(), ids=SeededIds())


@pytest.mark.parametrize("expression", ["name==None", "name==null", "name>5", "name<x", "name>="])
def test_a_field_that_is_null_fits_no_condition(tmp_path: Path, expression: str) -> None:
    store = Store(tmp_path / "platform.db")
    store.put("flows", "prod", "1", {"id": "1", "name": None, "other": None})
    for field in ("name", "other"):
        wanted = conditions([expression.replace("name", field)])
        shelf = Shelf(store, "flows", "prod")
        assert (shelf.count(wanted), shelf.find(wanted)) == (0, [])
    store.close()
