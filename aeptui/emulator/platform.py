"""The local platform as one object: a folder, an application, a scheduler. The only way in for everybody else."""

from __future__ import annotations

import fcntl
import os
import secrets
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from starlette.types import ASGIApp

from aeptui.clock import Clock, IdSource
from aeptui.emulator.app import create_app
from aeptui.emulator.errors import PlatformBusy, PlatformUnusable
from aeptui.emulator.flow_service.runs import Runs
from aeptui.emulator.flow_service.scheduler import Scheduler
from aeptui.emulator.flow_service.state import FlowService
from aeptui.emulator.flow_service.streamer import Streamer
from aeptui.emulator.sandboxes.state import is_active, seed_sandboxes
from aeptui.emulator.store import Store, StoreTooNew
from aeptui.emulator.world import CLIENT_ID, ORG_ID, PlatformTime, World

if TYPE_CHECKING:
    from aeptui.emulator.faults import FaultPlan
    from aeptui.emulator.faults.line import FaultyLine

Seed = Literal["empty", "demo"]


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
    ) -> LocalPlatform:
        """Open or make a platform.

        Args:
            folder: Its data; made with nobody else's access.
            storage: What connections read; None is `folder/storage`.
            seed: The world of a new platform. An existing one keeps what it has; what is missing of the seed is added.
            speed: How many times faster than the clock its time goes.
            faults: What goes wrong between `app` and its clients; the plan may change while the platform is open.
        Raises:
            PlatformBusy: another process has it open.
            PlatformUnusable: its database is damaged, no database, or a newer version's.
        """
        folder = folder.absolute()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = _locked(folder / "lock")
        try:
            reads = (storage or folder / "storage").absolute()
            _furnish(reads, own=storage is None, seed=seed)
            store = Store(folder / "platform.db")
            time = PlatformTime(clock, speed, not_before_ms=store.latest_ms())
            secret = secrets.token_urlsafe(32)
            service = FlowService(World(folder, reads, store, time, ids, secret))
            _seed(service, seed)
            Runs(service).recover()
        except (sqlite3.Error, StoreTooNew) as error:
            os.close(lock)
            raise PlatformUnusable(str(error)) from error
        except BaseException:
            os.close(lock)
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
    except OSError as error:
        text = os.read(descriptor, 32).decode("ascii", "replace").strip()
        os.close(descriptor)
        raise PlatformBusy(int(text) if text.isdigit() else 0) from error
    os.ftruncate(descriptor, 0)
    os.write(descriptor, f"{os.getpid()}\n".encode())
    return descriptor


def _furnish(storage: Path, *, own: bool, seed: Seed) -> None:
    """Fill a storage folder that is not there yet; never touch one that is."""
    if storage.exists():
        return
    storage.mkdir(mode=0o700, parents=True)
    if own and seed == "demo":
        from aeptui.emulator import samples

        samples.install(storage)


def _seed(service: FlowService, seed: Seed) -> None:
    with service.world.store.transaction():
        seed_sandboxes(service.world)
        if seed == "demo":
            for sandbox in ("prod", "dev"):
                if not is_active(service.world.store.get("sandbox", "", sandbox), service.world.time.now_ms()):
                    continue  # deleted by its owner
                service.schemas.seed(sandbox)
                service.seed_demo(sandbox)


__all__ = ["LocalPlatform", "PlatformBusy", "PlatformUnusable", "Seed"]
