"""How much of each training step is kept, so that a long training fits on the disk."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1 << 20


@dataclass(frozen=True)
class Keeper:
    """Decides, step by step and value by value, from what the recording weighs so far.

    Everything is kept until ``full_until`` bytes; then every tenth step, from ``tenth_until`` every hundredth, and
    beyond
    ``budget`` only the scalars of each step. A tensor above ``value_limit`` bytes is kept as statistics.
    """

    full_until: int = 256 * MIB
    tenth_until: int = 512 * MIB
    budget: int = 1024 * MIB
    value_limit: int = 4 * MIB

    def kept(self, step: int, written: int) -> str:
        """``"all"`` or ``"scalars"`` for a step that begins when the recording weighs ``written`` bytes."""
        if written < self.full_until:
            return "all"
        if written >= self.budget:
            return "scalars"
        stride = 10 if written < self.tenth_until else 100
        return "all" if step % stride == 0 else "scalars"

    def keeps_value(self, size: int, written: int) -> bool:
        """Whether a large tensor of ``size`` bytes is written."""
        return size <= self.value_limit and written < self.full_until
