"""Toasts: one passing word at a time. In 24 lines two of them cover what they are about.

Errors, and what is to be read for longer, stay until their time is over.
"""

from __future__ import annotations

from textual.app import App
from textual.notifications import Notify
from textual.widgets._toast import ToastRack


class PassingWords(App[int]):
    """Lets each passing word give way to the next one."""

    def on_notify(self, event: Notify) -> None:
        """Forget what was said before; Textual's own handler then shows the new word."""
        for earlier in list(self._notifications):
            if earlier.severity == "error" or earlier.timeout > self.NOTIFICATION_TIMEOUT:
                continue
            self._unnotify(earlier, refresh=False)
            for stack in self._screen_stacks.values():
                for screen in stack:
                    # Textual takes away the toast alone, and leaves what holds it, a line high.
                    screen.query(f"#{ToastRack._toast_id(earlier)}").remove()
