"""What the platform's documents leave open about the mapping language, and how it is read here: the one list of it.

Each entry is a decision, with what it stands on and, where one expression can show it, an example and its value (a date
in ISO 8601; `FAILS`: the field becomes null with a warning). Whoever learns better from the real platform changes the
entry and the code that it names.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

FAILS: Final = "fails"
"""Stands for a value when the example fails on every row."""

Basis = Literal["sample", "jexl", "java", "choice"]
"""What a reading stands on: a sample that no rule explains, the engine behind it, its language, or only sense."""


class Reading(NamedTuple):
    """One decision."""

    about: str
    """A function, or a part of the language."""
    rule: str
    basis: Basis
    example: str = ""
    gives: object = None


READINGS: Final[tuple[Reading, ...]] = (
    # -- grammar and operators
    Reading("operators", "Their precedence is that of JEXL; words and symbols mean the same.", "jexl",
            "not false and 1 + 2 * 3 eq 7 ? 'a' : 'b'", "a"),
    Reading("operators", "Comparisons do not chain; lambdas, statements and new are refused.", "jexl"),
    Reading("names", "A text in ${...} is a column of that name, else a path; a dot with a backslash is never a path.",
            "sample", "${a.b}"),
    Reading("names", "[*] within an expression gives the array of the values.", "choice",
            "json_to_object('[{\"k\": 1}, {\"k\": 2}]')[*].k", [1, 2]),
    Reading("text", "An unknown escape keeps its backslash, so that \"\\d\" is the regular expression it looks like.",
            "jexl", "'\\d'", "\\d"),
    Reading("text", "Two escaped halves of a character are that character; a lone half is U+FFFD.", "java",
            "'\\ud83d'", "\ufffd"),
    Reading("+", "Joins text as soon as one side is no number; a boolean is none, nor is numeric text.", "jexl",
            "1 + '2'", "12"),
    Reading("+ - * / %", "With null the whole expression fails, and so does a division by zero.", "choice",
            "1 + null", FAILS),
    Reading("/", "A whole number by a whole number is cut off towards zero; % has the sign of its left side.", "jexl",
            "-7 / 2", -3),
    Reading("==", "A number and numeric text are compared as numbers; null equals only null; < with null fails.",
            "jexl", "'10' == 10", True),
    Reading("true or false", "null, an empty text, \"false\" and 0 are false; everything else is true.", "jexl",
            "iif('no', 1, 2)", 1),
    Reading("methods", "Only a closed list of Java's methods is understood; equals() does not convert.", "choice",
            "'5'.equals(5)", False),
    Reading("numbers", "As text they are written as Java does: with an exponent from ten million, and below a "
            "thousandth.", "java", "concat(1e7, ' ', 1234567.5)", "1.0E7 1234567.5"),
    # -- functions
    Reading("null", "Null in gives null out, unless the function says otherwise.", "choice", "upper(null)", None),
    Reading("concat", "Null counts as an empty text.", "choice", "concat('a', null, 'b')", "ab"),
    Reading("explode", "Empty parts at the end are dropped, as Java's split does; split() the same.", "java",
            "explode('a,b,,')", ["a", "b"]),
    Reading("instr", "Counts from zero, the start too; -1 when the text is not there.", "sample",
            "instr('adobe.com', 'x')", -1),
    Reading("replacestr", "Takes its text literally and replaces every hit, within words too.", "choice",
            "replacestr('a.a', '.', '$1')", "a$1a"),
    Reading("substr", "Ends with the text; a negative start or length fails. left() and right() the same.", "choice",
            "substr('abc', 1, 9)", "bc"),
    Reading("trim", "Removes what Java calls white space: no-break spaces stay.", "java",
            "trim('\\u00a0 ')", "\u00a0"),
    Reading("equals", "The function form is accepted beside the documented method.", "choice",
            "equals('a', 'a')", True),
    Reading("extract_regex", "No match gives an empty array; a group that took no part is null.", "choice",
            "extract_regex('b', '(a)|b')", ["b", None]),
    Reading("matches_regex", "The whole text must match; =~ the same.", "java", "matches_regex('ab', 'a')", False),
    Reading("crc32", "The four bytes stand in little-endian order.", "sample", "crc32('my text')", "8df92e80"),
    Reading("sha1", "UTF-16 is big-endian with a byte order mark; all hashes the same.", "java"),
    Reading("get_url_port", "Protocols that have a port of their own: http, https, ftp, sftp, ssh.", "sample",
            "get_url_port('ssh://example.com')", 22),
    Reading("get_url_host", "A URL need have no host; without a protocol a text is none.", "java",
            "get_url_host('mailto:jo@example.com')", None),
    Reading("get_url_encoded", "The pipe is %7C: the documented table gives it the code of the backslash.", "choice",
            "get_url_encoded('|')", "%7C"),
    Reading("date", "A lenient ISO 8601 is tried before the documented list, for the samples need more than the list.",
            "sample", "date('2019-10-23 11:24')", "2019-10-23T11:24:00Z"),
    Reading("date", "A zone's short name is one offset, in summer too.", "sample",
            "zone_date_to_utc('2019-10-17T11:55:12 PST')", "2019-10-17T19:55:12Z"),
    Reading("date", "Names of months and days are English, in any case; yy is a year from 2000.", "choice",
            "date('05-MAR-26', 'dd-MMM-yy')", "2026-03-05T00:00:00Z"),
    Reading("date", "What is no date of the calendar, or contradicts itself, fails; it is never rounded.", "java",
            "date('Wed, 3 Jun 2008', 'EEE, d MMM yyyy')", FAILS),
    Reading("date", "A format with the year of a week (Y) but no week is refused: it can read no date.", "java"),
    Reading("date_part", "\"w\" is documented for week and weekday: it is the week of ISO 8601; weekdays count from 1, "
            "Monday.", "choice", "date_part('dw', date('2019-10-20'))", 7),
    Reading("set_date_part", "Keeps the milliseconds, which its sample loses; the day moves to the last of a month.",
            "java", "set_date_part('m', 2, date('2019-01-31'))", "2019-02-28T00:00:00Z"),
    Reading("dates as text", "ISO 8601, and not as the one sample with concat() prints it.", "choice",
            "concat(date('2019-10-23'))", "2019-10-23T00:00:00Z"),
    Reading("arrays_to_objects", "Both spellings are accepted; short arrays are filled with null.", "sample",
            "arrays_to_object('a', [1], 'b', [])", [{"a": 1, "b": None}]),
    Reading("str_to_object", "Delimiters are literal; keys and values are trimmed; a part without a delimiter is left "
            "out.", "sample", "str_to_object('a : 1, b')", {"a": "1"}),
    Reading("contains_key", "A path whose value is null is there.", "choice", "contains_key('nowhere')", False),
    Reading("json_to_object", "An object or array stays as it is: the sample has no quotes around its JSON.", "sample",
            "json_to_object({'a': 1})", {"a": 1}),
    Reading("coalesce", "One array alone stands for its elements; first, last, min and max the same.", "sample",
            "coalesce([null, 'a'])", "a"),
    Reading("object_to_map", "The attribute may be a bare name or a text.", "sample",
            "object_to_map(json_to_object('[{\"k\": \"x\"}]'), k)", {"x": {"k": "x"}}),
    Reading("map_get_values", "One key gives its value, an array of keys an array without repetition; the sample gives "
            "an entry.", "choice", "map_get_values(to_map('a', 1, 'b', 1), ['a', 'b'])", [1]),
    Reading("add_to_map", "Gives one map: the sample wraps it in the first map's name.", "sample",
            "add_to_map(to_map('a', 1), to_map('a', 2))", {"a": 1}),
    Reading("decode", "No match and no default give null.", "choice", "decode('x', 'a', 1)", None),
    Reading("min", "Nulls are ignored; texts are compared as text, numbers with numeric text as numbers.", "choice",
            "min(null, '10', 9)", 9),
    Reading("to_integer", "A fraction fails, to_bigint too, whose sample contradicts its type; empty text is null.",
            "choice", "to_bigint('1000000.34')", FAILS),
    Reading("to_float", "Has the digits of 32 bits; the last digits of its sample are taken for a slip.", "java",
            "to_float('12.3456')", 12.3456),
    Reading("fpid_to_ecid", "Always fails: the algorithm is not published, and an identity is never invented.",
            "choice", "fpid_to_ecid('4ed70bee-b654-420a-a3fd-b58b6b65e991')", FAILS),
    Reading("upsert_array_append", "Gives the array, as documented for inserts; upsert_array_replace the same.",
            "sample", "upsert_array_append([1])", [1]),
    Reading("aa_get_event_value", "Gives text.", "sample", "aa_get_event_value('a=5:1', 'a')", "5"),
    # -- mappings
    Reading("[*] to [*]", "Elements pair in order, and scalars are copied as they are: the sample wraps each in an "
            "object. Both sides need as many [*].", "choice"),
    Reading("a[1]", "Indexes fill one array, and gaps are null.", "choice"),
    Reading("object copy", "What the target lacks is dropped; renames are applied after the copy.", "choice"),
    Reading("empty text", "Is null for every type.", "choice"),
    Reading("boolean", "Exactly the documented spellings; numbers are none.", "choice"),
    Reading("date-time", "Is kept in UTC to the millisecond; a date keeps the day of its own zone.", "choice"),
)  # fmt: skip
