"""Opens the local platform inside this process, or says why it cannot be."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from aeptui.clock import Clock, IdSource
from aeptui.errors import LocalPlatformError

if TYPE_CHECKING:
    from aeptui.emulator.platform import LocalPlatform


async def open_local_platform(
    folder: Path, storage: Path | None, *, clock: Clock, ids: IdSource, speed: float = 1.0
) -> LocalPlatform:
    """The platform on that folder, running flows.

    Raises:
        LocalPlatformError: its extra is not installed, the folder cannot be used, or another process has it open.
    """
    require_local_extra()
    from aeptui.emulator.platform import LocalPlatform, PlatformBusy, PlatformUnusable

    if storage is not None and not storage.is_dir():
        raise LocalPlatformError(f"The storage folder {storage} does not exist.", "Name a folder that holds files.")
    try:
        platform = await asyncio.to_thread(LocalPlatform.open, folder, storage, clock=clock, ids=ids, speed=speed)
    except PlatformBusy as error:
        raise platform_busy(folder, error.pid) from error
    except (OSError, PlatformUnusable) as error:
        raise platform_unusable(folder, error) from error
    await platform.start()
    return platform


def require_local_extra() -> None:
    """Refuse in words where the packages of the extra `local` are missing.

    Raises:
        LocalPlatformError: names what is missing.
    """
    from importlib.util import find_spec

    missing = [name for name in ("starlette", "pyarrow") if find_spec(name) is None]
    if missing:
        raise LocalPlatformError(
            f"The local platform needs {' and '.join(missing)}, which this installation does not have.",
            "Install it with its extra: pip install 'aeptui[local]'.",
        )


def platform_unusable(folder: Path, error: Exception) -> LocalPlatformError:
    """The folder, or the database in it, cannot be used."""
    return LocalPlatformError(
        f"The local platform's folder {folder} cannot be used: {getattr(error, 'strerror', None) or error}.",
        "Mend that, or set AEPTUI_HOME to another folder.",
    )


def platform_busy(folder: Path, pid: int) -> LocalPlatformError:
    """Another process has the folder open."""
    who = f"process {pid}" if pid else "another process"
    return LocalPlatformError(
        f"The local platform in {folder} is open in {who}.",
        "Leave that aeptui first, or set AEPTUI_HOME to another folder.",
    )
