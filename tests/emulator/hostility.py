"""What a fuzzer sends: values, bodies, queries, headers and paths that nobody means well with."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Sequence
from typing import Any, Final
from urllib.parse import quote, quote_from_bytes, urlencode

from hypothesis import strategies as st

from tests.emulator.probing import Request, Target

DEEP: Final = 3_000
WORDS: Final = (
    "",
    " ",
    "\x00",
    "a\x00b",
    "\x1f",
    "\r\nx-evil: 1",
    "\ud800",
    "ÿþ🙂",
    "\u202e",
    "..",
    "../../../../etc/passwd",
    "/etc/passwd",
    "/people/../../../etc/passwd",
    "/people/*",
    "/" + "*" * 200,
    "%2e%2e%2f",
    "%",
    "%zz",
    "{}",
    "[]",
    "null",
    "NaN",
    "1e999",
    "-1",
    "0",
    "9" * 30,
    "9" * 5_000,
    "1_0",
    "٣",
    "²",
    "' OR 1=1 --",
    "${x}",
    "{{x}}",
    "#/definitions/g",
    "_acme",
    "/",
    "~0~1~2",
    "a" * 20_000,
    "a." * 3_000 + "a",
    "[]" * 500,
    "(" * 2_000,
    "lower(" * 500 + "a" + ")" * 500,
    "(a+)+$",
    "true",
    "once",
    "application/vnd.adobe.xed-full+json;version=1",
)
NUMBERS: Final = (0, -1, 1, 0.5, 1e308, -1e308, 5e-324, 2**31, 2**53 + 1, 2**63, 2**64, -(2**63) - 1, 10**30, 10**400)
VALUES: Final[st.SearchStrategy[Any]] = st.one_of(
    st.sampled_from(WORDS),
    st.sampled_from(NUMBERS),
    st.sampled_from((None, True, False, [], {}, [[]], [None], {"": None}, [1], {"x": 1}, {"$ref": "#"}, {"a": [{}]})),
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=20)),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
        max_leaves=8,
    ),
).map(copy.deepcopy)
PROPERTIES: Final = (
    "name~^(a+)+$",
    "name~^(a|aa)+$",
    "name~(",
    " " * 30_000,
    "name" + " " * 30_000,
    "name==",
    "==",
    "=",
    "a" * 9_000,
    "name=={}",
    'name=="',
    "createdAt>=" + "9" * 400,
    "createdAt>nan",
    "createdAt<inf",
    "a.b[].c[]>=x",
    "sourceConnectionIds[]==x",
    "[]==x",
    ".==x",
    "metrics.statusSummary.status==success",
    "title==t",
    "meta:intendedToExtend==x",
    "@type==xdm:descriptorIdentity,xdm:sourceSchema==x",
)
TOKENS: Final = tuple(
    quote_from_bytes(text)
    for text in (
        b"=",
        b"====",
        b"e30=",
        b"W10=",
        b"MQ==",
        b"bnVsbA==",
        b"eyJxdWVyeSI6MX0=",  # {"query":1}
        b"eyJxdWVyeSI6eyJwcm9wZXJ0eSI6MX19",  # {"query":{"property":1}}
        b"eyJxdWVyeSI6eyJsaW1pdCI6W119fQ==",  # {"query":{"limit":[]}}
        b"eyJxdWVyeSI6eyJvcmRlcmJ5IjoxfX0=",  # {"query":{"orderby":1}}
        b"eyJhZnRlciI6MX0=",  # {"after":1}
        b"eyJhZnRlciI6WzEsInh4IiwwXX0=",  # {"after":[1,"xx",0]}
        b"eyJhZnRlciI6WzEsW10sMF19",  # {"after":[1,[],0]}
        b"eyJhZnRlciI6WzFlOTk5LDEsMV19",  # {"after":[1e999,1,1]}
        b"W1tbW1tbW1tbW1tb",
        b"////",
    )
)
QUERIES: Final = (
    *("limit", "start", "offset", "count", "orderby", "orderBy", "property", "properties", "continuationToken", "name"),
    *("tags", "created", "updated", "createdAfter", "createdBefore", "startAfter", "endBefore", "status", "dataSet"),
    *("path", "object", "objectType", "fileType", "FILE_TYPE", "preview", "determineProperties", "columnDelimiter"),
    *("compressionType", "encoding", "op", "mode", "version", "expandSchema", "validate", "schemaId", "datasetId"),
    *("batchId", "excludeUnmapped", "requestDataSource", "if-match", "range", "x", "", "sourceParams", "aggregate"),
)
BELOW: Final = ("action", "test", "explore", "mappings", "files", "failed", "meta", "preview", "configs", "")
ACCEPTS: Final = (
    b"",
    b"*/*",
    b"text/html",
    b"application/json",
    b"application/vnd.adobe.xed+json",
    b"application/vnd.adobe.xed-id+json",
    b"application/vnd.adobe.xed+json; version=1",
    b"application/vnd.adobe.xed-full+json; version=1",
    b"application/vnd.adobe.xed-full+json; version=99999999999999999999",
    b"application/vnd.adobe.xed-full-notext+json;version=1",
    b"application/vnd.adobe.xed-full-desc+json;version=1",
    b"application/vnd.adobe.xdm+json",
    b"application/vnd.adobe.xdm-v2+json",
    b"application/vnd.adobe.xdm-full+json; version=1",
    b"application/vnd.adobe.xdm-link+json",
    b"application/vnd.adobe." + b"xed-" * 4_000 + b"+json",
    b"\xff\xfe",
)
HEADERS: Final = st.one_of(
    st.tuples(st.just(b"accept"), st.sampled_from(ACCEPTS)),
    st.tuples(
        st.just(b"range"),
        st.sampled_from(
            (
                *(b"bytes=0-", b"bytes=-1", b"bytes=-0", b"bytes=9999999999999999999999-", b"bytes=5-1"),
                *(b"bytes=", b"bytes=a-b", b"items=0-1", b"\xff", b"bytes=0-0,2-3", b"bytes=0-" + b"9" * 99),
                b"bytes=" + b"9" * 5_000 + b"-",
            )
        ),
    ),
    st.tuples(
        st.sampled_from((b"if-match", b"if-none-match")),
        st.sampled_from(
            (b"", b"*", b'"', b'"x"', b"W/x", b"\xff", b"9" * 5_000, b"nan", b"1e999", b"-1", "²".encode("latin-1"))
        ),
    ),
    st.tuples(
        st.just(b"content-type"),
        st.sampled_from(
            (
                *(b"", b"application/json", b"application/json; charset=utf-16", b"application/json-patch+json"),
                *(b"multipart/form-data", b"application/x-www-form-urlencoded", b"text/plain", b"\xff/\xff", b"+json"),
                b"a" * 9_000,
            )
        ),
    ),
    st.tuples(st.just(b"x-sandbox-name"), st.sampled_from((b"dev", b"", b"../prod", b"\xff", b"a" * 9_000, b"PROD"))),
    st.tuples(st.just(b"x-request-id"), st.sampled_from((b"", b"\xff\xfe", b"a" * 9_000, b"a\tb"))),
    st.tuples(
        st.just(b"authorization"),
        st.sampled_from(
            (b"", b"Bearer", b"Bearer ", b"Bearer \xff.\xff", b"Bearer a.b.c", b"Basic x", b"Bearer " + b"." * 9_000)
        ),
    ),
    st.tuples(
        st.sampled_from((b"host", b"cookie", b"content-length", b"expect", b"te")),
        st.sampled_from((b"", b"\xff", b"1")),
    ),
)
RAW: Final = st.one_of(
    st.sampled_from(
        (
            b"[" * 100_000,
            b'{"a":' * DEEP + b"1" + b"}" * DEEP,
            b"[" * DEEP + b"]" * DEEP,
            b'{"name": "x"',
            b'{"name": NaN}',
            b'{"name": 1e999}',
            b'{"name": -1e999, "scheduleParams": {"startTime": 1e999}}',
            b'{"name": "\\ud800"}',
            b'{"name": "\\u0000"}',
            b'{"name": "a", "name": "b"}',
            b'{"n": ' + b"9" * 4_000 + b"}",
            b'{"n": ' + b"9" * 9_000 + b"}",
            b"\xff\xfe{\x00}\x00",
            b'\xef\xbb\xbf{"name": "x"}',
            b"\x1f\x8b\x08\x00",
            b"\x00",
            b"null",
            b"0",
            b'""',
            b"[]",
            b"[[]]",
            b"[null]",
            b"{}",
            b" ",
            b'{"a": "' + b"x" * 2_000_000 + b'"}',
            b"[" + b"{}," * 100_000 + b"{}]",
        )
    ),
    st.binary(max_size=64),
    st.text(max_size=64).map(lambda text: text.encode("utf-8", "surrogatepass")),
)


def places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where in a body something stands."""
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in items:
        yield (*path, key)
        yield from places(child, (*path, key))


