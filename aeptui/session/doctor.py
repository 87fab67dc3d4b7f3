"""Looks at everything around aeptui that can be wrong, one finding at a time. Changes nothing, shows no secret."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Literal

from aeptui.clock import Clock
from aeptui.config import Paths, Profile, client_settings, load_profiles
from aeptui.credentials import Vault, keyring_of
from aeptui.errors import AeptuiError

FindingState = Literal["ok", "warning", "failed"]

_PACKAGES = ("textual", "httpx", "pydantic", "keyring", "cryptography")
_EXTRA = ("starlette", "uvicorn", "pyarrow")
_PROXIES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY")
_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
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
    for finding in _proxy(environment):
        yield finding
    try:
        load_profiles(paths)
        client_settings(paths, environment)
        profile = choose()
    except AeptuiError as error:
        yield Finding("configuration", "failed", error.title, error.hint)
        return
    yield Finding("configuration", "ok", f"profile {profile.name} is used when none is named")
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
        f"aeptui {__version__}, Python {python}, {', '.join(found)}" + (f"; missing: {missing}" if missing else ""),
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
        place = next(parent for parent in (folder, *folder.parents) if parent.exists())
        if not place.is_dir() or not _writable(place):
            detail = f"{folder} cannot be written to"
            yield Finding(f"{name} folder", "failed", detail, "Mend its permissions, or set AEPTUI_HOME elsewhere.")
            continue
        free = shutil.disk_usage(place).free
        little = free < _LITTLE_SPACE
        detail = f"{folder}, {free // 1024**2:,} MB free"
        yield Finding(
            f"{name} folder",
            "warning" if little else "ok",
            detail,
            "Free some space: journals need it." if little else "",
        )
    file = paths.config_file
    if file.exists() and file.stat().st_mode & 0o077:
        yield Finding("config file", "warning", f"{file} can be read by others", f"chmod 600 {file}")


def _writable(folder: Path) -> bool:
    import os

    return os.access(folder, os.W_OK | os.X_OK)


def _terminal(environment: Mapping[str, str], terminal: TerminalFacts) -> Finding:
    kind = environment.get("TERM", "")
    inside = [
        name for name, key in (("tmux", "TMUX"), ("screen", "STY"), ("ssh", "SSH_CONNECTION")) if environment.get(key)
    ]
    around = f", inside {' and '.join(inside)}" if inside else ""
    if not terminal.is_terminal:
        return Finding("terminal", "warning", f"none{around}", "Without one there are no screens; commands work.")
    detail = f"{kind or 'TERM is not set'}, {terminal.columns}x{terminal.rows}{around}"
    if kind == "dumb":
        return Finding("terminal", "failed", detail, "Set TERM to what your terminal is, such as xterm-256color.")
    if terminal.columns < 80 or terminal.rows < 24:
        return Finding("terminal", "warning", detail, "The screens are made for 80x24 and more.")
    if kind in {"", "xterm", "linux", "vt100"} and not environment.get("COLORTERM"):
        return Finding("terminal", "warning", f"{detail}, 16 colours", "TERM=xterm-256color has more, if it can.")
    return Finding("terminal", "ok", detail)


def _locale(environment: Mapping[str, str], terminal: TerminalFacts) -> Finding:
    wishes = [name for name in ("NO_COLOR", "AEPTUI_ASCII") if environment.get(name)]
    detail = f"output is {terminal.encoding}" + (f"; {' and '.join(wishes)} set" if wishes else "")
    if terminal.encoding.lower().replace("-", "") != "utf8":
        return Finding(
            "locale", "warning", detail, "Set PYTHONUTF8=1, or LANG=C.UTF-8; the screens start so by themselves."
        )
    return Finding("locale", "ok", detail)


def _keyring(vaults: Sequence[Vault]) -> Finding:
    usability = keyring_of(vaults)
    if usability.ok:
        return Finding("keyring", "ok", usability.where)
    return Finding("keyring", "warning", usability.reason, usability.hint)


def _proxy(environment: Mapping[str, str]) -> Iterator[Finding]:
    from aeptui.api.network import certificates, without_credentials

    found = []
    for name in _PROXIES:
        value = environment.get(name) or environment.get(name.lower())
        if value:
            found.append(f"{name}={value if name == 'NO_PROXY' else without_credentials(value)}")
    yield Finding("proxy", "ok", ", ".join(found) or "none set")
    named = [name for name in _CERTIFICATES if environment.get(name)]
    try:
        count = len(certificates(environment).get_ca_certs()) if named else 0
    except AeptuiError as error:
        yield Finding("certificates", "failed", error.title, error.hint)
        return
    if not named:
        yield Finding("certificates", "ok", "the well-known authorities")
    elif count or named[0] == "SSL_CERT_DIR":
        yield Finding("certificates", "ok", f"those of {named[0]}")
    else:
        detail = f"{named[0]} holds no certificate of an authority"
        yield Finding("certificates", "failed", detail, f"Correct {named[0]}, or unset it.")


async def _reachable(profile: Profile, clock: Clock) -> AsyncIterator[Finding]:
    if profile.is_local:
        yield Finding("reachability", "ok", "the local platform is inside this program")
        return
    from aeptui.api.reach import reach

    urls = {"platform": profile.platform_url, "identity service": profile.ims_url}
    answers = await asyncio.gather(*(reach(url) for url in urls.values()))
    for name, answer in zip(urls, answers, strict=True):
        took = f" in {answer.duration_ms} ms" if answer.ok else ""
        yield Finding(name, "ok" if answer.ok else "failed", f"{answer.detail}{took}", answer.hint)
    dates = [answer.server_date for answer in answers if answer.server_date is not None]
    yield _clock(dates, clock.now())


def _clock(dates: Sequence[datetime], now: datetime) -> Finding:
    if not dates:
        return Finding("clock", "warning", "cannot be compared: no server told the time")
    off_s = round((now - dates[0]).total_seconds())
    detail = f"{abs(off_s)} s {'ahead of' if off_s > 0 else 'behind'} the platform's" if abs(off_s) > 2 else "right"
    if abs(off_s) >= _CLOCK_FAILED_S:
        return Finding("clock", "failed", detail, "Set this machine's clock: schedules and tokens depend on it.")
    if abs(off_s) >= _CLOCK_WARNING_S:
        return Finding("clock", "warning", detail, "Set this machine's clock; start times are taken by it.")
    return Finding("clock", "ok", detail)
