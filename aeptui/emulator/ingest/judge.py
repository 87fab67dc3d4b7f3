"""What becomes of one row: the record it makes, what is warned about, and why it is rejected. Reads and writes nothing.

Ingestion asks it about every row that needs a closer look, a preview about every row there is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from aeptui.dataprep import MappingRule, RowIssue, compile_mapping, quote_column
from aeptui.emulator.ingest.validate import NOT_ALLOWED, REQUIRED, compile_validator
from aeptui.emulator.ingest.xdm import field_types

Reasons = list[tuple[str, str | None, str]]
"""(code, column or None, message); the first decides under which code a row counts."""


class Verdict(NamedTuple):
    """What becomes of one row; with reasons it is rejected."""

    record: dict[str, Any]
    reasons: Reasons
    warnings: tuple[RowIssue, ...]
    """Fields that became null, for their expression failed; of no account when the row is rejected."""


class Judge:
    """A compiled mapping set and the checks of its schema; call it with one row after the other.

    Args:
        rules: None: the records are XDM already, and are copied.
        schema: The resolved schema.
        now: What `now()` answers.
    Raises:
        DataPrepError: the mappings cannot be used.
    """

    def __init__(self, rules: Sequence[MappingRule] | None, schema: Mapping[str, Any], now: datetime) -> None:
        self.is_xdm = rules is None
        self.rules = tuple(_copies(schema) if rules is None else rules)
        self.mapper = compile_mapping(self.rules, field_types(schema), now)
        self._violations = compile_validator(schema)

    def __call__(self, values: Mapping[str, Any]) -> Verdict:
        """Map and check one row."""
        made = self.mapper(values)
        if made.errors:
            reasons: Reasons = [(one.code, one.destination, one.message) for one in made.errors]
            return Verdict(made.record, reasons, made.warnings)
        if self.is_xdm and not made.record:
            return Verdict({}, [(NOT_ALLOWED, None, "the schema has none of the fields of the record")], ())
        found = self._violations(made.record)
        why = {issue.destination: issue.message for issue in made.warnings} if found else {}
        reasons = [
            (code, column, f"{message} ({why[column]})" if code == REQUIRED and column in why else message)
            for code, column, message in found
        ]
        return Verdict(made.record, reasons, made.warnings)


def _copies(schema: Mapping[str, Any]) -> list[MappingRule]:
    """The rules for records that are XDM already: every top-level field is copied, with all that is in it.

    What the documents say ends with "content must already be XDM-shaped". Inferred is the rest: values become the type
    of their field as mapped ones do, fields that the schema does not have are left out, and a record that has no field
    of the schema at all is rejected, for it would be a row of nothing.
    """
    names = list(schema.get("properties", {}))
    return [MappingRule("ATTRIBUTE", quote_column(name), _SPECIAL.sub(r"\\\g<0>", name)) for name in names]


_SPECIAL: Final = re.compile(r"[\\.\[]")
