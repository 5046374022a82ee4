"""Values that were not written, as long as the process can spare the memory for them.

Tensors never change, so keeping one costs the memory that it would have given back, and nothing else.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Collection

import numpy as np

from tapeview.debuggee.adapters.keeping import MIB, PAST_LIMIT

_SHARE_OF_MEMORY = 4
_UNKNOWN_MEMORY = 2048 * MIB


def machine_share() -> int:
    """The bytes that may be kept for the step that runs: a quarter of the machine's memory."""
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        memory = 0
    return (memory if memory > 0 else _UNKNOWN_MEMORY) // _SHARE_OF_MEMORY


class Shelf:
    """Arrays by the ids of their tensors. May be used from any thread.

    Those of steps that still run stay up to ``limit`` bytes, those of earlier steps up to ``past_limit`` bytes in all;
    the oldest go first.
    """

    def __init__(self, past_limit: int = PAST_LIMIT, limit: int | None = None) -> None:
        self.past_limit = past_limit
        self.limit = machine_share() if limit is None else limit
        self._lock = threading.Lock()
        self._running: frozenset[int] = frozenset()
        self._now: OrderedDict[int, tuple[int, np.ndarray]] = OrderedDict()
        self._past: OrderedDict[int, tuple[int, np.ndarray]] = OrderedDict()
        self._now_bytes = self._past_bytes = 0

    def put(self, step: int, tensor: int, array: np.ndarray) -> None:
        """Keep the array of a tensor of a step that runs."""
        with self._lock:
            self._now[tensor] = step, array
            self._now_bytes += array.nbytes
            while self._now_bytes > self.limit and self._now:
                _, (_, dropped) = self._now.popitem(last=False)
                self._now_bytes -= dropped.nbytes

    def running(self, steps: Collection[int]) -> None:
        """These steps run from now on; what is kept of others is of the past."""
        with self._lock:
            self._running = frozenset(steps)
            over = [tensor for tensor, (step, _) in self._now.items() if step not in self._running]
            for tensor in over:
                step, array = self._now.pop(tensor)
                self._now_bytes -= array.nbytes
                self._past[tensor] = step, array
                self._past_bytes += array.nbytes
            while self._past_bytes > self.past_limit and self._past:
                _, (_, dropped) = self._past.popitem(last=False)
                self._past_bytes -= dropped.nbytes

    def get(self, tensor: int) -> np.ndarray | None:
        """The array of a tensor, if it is still here."""
        with self._lock:
            found = self._now.get(tensor) or self._past.get(tensor)
            return found[1] if found is not None else None

    def take(self, most: int, largest: int) -> tuple[list[tuple[int, np.ndarray]], set[int]]:
        """Take away tensors of the steps that run, the newest first: of up to ``largest`` bytes each, ``most`` in all.

        Returns them, and the steps of which some of no more than ``largest`` bytes stay.
        """
        found: list[tuple[int, np.ndarray]] = []
        staying = set()
        with self._lock:
            for tensor, (step, array) in reversed(self._now.items()):
                if array.nbytes > largest:
                    continue
                if array.nbytes <= most:
                    found.append((tensor, array))
                    most -= array.nbytes
                else:
                    staying.add(step)
            for tensor, array in found:
                del self._now[tensor]
                self._now_bytes -= array.nbytes
        return found, staying

    def clear(self) -> None:
        """Let go of everything."""
        with self._lock:
            self._now.clear()
            self._past.clear()
            self._now_bytes = self._past_bytes = 0

    @property
    def size(self) -> int:
        """The bytes of everything that is kept."""
        with self._lock:
            return self._now_bytes + self._past_bytes
