"""Looks at everything around aeptui that can be wrong, one finding at a time. Changes nothing, shows no secret."""

from __future__ import annotations

import asyncio
import codecs
import os
import shutil
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from aeptui.clock import Clock
from aeptui.config import Paths, Profile, client_settings, load_profiles
from aeptui.credentials import Vault, keyring_of
from aeptui.errors import AeptuiError

if TYPE_CHECKING:
    from aeptui.api.reach import Reached

FindingState = Literal["ok", "warning", "failed"]

_PACKAGES = ("textual", "httpx", "pydantic", "keyring", "cryptography")
_EXTRA = ("starlette", "uvicorn", "pyarrow")
_PROXIES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY")
_CERTIFICATES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_DIR")
"""In the order of `aeptui.api.network`: the first that is set is used."""
_COLOURS = ("-256color", "-kitty")
"""How the name of a terminal ends that has more than 16."""
_LITTLE_SPACE = 200 * 1024**2
_CLOCK_WARNING_S, _CLOCK_FAILED_S = 60, 300


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    name: str
    state: FindingState
    detail: str
    hint: str = ""


@dataclass(frozen=True)
class TerminalFacts:
    """What the command line knows of the terminal."""

    is_terminal: bool
    encoding: str
    columns: int
    rows: int


async def examine(
    paths: Paths,
    vaults: Sequence[Vault],
    environment: Mapping[str, str],
    terminal: TerminalFacts,
    clock: Clock,
    choose: Callable[[], Profile],
) -> AsyncIterator[Finding]:
    """Every finding as soon as it is there, the slow ones last.

    Args:
        environment: Of the process; nothing of it is shown whole.
        choose: The profile to reach; what it raises is a finding too.
    """
    for finding in _versions():
        yield finding
    for finding in await asyncio.to_thread(lambda: list(_folders(paths))):
        yield finding
    yield _terminal(environment, terminal)
    yield _locale(environment, terminal)
    yield await asyncio.to_thread(_keyring, vaults)
    yield _proxy(environment)
    yield await asyncio.to_thread(_certificates, environment)
    try:
        load_profiles(paths)
        client_settings(paths, environment)
        profile = choose()
    except AeptuiError as error:
        yield Finding("configuration", "failed", error.title, error.hint)
        return
    except (AttributeError, TypeError):  # `profiles = 3` is TOML too
        detail = f"{paths.config_file}: [profiles] is not a table of profiles"
        yield Finding("configuration", "failed", detail, "Mend it, or move the file away.")
        return
    yield Finding("configuration", "ok", f"profile {profile.name}")
    async for finding in _reachable(profile, clock):
        yield finding


def _versions() -> Iterator[Finding]:
    from aeptui import __version__

    python = ".".join(map(str, sys.version_info[:3]))
    found = [f"{name} {version}" for name in _PACKAGES if (version := _version(name))]
    missing = [name for name in _PACKAGES if not _version(name)]
    yield Finding(
        "versions",
        "failed" if missing else "ok",
        f"aeptui {__version__}, Python {python}, {', '.join(found)}"
        + (f"; missing: {', '.join(missing)}" if missing else ""),
        "Install aeptui again." if missing else "",
    )
    lacking = [name for name in _EXTRA if not _version(name)]
    yield Finding(
        "local platform",
        "warning" if lacking else "ok",
        f"not installed: {', '.join(lacking)}" if lacking else "its packages are installed",
        "Install it with its extra: pip install 'aeptui[local]'." if lacking else "",
    )


def _version(name: str) -> str:
    with suppress(metadata.PackageNotFoundError):
        return metadata.version(name)
    return ""


def _folders(paths: Paths) -> Iterator[Finding]:
    for name, folder in (("config", paths.config), ("state", paths.state), ("data", paths.data)):
        try:
            yield _folder(f"{name} folder", folder)
        except OSError as error:
            yield _unusable(f"{name} folder", folder, error.strerror or str(error))
    with suppress(OSError):  # none, or in a folder that was told of above
        if paths.config_file.stat().st_mode & 0o077:
            file = paths.config_file
            yield Finding("config file", "warning", f"{file} can be read by others", f"chmod 600 {file}")


