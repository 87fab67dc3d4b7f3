"""Paths of a source: which file stands for them, and what is said when there is none."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from aeptui.api.errors import NotFound
from aeptui.chain.pipeline import Source
from aeptui.chain.source_files import MOST_FOLDERS, FoundFile, find_sample
from aeptui.models.connections import ExploredItem

TREE = {
    "loyalty/members/2026-11-01.tsv",
    "loyalty/members/2026-11-02.tsv",
    "loyalty/readme.txt",
    "orders/orders.jsonl.gz",
    "web/visits/day=1/part-0.csv",
    "web/visits/day=2/part-0.csv",
    "empty/",
    *(f"wide/{letter}/nothing/" for letter in "abcdefgh"),
}


class Storage:
    """Explores the tree above, and counts how often."""

    def __init__(self) -> None:
        self.looked: list[str | None] = []

    async def explore(self, path: str | None) -> Sequence[ExploredItem]:
        self.looked.append(path)
        prefix = f"{path.strip('/')}/" if path else ""
        if prefix in TREE:
            return []
        below = {name.removeprefix(prefix) for name in TREE if name.startswith(prefix)}
        if not below:
            raise NotFound(f"The folder {path} does not exist.", method="GET", path="/explore", status=404)
        names = sorted({name.partition("/")[0] + ("/" if "/" in name else "") for name in below})
        return [
            ExploredItem(
                type="folder" if name.endswith("/") else "file",
                name=name.rstrip("/"),
                path=f"/{prefix}{name}",
                can_preview=not name.endswith("/"),
            )
            for name in names
        ]


async def find(path: str, **options: object) -> FoundFile:
    return await find_sample(Source.model_validate({"path": path, **options}), Storage().explore)


@pytest.mark.parametrize(
    ("path", "options", "file"),
    [
        ("/loyalty/members/*.tsv", {}, "/loyalty/members/2026-11-01.tsv"),
        ("/loyalty/members/*-02*", {}, "/loyalty/members/2026-11-02.tsv"),
        ("/loyalty/members", {}, "/loyalty/members/2026-11-01.tsv"),
        ("loyalty/members/", {}, "/loyalty/members/2026-11-01.tsv"),
        ("/orders/orders.jsonl.gz", {"type": "file"}, "/orders/orders.jsonl.gz"),
        ("/web/visits", {"recursive": True}, "/web/visits/day=1/part-0.csv"),
        ("/web/visits/*/part-*.csv", {}, "/web/visits/day=1/part-0.csv"),
        ("/web/*.csv", {"recursive": True}, "/web/visits/day=1/part-0.csv"),
    ],
)
async def test_a_path_leads_to_its_first_file(path: str, options: dict[str, object], file: str) -> None:
    assert await find(path, **options) == FoundFile(file)


@pytest.mark.parametrize(
    ("path", "options", "key", "what", "fix"),
    [
        ("/loyalty/membres/*.tsv", {}, "path", "no folder", "Did you mean /loyalty/members"),
        ("/loyalyt/members", {}, "path", "no folder", "Did you mean /loyalty/members"),
        ("/loyalty/members/*.csv", {}, "path", "No file matches", "2026-11-01.tsv, 2026-11-02.tsv"),
        ("/orders/order.jsonl.gz", {"type": "file"}, "path", "no file", "Did you mean /orders/orders.jsonl.gz"),
        ("/orders", {"type": "file"}, "type", "is a folder", 'type = "folder"'),
        ("/orders/orders.jsonl.gz", {}, "type", "is a file", 'type = "file"'),
        ("/web/visits", {}, "recursive", "sub-folders only", "recursive = true"),
        ("/zzz", {}, "path", "no folder", "In / there are empty, loyalty, orders and 2 more"),
    ],
)
async def test_a_path_that_leads_nowhere_says_what_is_there(
    path: str, options: dict[str, object], key: str, what: str, fix: str
) -> None:
    found = await find(path, **options)
    assert (found.path, found.key, found.is_warning) == (None, key, False)
    assert what in found.what
    assert fix in found.fix


async def test_an_empty_folder_is_a_warning_because_files_may_come() -> None:
    found = await find("/empty")
    assert found.is_warning
    assert found.key == "path"


async def test_a_wide_tree_is_not_searched_to_its_end() -> None:
    storage = Storage()
    found = await find_sample(Source(path="/wide/*/nothing/*.csv"), storage.explore)
    assert found == FoundFile()
    assert len(storage.looked) <= MOST_FOLDERS
