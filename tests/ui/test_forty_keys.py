"""A mapping made from nothing on the local platform, in few keys that are all read on the screen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from aeptui.chain.pipeline import MappingRow
from aeptui.session import Session
from aeptui.ui.screens.pick import PickScreen
from aeptui.ui.screens.pipeline import PipelineScreen
from tests.ui.local_stage import LocalApp, shown, until

PLANTED = '[[mapping]]\nsource = "City"\ntarget = "person.birthDate"\n\n'
"""A text where a date belongs."""
RIGHT = {
    "MemberId": "personID",
    "FirstName": "person.name.firstName",
    "LastName": "person.name.lastName",
    "Email": "personalEmail.address",
    "Phone": "mobilePhone.number",
    "BirthDate": "person.birthDate",
    "JoinedOn": "loyalty.joinDate",
    "Tier": "loyalty.tier",
    "Points": "loyalty.points",
    "City": "homeAddress.city",
    "Country": "homeAddress.country",
}
CALCULATED = {'concat(FirstName, " ", LastName)': "person.name.fullName", "upper(Tier)": "loyalty.status"}


class Fingers:
    """Presses keys one at a time, and counts them."""

    def __init__(self, pilot: Any) -> None:
        self._pilot = pilot
        self.count = 0

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self._pilot.press(key)
            await self._pilot.pause()
            self.count += 1


async def unmapped(session: Session) -> None:
    """Save the loyalty pipeline with nothing but a mistake in its mapping."""
    text = (await session.pipelines.load("loyalty")).text
    before, after = text.index("# An attribute is copied"), text.index("[schedule]")
    await session.pipelines.save("mine", text[:before] + PLANTED + text[after:])


async def test_the_loyalty_file_is_mapped_mended_and_calculated_from_in_at_most_forty_keys(tmp_path: Path) -> None:
    app = LocalApp(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.session is not None, "the session")
        await unmapped(app.local_session)
        editor = PipelineScreen(app.local_session, "mine", "mapping")
        await app.push_screen(editor)
        await until(pilot, lambda: editor.state and editor.state.sample.preview and editor.state.target.fields)
        state: Any = editor.state
        assert state.pipeline.mapping == (MappingRow(source="City", target="person.birthDate"),)
        await until(pilot, lambda: "m mend" in shown(app.screen), "the mistake, and its key")
        fingers = Fingers(pilot)

        await fingers.press("m")
        await fingers.press("a")
        assert isinstance(app.screen, PickScreen)
        await fingers.press("enter")
        await fingers.press("n", *"con", "tab", "F", "tab", *', " ", ', "L", "tab", "enter")
        await fingers.press("f")
        assert "enter takes person.name.fullName" in shown(app.screen)
        await fingers.press("enter")
        await fingers.press("n", *"upp", "tab", *"Ti", "tab", "enter", *"st", "enter")

        await until(pilot, lambda: app.screen is editor, "the end of the form")
        await until(pilot, lambda: not editor.workers or all(one.is_finished for one in editor.workers), "the check")
        state = editor.state
        rows: tuple[MappingRow, ...] = state.pipeline.mapping
        assert {row.source: row.target for row in rows if row.source} == RIGHT
        assert {row.expression: row.target for row in rows if row.expression} == CALCULATED
        assert len(rows) == len(RIGHT) + len(CALCULATED)
        assert [problem for problem in state.all_problems() if problem.section == "mapping"] == []
        assert all(state.trial.of(row).state == "ok" for row in rows)
        assert fingers.count <= 34, fingers.count