def _folder(name: str, folder: Path) -> Finding:
    place = _existing(folder)
    if not place.is_dir():
        return _unusable(name, folder, f"{place} is a file")
    if not os.access(place, os.W_OK | os.X_OK):
        return _unusable(name, folder, "no permission" if place == folder else f"no permission in {place}")
    free = shutil.disk_usage(place).free
    little = free < _LITTLE_SPACE
    detail = f"{folder}, {free // 1024**2:,} MB free"
    hint = "Free some space: journals need it." if little else ""
    return Finding(name, "warning" if little else "ok", detail, hint)


def _unusable(name: str, folder: Path, why: str) -> Finding:
    hint = "Mend its permissions, or set AEPTUI_HOME elsewhere."
    return Finding(name, "failed", f"{folder} cannot be written to: {why}", hint)


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that exists."""
    for place in (folder, *folder.parents):
        with suppress(FileNotFoundError, NotADirectoryError):
            place.stat()
            return place
    return folder


def _terminal(environment: Mapping[str, str], terminal: TerminalFacts) -> Finding:
    kind = environment.get("TERM", "")
    inside = [
        name for name, key in (("tmux", "TMUX"), ("screen", "STY"), ("ssh", "SSH_CONNECTION")) if environment.get(key)
    ]
    around = f", inside {' and '.join(inside)}" if inside else ""
    if not terminal.is_terminal:
        return Finding("terminal", "warning", f"none{around}", "Without one there are no screens; commands work.")
    colours = environment.get("COLORTERM", "")
    more = f", COLORTERM={colours}" if colours else ""
    detail = f"{kind or 'TERM is not set'}, {terminal.columns}x{terminal.rows}{more}{around}"
    if kind == "dumb":
        return Finding("terminal", "failed", detail, "Set TERM to what your terminal is, such as xterm-256color.")
    if terminal.columns < 80 or terminal.rows < 24:
        return Finding("terminal", "warning", detail, "The screens are made for 80x24 and more.")
    if colours.lower() not in {"truecolor", "24bit"} and not kind.endswith(_COLOURS):
        better = f"{kind}-256color" if kind in {"screen", "tmux"} else "xterm-256color"
        return Finding("terminal", "warning", f"{detail}, 16 colours", f"TERM={better} has more, if it can.")
    return Finding("terminal", "ok", detail)


def _locale(environment: Mapping[str, str], terminal: TerminalFacts) -> Finding:
    wishes = ["NO_COLOR"] if environment.get("NO_COLOR") else []
    if environment.get("AEPTUI_ASCII", "") not in {"", "0"}:
        wishes.append("AEPTUI_ASCII")
    detail = f"output is {terminal.encoding}" + (f"; {' and '.join(wishes)} set" if wishes else "")
    if not _is_utf8(terminal.encoding):
        return Finding(
            "locale", "warning", detail, "Set PYTHONUTF8=1, or LANG=C.UTF-8; the screens start so by themselves."
        )
    return Finding("locale", "ok", detail)


def _is_utf8(encoding: str) -> bool:
    try:
        return codecs.lookup(encoding).name == "utf-8"
    except LookupError:
        return False


def _keyring(vaults: Sequence[Vault]) -> Finding:
    usability = keyring_of(vaults)
    if usability.ok:
        return Finding("keyring", "ok", usability.where)
    return Finding("keyring", "warning", usability.reason, usability.hint)


def _proxy(environment: Mapping[str, str]) -> Finding:
    from aeptui.api.network import has_credentials, shown_proxy

    found, wrong, other = [], [], []
    for upper in _PROXIES:
        # In lower case it counts first, and even when it is empty: so urllib, curl and this program have it.
        name = upper.lower() if upper.lower() in environment else upper
        value = environment.get(name, "")
        if not value:
            continue
        if upper == "NO_PROXY":
            found.append(f"{name}={','.join(part.rpartition('@')[2] for part in value.split(','))}")
            continue
        shown = shown_proxy(value)
        if shown is None:
            wrong.append(name)
            continue
        if not shown.lower().startswith(("http://", "https://")):
            other.append(name)
        found.append(f"{name}={shown}" + (" (with a name and password)" if has_credentials(value) else ""))
    detail = ", ".join(found) or ("none that can be used" if wrong else "none set")
    if wrong:
        hint = f"Write {wrong[0]} as http://USER:PASSWORD@HOST:PORT, with %2F for / and %40 for @ in the password."
        return Finding("proxy", "failed", f"{', '.join(wrong)} is no address; {detail}", hint)
    if other:
        return Finding("proxy", "warning", detail, f"{other[0]} must begin with http:// or https:// to be used.")
    return Finding("proxy", "ok", detail)


def _certificates(environment: Mapping[str, str]) -> Finding:
    used, *unused = [name for name in _CERTIFICATES if environment.get(name)] or [""]
    if not used:
        return Finding("certificates", "ok", "the well-known authorities")
    problem = _certificate_problem(used, environment[used])
    if problem:
        return Finding("certificates", "failed", problem, f"Correct {used}, or unset it.")
    detail = f"those of {used}"
    if unused:
        detail += f"; not used beside it: {', '.join(unused)}"
    for name in unused:
        problem = _certificate_problem(name, environment[name])
        if problem:
            return Finding("certificates", "warning", f"{detail}; {problem}", f"Correct {name}, or unset it.")
    return Finding("certificates", "ok", detail)


def _certificate_problem(name: str, value: str) -> str:
    """Why nobody could be trusted by this variable alone; empty when somebody can."""
    from aeptui.api.network import certificates

    try:
        context = certificates({name: value})
        # Of a folder nothing is read before it is needed, and then by names that hold a hash.
        some = any(Path(value).glob("????????.[0-9]*")) if Path(value).is_dir() else bool(context.get_ca_certs())
    except AeptuiError as error:
        return error.title
    return "" if some else f"{name} names {value}, which holds no certificate of an authority"


async def _reachable(profile: Profile, clock: Clock) -> AsyncIterator[Finding]:
    if profile.is_local:
        yield Finding("reachability", "ok", "the local platform is inside this program")
        return
    from aeptui.api.reach import reach

    async def ask(url: str) -> tuple[Reached, float | None]:
        answer = await reach(url)
        # Compared at once: the other host may take its time.
        date = answer.server_date
        return answer, (clock.now() - date).total_seconds() if date is not None else None

    urls = {"platform": profile.platform_url, "identity service": profile.ims_url}
    answers = await asyncio.gather(*(ask(url) for url in urls.values()))
    for name, (answer, _) in zip(urls, answers, strict=True):
        took = f" in {answer.duration_ms} ms (HTTP {answer.status})" if answer.ok else ""
        yield Finding(name, "ok" if answer.ok else "failed", f"{answer.detail}{took}", answer.hint)
    yield _clock(next((off_s for _, off_s in answers if off_s is not None), None))


def _clock(difference_s: float | None) -> Finding:
    if difference_s is None:
        hint = "It is compared as soon as one of the hosts can be reached."
        return Finding("clock", "warning", "cannot be compared: no server told the time", hint)
    off_s = round(difference_s)
    detail = f"{abs(off_s)} s {'ahead of' if off_s > 0 else 'behind'} the platform's" if abs(off_s) > 2 else "right"
    if abs(off_s) > _CLOCK_FAILED_S:
        return Finding("clock", "failed", detail, "Set this machine's clock: schedules and tokens depend on it.")
    if abs(off_s) > _CLOCK_WARNING_S:
        return Finding("clock", "warning", detail, "Set this machine's clock; start times are taken by it.")
    return Finding("clock", "ok", detail)
