"""The local platform as one object: a folder, an application, a scheduler. The only way in for everybody else."""

from __future__ import annotations

import fcntl
import os
import secrets
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from starlette.types import ASGIApp

from aeptui.clock import Clock, IdSource
from aeptui.emulator.app import create_app
from aeptui.emulator.errors import PlatformBusy, PlatformUnusable
from aeptui.emulator.flow_service.runs import Runs
from aeptui.emulator.flow_service.scheduler import Scheduler
from aeptui.emulator.flow_service.state import FlowService
from aeptui.emulator.flow_service.streamer import Streamer
from aeptui.emulator.seeds import Progress, Seed, furnish, plant
from aeptui.emulator.store import Store, StoreTooNew
from aeptui.emulator.world import CLIENT_ID, ORG_ID, PlatformTime, World

if TYPE_CHECKING:
    from aeptui.emulator.faults import FaultPlan
    from aeptui.emulator.faults.line import FaultyLine

_PID_WIDTH: Final = 20
_LOOKS: Final = 1_000


class LocalPlatform:
    """One open data folder. `app` answers at once; nothing runs by itself before `start`."""

    client_id = CLIENT_ID
    org_id = ORG_ID
    sandbox = "prod"

    def __init__(self, service: FlowService, lock: int, clock: Clock, faults: FaultPlan | None = None) -> None:
        self._service = service
        self._lock = lock
        self._scheduler = Scheduler(service)
        self._streamer = Streamer(service)
        self.app: ASGIApp = create_app(service.world, service)
        self._line: FaultyLine | None = None
        if faults is not None:
            from aeptui.emulator.faults.line import FaultyLine

            self.app = self._line = FaultyLine(self.app, faults, clock)

    @property
    def client_secret(self) -> str:
        """Made for this process; never stored."""
        return self._service.world.client_secret

    @property
    def storage(self) -> Path:
        """The folder that every connection reads."""
        return self._service.world.storage

    @property
    def folder(self) -> Path:
        """The platform's own data."""
        return self._service.world.folder

    @classmethod
    def open(
        cls,
        folder: Path,
        storage: Path | None = None,
        *,
        seed: Seed = "demo",
        clock: Clock,
        ids: IdSource,
        speed: float = 1.0,
        faults: FaultPlan | None = None,
        progress: Progress = lambda told: None,
    ) -> LocalPlatform:
        """Open or make a platform.

        Args:
            folder: Its data; made with nobody else's access.
            storage: What connections read; None is `folder/storage`.
            seed: The world of a new platform. An existing one keeps what it has; what is missing of the seed is added.
            speed: How many times faster than the clock its time goes.
            progress: Told in words how far the making of a large world is, from the thread that opens.
            faults: What goes wrong between `app` and its clients; the plan may change while the platform is open.
        Raises:
            PlatformBusy: another process has it open.
            PlatformUnusable: its database is damaged, none, or a newer version's; or the folder cannot be written.
        """
        folder = folder.absolute()
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = _locked(folder / "lock")
        except OSError as error:
            raise _unusable(error) from error
        store: Store | None = None
        try:
            reads = (storage or folder / "storage").absolute()
            furnish(reads, own=storage is None, seed=seed)
            store = Store(folder / "platform.db")
            time = PlatformTime(clock, speed, not_before_ms=store.latest_ms())
            secret = secrets.token_urlsafe(32)
            service = FlowService(World(folder, reads, store, time, ids, secret))
            plant(service, seed, own_storage=storage is None, progress=progress)
            Runs(service).recover()
        except BaseException as error:
            if store is not None:
                store.close()
            os.close(lock)
            if isinstance(error, sqlite3.Error | OSError | StoreTooNew):
                raise _unusable(error) from error
            raise
        return cls(service, lock, clock, faults)

    async def start(self) -> None:
        """Begin to run flows, in the running loop."""
        self._scheduler.start()
        self._streamer.start()

    def now(self) -> datetime:
        """The platform's time."""
        return datetime.fromtimestamp(self._service.world.time.now(), UTC)

    def wake(self) -> None:
        """Look again whether a run is due: for clocks that are moved by hand."""
        self._service.wake()

    def release(self) -> None:
        """Hang up on clients that a fault plan lets wait for ever."""
        if self._line is not None:
            self._line.release()

    async def close(self) -> None:
        """Stop running flows, close the store, give up the folder. May be called again."""
        if self._line is not None:
            await self._line.close()
        await self._scheduler.close()
        await self._streamer.close()
        if self._lock >= 0:
            self._service.world.store.close()
            os.close(self._lock)
            self._lock = -1


def _locked(file: Path) -> int:
    """An open, locked file with our process id in it."""
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Written over, not truncated first: readers find one id or another, and a full disk has room for it.
        os.pwrite(descriptor, f"{os.getpid():<{_PID_WIDTH}}\n".encode(), 0)
    except BlockingIOError as error:
        pid = _holder(descriptor)
        os.close(descriptor)
        raise PlatformBusy(pid) from error
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _holder(descriptor: int) -> int:
    """The process that has the lock; 0 when it does not say.

    One that has only just taken it has not written its id yet: what stands there is nothing, or the id of a process
    that has ended. It gets a moment to do so.
    """
    for _ in range(_LOOKS):
        text = os.pread(descriptor, _PID_WIDTH, 0).decode("ascii", "replace").strip()
        if text.isdigit() and _lives(int(text)):
            return int(text)
        os.sched_yield()
    return 0


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True  # somebody else's
    return True


def _unusable(error: Exception) -> PlatformUnusable:
    """With the file that cannot be used, where the system names it."""
    if isinstance(error, OSError) and error.strerror:
        return PlatformUnusable(f"{error.strerror} ({error.filename})" if error.filename else error.strerror)
    return PlatformUnusable(str(error))


__all__ = ["LocalPlatform", "PlatformBusy", "PlatformUnusable", "Progress", "Seed"]
