"""What there is to be in the world `busy`: its declared data, and the life of each of its dataflows. Pure.

The same for the same `now`: chance comes from fixed numbers, time from the caller.
"""

from __future__ import annotations

import random
import tomllib
from pathlib import Path
from typing import Any, Final, NamedTuple

from aeptui.emulator.flow_service.schedule import UNIT_S

Document = dict[str, Any]

SETTLED_S: Final = 20 * 60
"""History ends so long before now: each of its runs has had the time to end."""
_DAY_S: Final = 86_400
_RHYTHMS: Final = {"once": "oneoff", "minute": "30min", "hour": "hourly", "day": "daily", "week": "weekly"}


class Size(NamedTuple):
    """How large the world is."""

    flows: int
    runs: int
    datasets: int
    schemas: int
    wide_fields: int
    files: int


class Flow(NamedTuple):
    """One dataflow: what it is called, what it carries, when it ran."""

    name: str
    house: str
    pipeline: str
    """The sample pipeline whose source, schema and mapping it shares."""
    state: str
    """running, stopped, draft or ahead."""
    frequency: str
    interval: int
    created_s: int
    dues: range
    """The ends of its windows that are behind it, epoch seconds; empty when it has not run."""
    start_s: int
    temper: Document
    """In a hundred runs, how many come to what."""
    rows: int
    """About so many rows a run."""


class Run(NamedTuple):
    """One run that is behind us."""

    due_s: int
    flow: int
    window_start_s: int


def declared() -> Document:
    """The declared data."""
    return tomllib.loads(Path(__file__).with_name("busy.toml").read_text(encoding="utf-8"))


def flows(data: Document, size: Size, now_s: int) -> list[Flow]:
    """Every dataflow, in the order in which they were made."""
    chance = random.Random(1)  # noqa: S311 - repeatable on purpose
    rhythms = _rhythms(data["rhythm"], size)
    counts = _counts(rhythms, size, chance)
    names = _names(data, chance)
    made = [
        _flow(data, rhythm, count, names[number % len(names)], number // len(names), now_s, chance)
        for number, (rhythm, count) in enumerate(zip(rhythms, counts, strict=True))
    ]
    return sorted(made, key=lambda flow: (flow.created_s, flow.name))


def runs(of: list[Flow]) -> list[Run]:
    """Every run of some dataflows, oldest first."""
    found: list[Run] = []
    for number, flow in enumerate(of):
        before = 0
        for due in flow.dues:
            found.append(Run(due, number, before))
            before = due
    return sorted(found)


def _rhythms(declared: list[Document], size: Size) -> list[Document]:
    whole = sum(rhythm["share"] for rhythm in declared)
    found = [rhythm for rhythm in declared[:-1] for _ in range(rhythm["share"] * size.flows // whole)]
    return found + [declared[-1]] * (size.flows - len(found))


def _counts(rhythms: list[Document], size: Size, chance: random.Random) -> list[int]:
    """How many runs each has behind it; those without a number of their own share what is left of all runs."""
    scale = size.runs / size.flows / 50
    counts: list[int] = []
    for rhythm in rhythms:
        low, high = rhythm.get("runs", (0, 0))
        counts.append(high if high <= 1 else max(1, int(chance.randint(low, high) * scale)))
    open_ends = [number for number, rhythm in enumerate(rhythms) if "runs" not in rhythm]
    left = size.runs - sum(counts)
    weights = [0.2 + 1.6 * chance.random() for _ in open_ends]
    for number, weight in zip(open_ends, weights, strict=True):
        counts[number] = int(left * weight / sum(weights))
    for number in (open_ends * left)[: size.runs - sum(counts)]:
        counts[number] += 1
    return counts


def _names(data: Document, chance: random.Random) -> list[Document]:
    found: list[Document] = [
        {"house": house, "pipeline": pipeline, "thing": thing, "region": region}
        for house in data["house"]
        for pipeline, things in data["things"].items()
        for thing in things
        for region in data["regions"].items()
    ]
    chance.shuffle(found)
    return found


def _flow(
    data: Document, rhythm: Document, count: int, name: Document, lap: int, now_s: int, chance: random.Random
) -> Flow:
    frequency, interval = rhythm.get("frequency", "day"), rhythm.get("interval", 1)
    step = UNIT_S.get(frequency, _DAY_S) * interval
    last = now_s - SETTLED_S - chance.randrange(step)
    if rhythm["state"] == "stopped":
        last -= chance.randrange(5, 300) * _DAY_S
    elif frequency == "once":
        last -= chance.randrange(400) * _DAY_S
    elif rhythm["state"] == "ahead":
        last = now_s + chance.randrange(1, 14) * _DAY_S
    last -= last % 60
    first = last - max(count - 1, 0) * step
    created = (now_s if rhythm["state"] in ("ahead", "draft") else first) - chance.randrange(2, 90) * 60
    if rhythm["state"] in ("ahead", "draft"):
        created -= chance.randrange(20) * _DAY_S
    tempers = data["temper"]
    temper = chance.choices(tempers, [one["share"] for one in tempers])[0]["outcomes"]
    return Flow(
        _named(name, frequency, lap, chance),
        name["house"]["name"],
        name["pipeline"],
        rhythm["state"],
        frequency,
        interval,
        created,
        range(first, last + 1, step) if count else range(0),
        first,
        temper,
        int(10 ** chance.uniform(2, 5.2)),
    )


def _named(name: Document, frequency: str, lap: int, chance: random.Random) -> str:
    code, region = name["region"]
    thing: str = name["thing"]
    text: str = name["house"]["style"].format(
        thing=thing,
        thing_snake=thing.lower().replace(" ", "_"),
        thing_kebab=thing.lower().replace(" ", "-"),
        region=region,
        region_code=code,
        region_upper=code.upper(),
        house=name["house"]["name"],
        rhythm=_RHYTHMS[frequency],
        version=chance.randint(1, 4),
    )
    return f"{text} {lap + 1}" if lap else text
