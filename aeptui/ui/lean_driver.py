"""Textual's own driver with lean output; everything else about the terminal stays Textual's business."""

from __future__ import annotations

from textual.drivers.linux_driver import LinuxDriver

from aeptui.ui.lean_output import lean


class LeanDriver(LinuxDriver):
    """A LinuxDriver that sends fewer bytes."""

    def write(self, data: str) -> None:
        super().write(lean(data))
