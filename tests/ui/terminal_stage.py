"""A program in a real pseudo-terminal: keys in, bytes out, and the ways a terminal goes away."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LEFT_ALTERNATE_SCREEN = b"\x1b[?1049l"


class Terminal:
    """A pty of 80x24 with Python in it, started with these arguments."""

    def __init__(self, *arguments: str, **variables: str) -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.before = termios.tcgetattr(slave)
        self.slave = slave
        self.output = b""
        environment = {**os.environ, "TERM": "xterm-256color", "PYTHONPATH": str(ROOT), **variables}
        environment.pop("PYTHONUNBUFFERED", None)
        self.process = subprocess.Popen(
            [sys.executable, *arguments],
            stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True, close_fds=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0) and None,
        )  # fmt: skip

    def read_until(self, text: bytes, seconds: float = 20) -> None:
        deadline = time.monotonic() + seconds
        while text not in self.output:
            left = deadline - time.monotonic()
            assert left > 0, f"{text!r} did not come; got {self.output[-2000:]!r}"
            self.read(left)

    def finish(self, seconds: float = 20) -> int:
        """Wait for the end, reading on so that nothing blocks."""
        deadline = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < deadline:
            self.read(0.05)
        code = self.process.wait(timeout=1)
        self.read(0)
        return code

    def press(self, keys: bytes) -> None:
        os.write(self.master, keys)

    def restored(self) -> bool:
        """Are echo and line mode as they were, and is the alternate screen left?"""
        now = termios.tcgetattr(self.slave)
        return now[3] == self.before[3] and LEFT_ALTERNATE_SCREEN in self.output

    def hang_up(self) -> None:
        """Close the terminal for good, as a dropped SSH session does."""
        os.close(self.slave)
        os.close(self.master)
        self.master = self.slave = -1

    def read(self, seconds: float) -> None:
        """Take what is there, waiting for the first byte at most that long."""
        while self.master >= 0 and select.select([self.master], [], [], seconds)[0]:
            try:
                data = os.read(self.master, 65536)
            except OSError:
                return
            if not data:
                return
            self.output += data
            seconds = 0

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for descriptor in (self.master, self.slave):
            if descriptor >= 0:
                with contextlib.suppress(OSError):
                    os.close(descriptor)
