"""What screens and commands call: one open profile. Composes everything below; knows no screen and prints nothing."""

from __future__ import annotations

from aeptui.session.session import Session, SessionFacts

__all__ = ["Session", "SessionFacts"]
