"""``tf.ConfigProto`` and its kind: settings for sessions, which are kept and change nothing here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar


class _Level(int):
    """A number with a name."""

    def __new__(cls, value: int, name: str) -> _Level:
        made = super().__new__(cls, value)
        made.name = name
        return made

    name: str

    def __str__(self) -> str:
        return self.name


class _Message:
    """Fields with defaults; what is an enumeration or a message itself stands as such in ``_fields``.

    Raises:
        ValueError: a field that is not known is given.
        AttributeError: one is looked at or set.
    """

    _fields: ClassVar[Mapping[str, Any]] = {}

    def __init__(self, **fields: Any) -> None:
        self.__dict__["_set"] = {}
        for name, value in fields.items():
            if name not in self._fields:
                raise ValueError(self._unknown(name))
            if value is not None:
                self._set[name] = value

    def _unknown(self, name: str) -> str:
        return f'Protocol message {type(self).__name__} has no "{name}" field.'

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name not in self._fields:
            raise AttributeError(name)
        default = self._fields[name]
        if isinstance(default, type):
            return self._set.setdefault(name, default())
        return self._set.get(name, default)

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in self._fields:
            raise AttributeError(self._unknown(name))
        self._set[name] = value

    def CopyFrom(self, other: Any) -> None:
        """Takes over what another message says."""
        self.__dict__["_set"] = dict(other._set)

    def HasField(self, name: str) -> bool:
        """Whether a field was set."""
        return name in self._set

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and repr(other) == repr(self)

    def __hash__(self) -> int:
        raise TypeError("unhashable object")

    def __repr__(self) -> str:
        return "".join(_text(name, self._set[name]) for name in self._fields if name in self._set)


def _text(name: str, value: Any) -> str:
    """A field as messages are written; "" if nothing in it was set."""
    if isinstance(value, _Message):
        inner = "".join(f"  {line}\n" for line in repr(value).splitlines())
        return f"{name} {{\n{inner}}}\n" if inner else ""
    if isinstance(value, Mapping):
        return "".join(f'{name} {{\n  key: "{key}"\n  value: {one}\n}}\n' for key, one in value.items())
    shown = str(value).lower() if isinstance(value, bool) else f'"{value}"' if isinstance(value, str) else value
    return f"{name}: {shown}\n"


class GPUOptions(_Message):
    """What a session may do with graphics cards."""

    _fields: ClassVar[Mapping[str, Any]] = {
        "per_process_gpu_memory_fraction": 0.0, "allocator_type": "", "deferred_deletion_bytes": 0,
        "allow_growth": False, "visible_device_list": "", "polling_active_delay_usecs": 0,
        "force_gpu_compatible": False,
    }  # fmt: skip


class OptimizerOptions(_Message):
    """How graphs are made faster."""

    L0, L1 = _Level(-1, "L0"), _Level(0, "L1")
    DEFAULT, OFF, ON_1, ON_2 = _Level(0, "DEFAULT"), _Level(-1, "OFF"), _Level(1, "ON_1"), _Level(2, "ON_2")
    _fields: ClassVar[Mapping[str, Any]] = {
        "do_common_subexpression_elimination": False, "do_constant_folding": False, "opt_level": L1,
        "do_function_inlining": False, "global_jit_level": DEFAULT,
    }  # fmt: skip


class GraphOptions(_Message):
    """How graphs are run."""

    _fields: ClassVar[Mapping[str, Any]] = {
        "enable_recv_scheduling": False, "optimizer_options": OptimizerOptions, "build_cost_model": 0,
        "infer_shapes": False, "place_pruned_graph": False, "timeline_step": 0,
    }  # fmt: skip


class ConfigProto(_Message):
    """How a session works."""

    _fields: ClassVar[Mapping[str, Any]] = {
        "device_count": dict, "intra_op_parallelism_threads": 0, "placement_period": 0,
        "inter_op_parallelism_threads": 0, "gpu_options": GPUOptions, "allow_soft_placement": False,
        "log_device_placement": False, "use_per_session_threads": False, "graph_options": GraphOptions,
        "operation_timeout_in_ms": 0, "isolate_session_state": False, "share_cluster_devices_in_session": False,
    }  # fmt: skip


class RunOptions(_Message):
    """How one run works."""

    NO_TRACE, SOFTWARE_TRACE = _Level(0, "NO_TRACE"), _Level(1, "SOFTWARE_TRACE")
    HARDWARE_TRACE, FULL_TRACE = _Level(2, "HARDWARE_TRACE"), _Level(3, "FULL_TRACE")
    _fields: ClassVar[Mapping[str, Any]] = {
        "trace_level": NO_TRACE, "timeout_in_ms": 0, "inter_op_thread_pool": 0, "output_partition_graphs": False,
        "report_tensor_allocations_upon_oom": False,
    }  # fmt: skip


class RunMetadata(_Message):
    """What a run tells about itself: nothing, here."""

    _fields: ClassVar[Mapping[str, Any]] = {"step_stats": _Message, "cost_graph": _Message, "partition_graphs": ()}


class NodeDef(_Message):
    """A node as graphs are written down."""

    _fields: ClassVar[Mapping[str, Any]] = {"name": "", "op": "", "input": list, "device": "", "attr": dict}
