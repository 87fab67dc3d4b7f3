"""The errors of the mapping language.

    DataPrepError
      ExpressionError   the text does not parse or does not validate; carries position and hint
      PathError         a source or destination path is not well formed; carries position
      TransformError    the expression is fine, but it fails on this row
        CoercionError   a value cannot become the type of the destination field

The language stands alone, so this tree does not hang under the application's own errors.
"""

from __future__ import annotations

from datetime import date


class DataPrepError(Exception):
    """Root of everything this package raises on purpose."""


class ExpressionError(DataPrepError):
    """The text is not a valid expression.

    Args:
        message: One sentence, without the position.
        position: Zero-based character offset of the first character that is wrong.
        hint: What to write instead; empty when nothing useful is known.
    """

    def __init__(self, message: str, position: int, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.position = position
        self.hint = hint

    def __str__(self) -> str:
        text = f"{self.message} (at character {self.position + 1})"
        return f"{text}. {self.hint}" if self.hint else text


class PathError(DataPrepError):
    """A path is not well formed; `position` is a zero-based character offset into it."""

    def __init__(self, message: str, position: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.position = position

    def __str__(self) -> str:
        return f"{self.message} (at character {self.position + 1})"


class TransformError(DataPrepError):
    """The expression failed on one row.

    Args:
        why: What went wrong, naming the value.
        function: The function or operator that failed; filled in by the caller when the value helper does not know it.
        argument: The argument's name; empty when the failure is not about one argument.
    """

    def __init__(self, why: str, *, function: str = "", argument: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.function = function
        self.argument = argument

    def __str__(self) -> str:
        parts = [self.function, f"argument {self.argument}" if self.argument else "", self.why]
        return ": ".join(part for part in parts if part)


class CoercionError(TransformError):
    """A value cannot become the XDM type asked for."""

    def __init__(self, why: str, *, type_name: str) -> None:
        super().__init__(why)
        self.type_name = type_name


def shown(value: object, limit: int = 40) -> str:
    """A value as error texts quote it: short, on one line, never more of a row than needed."""
    if isinstance(value, str):
        text = value if len(value) <= limit else value[: limit - 1] + "…"
        return repr(text)
    if isinstance(value, (list, tuple)):
        return f"an array of {len(value)}"
    if isinstance(value, dict):
        return "an object"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int) and value.bit_length() > 128:
        return "a very large number"
    return str(value)[:limit]
