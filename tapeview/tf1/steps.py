"""The global step: how many times an optimizer has changed the variables of a graph."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine import deferred, dtypes
from tapeview.engine.deferred import tf
from tapeview.tf1 import graphs

_NAME = "global_step"


def get_global_step(graph: Any = None) -> Any:
    """The graph's step count, None if it has none. Raises TypeError for a tensor of that name that is none."""
    if graph is None and not deferred.building():
        return graphs.eager_attachments().get(_NAME)
    graph = deferred.get_default_graph() if graph is None else graph
    found = graph.get_collection(deferred.GraphKeys.GLOBAL_STEP)
    if found:
        return found[0]
    return next((v for v in graph.get_collection(deferred.GraphKeys.GLOBAL_VARIABLES) if v.op.name == _NAME), None)


def create_global_step(graph: Any = None) -> Any:
    """A new step count. Raises ValueError if the graph has one."""
    if get_global_step(graph) is not None:
        raise ValueError('"global_step" already exists.')
    if not deferred.building() and graph is None:
        made: Any = graphs.eager_variable(np.int64(0), _NAME)
        graphs.eager_attachments()[_NAME] = made
        return made
    keys = deferred.GraphKeys

    def zero(shape: Any, dtype: Any = None) -> Any:
        return tf.zeros(shape, dtype)

    with (deferred.get_default_graph() if graph is None else graph).as_default(), deferred.name_scope(None):
        return deferred.get_variable(
            _NAME, shape=[], dtype=dtypes.int64, initializer=zero, trainable=False,
            collections=[keys.GLOBAL_VARIABLES, keys.GLOBAL_STEP],
        )  # fmt: skip


def get_or_create_global_step(graph: Any = None) -> Any:
    """The graph's step count; a new one if it has none."""
    found = get_global_step(graph)
    return create_global_step(graph) if found is None else found


def global_step(sess: Any, global_step_tensor: Any) -> int:
    """The step count as a number."""
    if not deferred.building() and sess is None:
        return int(global_step_tensor.numpy())
    return int(sess.run(global_step_tensor))


def assert_global_step(global_step_tensor: Any) -> None:
    """Raises TypeError for what is no scalar of whole numbers."""
    if not global_step_tensor.dtype.is_integer:
        raise TypeError(f'Existing "global_step" does not have integer type: {global_step_tensor.dtype}')
