"""TensorFlow 1's names, in the form of `table.LOCAL`: ``tf.train`` stands here for TensorFlow 2's ``compat.v1.train``.

A name that is missing here is looked for among TensorFlow 2's: only what is new or different is listed. Namespaces of
TensorFlow 1 that are gone (``tf.contrib``) stand here as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_ENGINE = "tapeview.engine."
_TF1 = "tapeview.tf1."
_DEFERRED = _ENGINE + "deferred."
_SCRIPTING = _ENGINE + "scripting."

_FLAGS = """
    DEFINE_bool=DEFINE_boolean DEFINE_boolean DEFINE_enum DEFINE_float DEFINE_integer DEFINE_list DEFINE_string
    DuplicateFlagError Error FLAGS Flag FlagValues IllegalFlagValueError UnrecognizedFlagError mark_flag_as_required
"""

TF1: Final[Mapping[str, Mapping[str, str]]] = {
    "tf": {
        _ENGINE + "seeds": "set_random_seed=set_seed",
        _TF1 + "behaviour": """
            disable_eager_execution disable_v2_behavior enable_eager_execution enable_v2_behavior=enable_eager_execution
        """,
        _SCRIPTING + "config": """
            disable_control_flow_v2=accept disable_resource_variables=accept disable_tensor_equality=accept
            disable_v2_tensorshape=accept enable_control_flow_v2=accept enable_resource_variables=accept
            enable_tensor_equality=accept enable_v2_tensorshape=accept
        """,
        _SCRIPTING + "functions": "executing_eagerly executing_eagerly_outside_functions=executing_eagerly",
        _TF1 + "protos": "ConfigProto GPUOptions GraphOptions OptimizerOptions RunMetadata RunOptions",
    },
    "tf.contrib.eager": {
        _TF1 + "behaviour": "enable_eager_execution enable_v2_behavior=enable_eager_execution",
        _SCRIPTING + "functions": "executing_eagerly",
    },
    "tf.app": {_TF1 + "flags": "run"},
    "tf.app.flags": {_TF1 + "flags": _FLAGS},
    "tf.gfile": {
        _TF1 + "files": """
            Copy=copy DeleteRecursively=rmtree Exists=exists FastGFile=GFile GFile Glob=glob_names IsDirectory=isdir
            ListDirectory=listdir MakeDirs=makedirs MkDir=mkdir Open=GFile Remove=remove Rename=rename Stat=stat
            Walk=walk_in_order
        """
    },
    "tf.flags": {_TF1 + "flags": _FLAGS},
    "tf.logging": {
        _TF1 + "messages": """
            debug error fatal flush get_verbosity info log log_every_n log_first_n log_if set_verbosity vlog warn
            warning=warn
        """
    },
    "tf.random": {_ENGINE + "seeds": "set_random_seed=set_seed"},
}
"""For each namespace: module -> the words of the objects that live there."""

CONSTANTS: Final[Mapping[str, Mapping[str, object]]] = {
    "tf.compat.v1.logging": {"DEBUG": 10, "INFO": 20, "WARN": 30, "WARNING": 30, "ERROR": 40, "FATAL": 50},
}
"""Names whose values are plain Python values; the namespaces are written out in full."""
