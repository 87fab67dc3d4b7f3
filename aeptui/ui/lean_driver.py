"""Textual's own driver with lean output, and an end when the terminal goes away; the rest is Textual's business."""

from __future__ import annotations

import os

from textual.drivers.linux_driver import LinuxDriver

from aeptui.ui.lean_output import lean


class LeanDriver(LinuxDriver):
    """A LinuxDriver that sends fewer bytes."""

    def write(self, data: str) -> None:
        super().write(lean(data))

    def _sigcont_application(self, *_: object) -> None:
        """Take the terminal up again, if there is one.

        A terminal that goes away sends SIGCONT behind SIGHUP, to an app that never slept too: Textual alone would start
        its threads a second time then, and at the end wait for ever for the first ones, or for a full queue.
        """
        try:
            os.tcgetpgrp(self.fileno)
        except OSError:
            return
        if self._auto_restart and not self._must_signal_resume:
            # Stopped by somebody else, so nothing was given back yet.
            self.suspend_application_mode()
        super()._sigcont_application()
