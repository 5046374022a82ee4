"""``tf.config``, ``tf.test``, devices: settings that scripts make. There is one CPU, and nothing to set."""

from __future__ import annotations

import time
from typing import Any, NamedTuple

import numpy as np

from tapeview.engine import dispatch
from tapeview.engine.tensor import EagerTensor
from tapeview.engine.warn import get_logger


class PhysicalDevice(NamedTuple):
    """A device of this machine."""

    name: str
    device_type: str


class LogicalDevice(NamedTuple):
    """A device as ops name it."""

    name: str
    device_type: str


class LogicalDeviceConfiguration(NamedTuple):
    """Limits for a part of a device."""

    memory_limit: Any = None
    experimental_priority: Any = None
    experimental_device_ordinal: Any = None


_CPU = PhysicalDevice("/physical_device:CPU:0", "CPU")


def list_physical_devices(device_type: str | None = None) -> list[PhysicalDevice]:
    """The CPU; nothing for any other type."""
    return [_CPU] if device_type in (None, "CPU") else []


def list_logical_devices(device_type: str | None = None) -> list[LogicalDevice]:
    """The CPU; nothing for any other type."""
    return [LogicalDevice("/device:CPU:0", "CPU")] if device_type in (None, "CPU") else []


def get_visible_devices(device_type: str | None = None) -> list[PhysicalDevice]:
    """The same as :func:`list_physical_devices`."""
    return list_physical_devices(device_type)


def accept(*_: Any, **__: Any) -> None:
    """Nothing: a setting that changes nothing here."""


def no(*_: Any, **__: Any) -> bool:
    """False."""
    return False


def yes(*_: Any, **__: Any) -> bool:
    """True."""
    return True


def zero(*_: Any, **__: Any) -> int:
    """0: the system decides."""
    return 0


def no_name(*_: Any, **__: Any) -> str:
    """An empty name: there is no such device."""
    return ""


class device:
    """A context manager: ops in its block run on the CPU, whatever device it names."""

    def __init__(self, device_name: Any) -> None:
        self.device_name = device_name
        self._block: Any = None

    def __enter__(self) -> device:
        if dispatch.building():
            from tapeview.engine.deferred.graph import get_default_graph  # which is not needed without

            self._block = get_default_graph().device(self.device_name)
            self._block.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        block, self._block = self._block, None
        if block is not None:
            block.__exit__(None, None, None)


def set_verbosity(level: Any) -> None:
    """Which messages of TensorFlow's are printed: a level of ``logging``, or its name."""
    get_logger().setLevel(level)


def timestamp(name: str | None = None) -> EagerTensor:
    """The seconds since 1970: a float64 scalar."""
    return EagerTensor(np.array(time.time(), np.float64))
