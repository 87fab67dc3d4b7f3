"""Mapping rows of the sandbox and of files, read through a session whose local platform answers."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aeptui.chain.mapping_tables import Surroundings
from aeptui.chain.pipeline import MappingRow
from aeptui.config import Paths
from aeptui.credentials import SessionVault
from aeptui.errors import ConfigError
from aeptui.models.mapping_sets import MappingCreate, MappingSetCreate
from aeptui.models.schemas import SchemaCreate, SchemaRef
from aeptui.session import Session
from aeptui.session.mapping_exchange import FileThere, read_rows, read_rows_file, write_rows_file

PROFILE = "https://ns.adobe.com/xdm/context/profile"
GROUP = "https://ns.adobe.com/xdm/context/profile-person-details"


@pytest.fixture
async def session(tmp_path: Path) -> AsyncIterator[Session]:
    session = await Session.open(
        "local", paths=Paths(config=tmp_path, state=tmp_path, data=tmp_path), vaults=[SessionVault()]
    )
    yield session
    await session.aclose()


async def test_mapping_sets_are_listed_and_read_back_as_rows(session: Session) -> None:
    client = session._client
    schema = SchemaRef(id=(await client.schemas.create(SchemaCreate.of("People", PROFILE, [GROUP]))).id)
    rows = (
        MappingCreate(source_type="ATTRIBUTE", source="Last", destination="person.name.lastName"),
        MappingCreate(source_type="EXPRESSION", source="upper(First)", destination="person.name.firstName"),
    )
    name = "People aeptui:20261101-120000-0a1b:mapping_set"
    made = await client.mapping_sets.create(MappingSetCreate.of(name, schema, rows))
    found = {one.id: one for one in await session.mapping_exchange.sets()}
    assert (found[made.id].name, found[made.id].mappings) == ("People", 2)
    assert found[made.id].changed_at is not None
    read = await session.mapping_exchange.of_set(made.id)
    assert [one.row for one in read.rows] == [
        MappingRow(source="Last", target="person.name.lastName"),
        MappingRow(expression="upper(First)", target="person.name.firstName"),
    ]


def test_a_file_of_a_spreadsheet_is_read_in_whatever_alphabet_it_was_saved(tmp_path: Path) -> None:
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        file = tmp_path / f"{encoding}.csv"
        file.write_bytes("source\ttarget\r\nprénom\tperson\r\n".encode(encoding))
        read = read_rows(read_rows_file(file), Surroundings(), is_file=True)
        assert [one.row for one in read.rows] == [MappingRow(source="prénom", target="person")]
    file.write_bytes(b"source,target\r\npr\xe9nom,person\r\n")
    with pytest.raises(ConfigError, match="not UTF-8"):
        read_rows_file(file)
    for other in ("utf-16-le", "utf-16-be", "utf-32"):
        file.write_bytes("source,target\r\na,b\r\n".encode(other))
        with pytest.raises(ConfigError, match=r"at byte \d+ stands a zero"):
            read_rows_file(file)


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".json"])
def test_what_is_written_into_a_file_is_read_back(tmp_path: Path, ending: str) -> None:
    rows = (
        MappingRow(source="${First Name}", target="a"),
        MappingRow(expression='"x" + \n-b', target=""),
        MappingRow(expression="= a ", target=" t"),  # wrong, and to be mended there, not lost on the way
    )
    file = write_rows_file(tmp_path / f"rows{ending}", rows, "Loyalty", None)
    read = read_rows(read_rows_file(file), Surroundings(), is_file=True)
    assert tuple(one.row for one in read.rows) == rows


async def test_a_path_is_completed_with_folders_first_among_equals(session: Session, tmp_path: Path) -> None:
    (tmp_path / "maps").mkdir()
    (tmp_path / "maps" / "loyalty.csv").touch()
    complete = session.mapping_exchange.complete
    assert await complete(f"{tmp_path}/ma") == f"{tmp_path}/maps/"
    assert await complete(f"{tmp_path}/maps/") == f"{tmp_path}/maps/loyalty.csv"
    assert await complete(f"{tmp_path}/zzz") == ""
    assert await complete(f"{tmp_path}/nowhere/x") == ""
    assert await complete("~nobody-of-that-name/x") == ""


def test_a_path_that_no_file_can_have_is_an_error_and_no_crash(tmp_path: Path) -> None:
    for path in (Path("~nobody-of-that-name/a.csv"), tmp_path / f"{'a' * 300}.csv", tmp_path, Path("a\0b.csv")):
        with pytest.raises(ConfigError):
            read_rows_file(path)
        with pytest.raises(ConfigError):
            write_rows_file(path, (), "", None)


def test_what_is_no_file_is_neither_read_nor_replaced(tmp_path: Path) -> None:
    pipe, link = tmp_path / "pipe.csv", tmp_path / "link.csv"
    os.mkfifo(pipe)
    for path in (pipe, Path("/dev/zero"), tmp_path):
        with pytest.raises(ConfigError, match="cannot be read: I"):
            read_rows_file(path)
    rows = (MappingRow(source="a", target="b"),)
    with pytest.raises(ConfigError, match="no file that could be replaced"):
        write_rows_file(pipe, rows, "", None, replace=True)
    assert pipe.is_fifo()
    link.symlink_to(tmp_path / "real.csv")
    assert write_rows_file(link, rows, "", None) == tmp_path / "real.csv"
    with pytest.raises(FileThere):
        write_rows_file(link, rows, "", None)
    write_rows_file(link, rows, "", None, replace=True)
    assert link.is_symlink()
    link.unlink()
    link.symlink_to(link)
    with pytest.raises(ConfigError):
        write_rows_file(link, rows, "", None)
