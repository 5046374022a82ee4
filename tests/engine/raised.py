"""What a call raises, as one line that can be compared exactly."""

from __future__ import annotations

from collections.abc import Callable


def raised(call: Callable[[], object]) -> str:
    """``"ValueError: the text"`` for what ``call()`` raises; fails if it raises nothing."""
    try:
        result = call()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    raise AssertionError(f"nothing was raised; the call returned {result!r}")
