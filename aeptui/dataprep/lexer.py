"""Splits the text of a calculated field into tokens.

Knows characters only: names, `${...}` names, literals, operators. It refuses what can never be part of an expression
(an open quote, a stray character) and leaves all grammar to the parser.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal
from unicodedata import category

from .errors import ExpressionError

MAX_LENGTH: Final = 4096

Kind = Literal["name", "quoted_name", "word", "number", "string", "operator", "end", "error"]

RESERVED: Final = frozenset((
    "new", "mod", "or", "break", "var", "lt", "for", "false", "while", "eq", "gt", "div", "not", "null", "continue",
    "else", "and", "ne", "true", "le", "if", "ge", "return", "_errors",
))  # fmt: skip
"""Words that name no field unless written as `${word}`."""

OPERATOR_WORDS: Final = {
    "or": "||", "and": "&&", "eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">=",
    "div": "/", "mod": "%", "not": "!",
}  # fmt: skip

_OPERATORS: Final = (
    "||", "&&", "==", "!=", "<=", ">=", "=~", "!~", "=^", "=$", "!^", "!$", "?:", "??", "->", "=>",
    "?", ":", "|", "^", "&", "<", ">", "+", "-", "*", "/", "%", "~", "!", ".", ",", "(", ")", "[", "]", "{", "}", "=",
    ";",
)  # fmt: skip
_BY_FIRST: Final = {one[0]: tuple(other for other in _OPERATORS if other[0] == one[0]) for one in _OPERATORS}
_NUMBER: Final = re.compile(
    r"0[xX](?P<hex>[0-9a-fA-F]+)(?P<hex_suffix>[lLhH]?)"
    r"|(?P<digits>[0-9]+)(?P<fraction>\.[0-9]+)?(?P<exponent>[eE][+-]?[0-9]+)?(?P<suffix>[lLfFdDhHbB]?)"
)
_DATE_SO_FAR: Final = re.compile(r"[0-9]{4}-[0-9]{2}-\Z")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]*(?:Z|[+-][0-9:]+)?")
_HALF: Final = re.compile("[\ud800-\udfff]")
_MAX_DIGITS: Final = 400
_ESCAPES: Final = {
    "n": "\n",
    "t": "\t",
    "r": "\r",
    "b": "\b",
    "f": "\f",
    "\\": "\\",
    '"': '"',
    "'": "'",
    "`": "`",
    "/": "/",
}


@dataclass(frozen=True, slots=True)
class Token:
    """One token. `value` is the literal's value, or the name's parts; `text` is as written."""

    kind: Kind
    text: str
    position: int
    value: object = None


def is_name_start(character: str) -> bool:
    """Whether a plain name may start with this character (Java's rule)."""
    return character.isalpha() or character in "_$"


def is_name_part(character: str) -> bool:
    """Whether a plain name may go on with this character (Java's rule: also the marks that follow a letter)."""
    return character.isalnum() or character in "_$" or category(character) in ("Mn", "Mc")


def is_plain_name(text: str) -> bool:
    """Whether the text is a field's name that needs no `${...}`."""
    return text not in RESERVED and is_name_start(text[:1] or " ") and all(map(is_name_part, text))


def tokenize(text: str) -> list[Token]:
    """Split `text` into tokens; the last one has kind `end`.

    Raises:
        ExpressionError: too long, an unknown character, or a literal that does not end.
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionError(
            f"An expression has at most {MAX_LENGTH} characters; this one has {len(text)}",
            MAX_LENGTH,
            "Split the mapping",
        )
    found: list[Token] = []
    position = 0
    while position < len(text):
        if text[position].isspace():
            position += 1
            continue
        token, position = _next(text, position, found)
        found.append(token)
    found.append(Token("end", "", len(text)))
    return found


@lru_cache(maxsize=8)
def tokens(text: str) -> tuple[Token, ...]:
    """The tokens of a text that is still being typed, without the `end`; what can be no token has kind `error`.

    Never raises: a text or a `${` that does not end goes to the end, and so does what is beyond the longest expression.
    """
    found: list[Token] = []
    position, end = 0, min(len(text), MAX_LENGTH)
    while position < end:
        if text[position].isspace():
            position += 1
            continue
        try:
            token, following = _next(text, position, found)
        except ExpressionError:
            if text[position] in "\"'" or text.startswith("${", position):
                following = end
            else:
                word = re.compile(r"[\w$]+").match(text, position)
                following = word.end() if word is not None else position + 1
            token = Token("error", text[position:following], position)
        found.append(token)
        position = following
    if position < len(text):
        found.append(Token("error", text[position:], position))
    return tuple(found)


def _next(text: str, position: int, before: list[Token]) -> tuple[Token, int]:
    """The token that starts here, and where the next one may."""
    character = text[position]
    if character in "\"'":
        return _string(text, position)
    if text.startswith("${", position):
        return _quoted_name(text, position)
    if is_name_start(character):
        return _name(text, position)
    if "0" <= character <= "9":
        return _number(text, position)
    return _operator(text, position, after_operand=_ends_operand(before))


def _ends_operand(tokens: list[Token]) -> bool:
    if not tokens:
        return False
    last = tokens[-1]
    if last.kind == "operator":
        return last.text in (")", "]", "}")
    return last.text not in OPERATOR_WORDS or last.kind != "word"


def _string(text: str, start: int) -> tuple[Token, int]:
    quote = text[start]
    parts: list[str] = []
    position = start + 1
    while position < len(text):
        character = text[position]
        if character == quote:
            return Token("string", text[start : position + 1], start, whole_characters("".join(parts))), position + 1
        if character == "\\" and position + 1 < len(text):
            escape = text[position + 1]
            if escape == "u":
                digits = text[position + 2 : position + 6]
                if not re.fullmatch(r"[0-9a-fA-F]{4}", digits):
                    raise ExpressionError("\\u needs four hexadecimal digits", position)
                parts.append(chr(int(digits, 16)))
                position += 6
                continue
            # An unknown escape keeps its backslash, so that a regular expression like "\d" reads as it looks.
            parts.append(_ESCAPES.get(escape, "\\" + escape))
            position += 2
            continue
        parts.append(character)
        position += 1
    raise ExpressionError("This text has no closing quote", start, f"Add {quote} at its end")


def whole_characters(text: str) -> str:
    """The text with every character whole: two halves, each written as `\\uXXXX`, are one; a lone half is none."""
    if text.isascii() or not _HALF.search(text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _quoted_name(text: str, start: int) -> tuple[Token, int]:
    parts: list[str] = [""]
    position = start + 2
    while position < len(text):
        character = text[position]
        if character == "}":
            if parts == [""]:
                raise ExpressionError("${} names no field", start)
            return Token("quoted_name", text[start : position + 1], start, tuple(parts)), position + 1
        if character == "\\" and position + 1 < len(text):
            parts[-1] += text[position + 1]
            position += 2
            continue
        if character == ".":
            parts.append("")
        else:
            parts[-1] += character
        position += 1
    raise ExpressionError("${ has no closing brace", start, "Add } after the field's name")


def _name(text: str, start: int) -> tuple[Token, int]:
    position = start
    characters: list[str] = []
    while position < len(text):
        if is_name_part(text[position]):
            characters.append(text[position])
            position += 1
        elif text.startswith("\\.", position):
            characters.append(".")
            position += 2
        else:
            break
    name = "".join(characters)
    kind: Kind = "word" if name in RESERVED else "name"
    return Token(kind, text[start:position], start, name), position


def _number(text: str, start: int) -> tuple[Token, int]:
    match = _NUMBER.match(text, start)
    if match is None:
        raise ExpressionError("This is not a number", start)
    end = match.end()
    if end < len(text) and is_name_part(text[end]):
        word = re.match(r"[\w$]*", text[start:])
        name = word.group() if word else text[start:end]
        before = _DATE_SO_FAR.search(text, 0, start)
        date = _DATE.match(text, before.start()) if before else None
        if date is not None:
            raise ExpressionError("A date is written as text", date.start(), f'Write date("{date.group()}")')
        raise ExpressionError(f"{name} is neither a number nor a plain name", start, f"A field is written ${{{name}}}")
    value: object
    if len(match["hex"] or match["digits"]) > _MAX_DIGITS:
        raise ExpressionError("This number has too many digits", start)
    if match["hex"] is not None:
        value = int(match["hex"], 16)
    elif match["fraction"] or match["exponent"] or match["suffix"] in tuple("fFdDbB"):
        value = float(match["digits"] + (match["fraction"] or "") + (match["exponent"] or ""))
        if value == math.inf:
            raise ExpressionError("This number is too large", start)
    else:
        value = int(match["digits"])
    return Token("number", match.group(), start, value), end


def _operator(text: str, start: int, *, after_operand: bool) -> tuple[Token, int]:
    for operator in _BY_FIRST.get(text[start], ()):
        if text.startswith(operator, start):
            if operator in ("!~", "!$", "!^") and not after_operand:
                operator = "!"  # a prefix position: `!$name`, `!${First Name}` and `!~1` negate what follows
            return Token("operator", operator, start), start + len(operator)
    hint = "Put the field's name in ${...}" if text[start] in "`@#" else ""
    raise ExpressionError(f"The character {text[start]!r} has no meaning here", start, hint)
