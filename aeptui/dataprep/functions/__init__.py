"""The functions of the mapping language, one module per category, and their registry.

`FUNCTIONS` is data: help, completion and the platform's functions endpoint are made from it, so that nothing is ever
listed that does not run.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from . import (
    analytics,
    arrays,
    conversion,
    dates,
    hashing,
    logic,
    maps,
    objects,
    special,
    strings,
    text,
    urls,
    user_agent,
)
from .other_names import OTHER_NAMES
from .registry import Function, Parameter

FUNCTIONS: Final[Mapping[str, Function]] = MappingProxyType(
    {
        function.name: function
        for module in (
            strings,
            text,
            logic,
            dates,
            conversion,
            objects,
            maps,
            arrays,
            hashing,
            urls,
            user_agent,
            analytics,
            special,
        )
        for function in module.FUNCTIONS.functions
    }
)

__all__ = ["FUNCTIONS", "OTHER_NAMES", "Function", "Parameter"]
