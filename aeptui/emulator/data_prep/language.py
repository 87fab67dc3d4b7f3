"""The mapping language's catalogue in Data Prep's shape, made from the language itself."""

from __future__ import annotations

from typing import Any

from aeptui.dataprep import FUNCTIONS, Function, Parameter
from aeptui.dataprep.operators import BINARY, UNARY


def functions() -> list[dict[str, Any]]:
    """Data Prep, GET /languages/el/functions."""
    return [_function(function) for function in FUNCTIONS.values()]


def _function(function: Function) -> dict[str, Any]:
    params = [
        {
            "name": parameter.name,
            "description": _about(parameter),
            "type": "object",
            "dataType": "java.lang.Object",
            "position": place,
        }
        for place, parameter in enumerate(function.params, 1)
    ]
    return {
        "category": function.category,
        "function": function.name,
        "description": function.description,
        "syntax": function.signature,
        "returns": function.returns,
        "returnType": function.returns,
        "example": function.example,
        "result": "",
        "params": params,
        "since": 1,
    }


def _about(parameter: Parameter) -> str:
    if parameter.variadic:
        return "Any number of values"
    return "May be left out" if parameter.optional else ""


def operators() -> list[dict[str, Any]]:
    """Data Prep, GET /languages/el/operators."""
    infix = [_operator(known.symbol, known.name, known.description, 2) for known in BINARY.values()]
    return infix + [_operator(known.symbol, known.name, known.description, 1) for known in UNARY.values()]


def _operator(symbol: str, name: str, description: str, operands: int) -> dict[str, Any]:
    return {
        "operatorSymbol": symbol,
        "methodName": name,
        "numberOfOperands": operands,
        "description": description,
        "example": f"a {symbol} b" if operands == 2 else f"{symbol}a",
    }
