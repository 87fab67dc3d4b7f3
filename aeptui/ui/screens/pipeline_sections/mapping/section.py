"""Mapping: which column or expression fills which field, tried on a sample row as it is edited."""

from __future__ import annotations

from aeptui.ui.screens.pipeline_sections.mapping.automapping import AutoMapping
from aeptui.ui.screens.pipeline_sections.mapping.exchanging import Exchanging
from aeptui.ui.screens.pipeline_sections.mapping.forecasting import Forecasting
from aeptui.ui.screens.pipeline_sections.mapping.judging import Judging
from aeptui.ui.screens.pipeline_sections.mapping.mending import Mending
from aeptui.ui.screens.pipeline_sections.mapping.targeting import Targeting
from aeptui.ui.screens.pipeline_sections.mapping.viewing import Viewing


class MappingSection(Targeting, Exchanging, Viewing, AutoMapping, Mending, Judging, Forecasting):
    """The table of mapping rows, and everything one does with them."""
