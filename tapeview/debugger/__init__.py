"""Runs scripts and follows them, without a window."""

from tapeview.debugger.session import LiveSession, SessionError
from tapeview.debugger.verdict import State

__all__ = ["LiveSession", "SessionError", "State"]
