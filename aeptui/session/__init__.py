"""What screens and commands call: one open profile. Composes everything below; knows no screen and prints nothing."""

from __future__ import annotations

from aeptui.session.facts import SessionFacts
from aeptui.session.flows import FlowSummary
from aeptui.session.pipelines import SavedPipeline
from aeptui.session.session import Session, unlock_secrets_file
from aeptui.session.tracking import Tracking

__all__ = ["FlowSummary", "SavedPipeline", "Session", "SessionFacts", "Tracking", "unlock_secrets_file"]