def nested(levels: int, value: Any) -> Any:
    """The value, that deep inside."""
    for level in range(levels):
        value = {"properties": value, "a": value}["a" if level % 2 else "properties"] if value is None else {"a": value}
    return value


@st.composite
def spoiled(draw: st.DrawFn, body: Any) -> Any:
    """A good body with one to three things wrong."""
    changed = copy.deepcopy(body)
    for _ in range(draw(st.integers(1, 3))):
        there = list(places(changed))
        if not there:
            return draw(VALUES)
        *way, last = draw(st.sampled_from(there))
        node = changed
        for key in way:
            node = node[key]
        match draw(st.sampled_from(("value", "value", "value", "gone", "more", "deep", "twin"))):
            case "value":
                node[last] = draw(VALUES)
            case "gone":
                del node[last]
            case "more" if isinstance(node, dict):
                node[draw(st.sampled_from(WORDS))] = draw(VALUES)
            case "deep":
                node[last] = nested(draw(st.sampled_from((5, 60, 300))), node[last])
            case _:
                node[last] = [node[last], node[last]]
    return changed


def encoded(body: Any) -> bytes:
    """JSON, with half surrogate pairs as escapes."""
    return json.dumps(body).encode()


@st.composite
def patches(draw: st.DrawFn) -> Any:
    """JSON Patch, or nearly."""
    pointers = (
        *("/name", "/description", "/scheduleParams", "/scheduleParams/startTime", "/scheduleParams/frequency"),
        *("/transformations/0", "/transformations/-", "/options", "/options/x/y/z", "/auth/params/password", "/labels"),
        *("/tags", "/tags/a/0", "/allOf/-", "/allOf/0", "/meta:immutableTags", "/definitions/g/properties", "/title"),
        *(
            "/id",
            "/$id",
            "/version",
            "/schemaRef",
            "/params",
            "/data/properties",
            "",
            "/",
            "//",
            "name",
            "/" + "a/" * 500,
        ),
    )
    one = st.fixed_dictionaries(
        {},
        optional={
            "op": st.sampled_from(("add", "Replace", "REMOVE", "move", "copy", "test", "", None, 1)),
            "path": st.one_of(st.sampled_from(pointers), VALUES),
            "from": st.sampled_from(pointers),
            "value": VALUES,
        },
    )
    return draw(st.one_of(st.lists(one, min_size=1, max_size=3), one, VALUES))


