"""Names by which Java, SQL and spreadsheets know the functions: what somebody types who does not know ours."""

from __future__ import annotations

from typing import Final

OTHER_NAMES: Final = {
    "toUpperCase": "upper", "toLowerCase": "lower", "substring": "substr", "mid": "substr", "replaceAll": "replacestr",
    "matches": "matches_regex", "regexp_extract": "extract_regex", "strip": "trim", "charindex": "instr",
    "position": "instr", "locate": "instr", "length": "size_of", "len": "size_of", "size": "size_of",
    "count": "size_of", "isBlank": "is_empty", "isnull": "is_empty", "ifnull": "nvl", "ifelse": "iif", "case": "decode",
    "switch": "decode", "to_string": "concat", "string": "concat", "concat_ws": "join", "to_date": "date",
    "to_timestamp": "date", "parse_date": "date", "date_format": "format", "extract": "date_part", "year": "date_part",
    "month": "date_part", "day": "date_part", "hour": "date_part", "today": "now", "current_timestamp": "now",
    "from_unixtime": "dformat", "to_number": "to_decimal", "to_double": "to_decimal", "to_long": "to_bigint",
    "cast": "to_integer", "array": "to_array", "list": "to_array", "map": "to_map", "object": "to_object",
    "parse_json": "json_to_object", "urlencode": "get_url_encoded", "urldecode": "get_url_decoded", "newid": "uuid",
}  # fmt: skip
"""A name of another language, in any case, to the function that comes nearest."""
