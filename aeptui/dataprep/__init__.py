"""The Data Prep mapping language: expressions, paths, types and mapping sets, on rows that are plain dicts.

Used by the local platform's ingestion, the mapping editor and pre-flight. Standard library only; it reads no files,
knows no API, and imports nothing else of this application.
"""

from __future__ import annotations

from .checks import MappingProblem, check_mapping
from .coercion import TYPES, coerce, coercer
from .columns import CellFrame, ColumnMapper, Frame, RowFrame
from .errors import CoercionError, DataPrepError, ExpressionError, PathError, TransformError
from .expression import Expression, compile_expression, evaluate
from .functions import FUNCTIONS, Function, Parameter
from .functions.registry import Context
from .lexer import MAX_LENGTH, Token, tokens
from .mapping import Field, Mapped, Mapper, MappingRule, RowIssue, SourceType, compile_mapping
from .methods import METHODS
from .operators import OPERATORS
from .parser import parse
from .paths import DestinationPath, SourcePath, quote_column
from .printer import to_expression

__all__ = [
    "FUNCTIONS",
    "MAX_LENGTH",
    "METHODS",
    "OPERATORS",
    "TYPES",
    "CellFrame",
    "CoercionError",
    "ColumnMapper",
    "Context",
    "DataPrepError",
    "DestinationPath",
    "Expression",
    "ExpressionError",
    "Field",
    "Frame",
    "Function",
    "Mapped",
    "Mapper",
    "MappingProblem",
    "MappingRule",
    "Parameter",
    "PathError",
    "RowFrame",
    "RowIssue",
    "SourcePath",
    "SourceType",
    "Token",
    "TransformError",
    "check_mapping",
    "coerce",
    "coercer",
    "compile_expression",
    "compile_mapping",
    "evaluate",
    "parse",
    "quote_column",
    "to_expression",
    "tokens",
]