@st.composite
def queries(draw: st.DrawFn, given: Sequence[tuple[str, Any]] = ()) -> bytes:
    """A query string: some of what was given, some of what is known, hostile values."""
    if draw(st.integers(0, 15)) == 0:
        return draw(
            st.sampled_from((b"%", b"&&&=", b"a=%ff%fe", b"limit", b"\xff=\xff", b"limit=1&limit=x", b"a" * 60_000))
        )
    texts = [urlencode(given, doseq=True, errors="surrogatepass")] if given else []
    for _ in range(draw(st.integers(0, 3))):
        name = draw(st.sampled_from(QUERIES))
        if name == "continuationToken":
            texts.append(f"{name}={draw(st.sampled_from(TOKENS))}")
            continue
        value = draw(st.sampled_from(PROPERTIES if name == "property" else WORDS))
        texts.append(f"{quote(name)}={quote(value, errors='surrogatepass')}")
    return "&".join(texts).encode()


@st.composite
def segments(draw: st.DrawFn, target: Target, kind: str, given: str | None = None) -> str:
    """What stands in a path for an id: mostly a real one of the right kind."""
    real = target.ids.get(kind)
    choice = draw(st.integers(0, 9))
    if choice < 6 and real is not None:
        return quote(real, safe="")
    if choice < 8 and given is not None:
        return given
    if choice == 8:
        return quote(draw(st.sampled_from(sorted(target.ids.values()))), safe="")
    return quote(draw(st.sampled_from(WORDS))[:3_000], safe="", errors="surrogatepass") or "x"


@st.composite
def headed(draw: st.DrawFn, target: Target, accept: bytes) -> tuple[tuple[bytes, bytes], ...]:
    """Good headers, with up to two bad ones in their place."""
    good = {**dict(target.auth), b"content-type": b"application/json", b"accept": accept}
    for _ in range(draw(st.sampled_from((0, 0, 1, 1, 2)))):
        name, value = draw(HEADERS)
        good[name] = value
    if draw(st.integers(0, 30)) == 0:
        good.pop(draw(st.sampled_from(sorted(good))))
    return tuple(good.items())


@st.composite
def from_nowhere(draw: st.DrawFn, target: Target) -> Request:
    """A request to a route of ours, without any published file."""
    method, path, body = draw(st.sampled_from(target.bodies))
    parent, _, last = path.rpartition("/")
    kind = last if last in target.ids else draw(st.sampled_from(sorted(target.ids)))
    own = draw(segments(target, kind))
    root = parent if last in target.ids else path
    where = draw(
        st.sampled_from(
            (
                path,
                path,
                path,
                f"{root}/{kind}/{own}",
                f"{root}/{kind}/{own}",
                f"{root}/{kind}/{own}/{draw(st.sampled_from(BELOW))}",
                f"{root}/{draw(st.sampled_from(('stats', 'search', 'lastBatches', 'runs', 'connectionSpecs', '')))}",
            )
        )
    )
    verb = draw(
        st.sampled_from((method, method, "GET", "GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "X" * 40))
    )
    content = draw(
        st.one_of(
            spoiled(body).map(encoded), spoiled(body).map(encoded), patches().map(encoded), st.just(encoded(body)), RAW
        )
    )
    headers = draw(headed(target, draw(st.sampled_from(ACCEPTS))))
    if verb == "PATCH" and draw(st.booleans()):
        headers = (*headers, (b"if-match", draw(st.sampled_from((target.etag(kind), b"x")))))
    return Request(
        verb, where.encode("utf-8", "replace"), draw(queries()), headers, content, cut=draw(st.integers(0, 40)) == 0
    )
