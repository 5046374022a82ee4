"""Nodes that initialize variables, and that tell which are not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tapeview.engine import dtypes
from tapeview.engine.deferred import assigns, collections
from tapeview.engine.deferred.controls import group, no_op
from tapeview.engine.deferred.graph import get_default_graph
from tapeview.engine.tensor import EagerTensor


def variables_initializer(var_list: Sequence[Any], name: str = "init") -> Any:
    """A node that runs the initializers of these variables."""
    if var_list:
        return group(*[v.initializer for v in var_list], name=name)
    return no_op(name=name)


def global_variables_initializer() -> Any:
    """A node that initializes the variables that there are now, but the local ones."""
    return variables_initializer(collections.global_variables())


def local_variables_initializer() -> Any:
    """A node that initializes the local variables that there are now."""
    return variables_initializer(collections.local_variables())


initialize_variables = variables_initializer
initialize_all_variables = global_variables_initializer
initialize_local_variables = local_variables_initializer


def tables_initializer(name: str = "init_all_tables") -> Any:
    """A node that initializes the lookup tables that there are now."""
    tables = collections.get_collection(collections.GraphKeys.TABLE_INITIALIZERS)
    return group(*tables, name=name) if tables else no_op(name=name)


def is_variable_initialized(variable: Any) -> Any:
    """Whether a variable has a value, as a symbolic tensor."""
    return assigns.add_update(
        variable.graph, "IsVariableInitialized", "IsVariableInitialized", _has_value, [variable], kind="op",
        dtype=dtypes.bool_, sizes=(),
    )  # fmt: skip


def _has_value(cell: Any) -> EagerTensor:
    return EagerTensor(np.array(cell.variable is not None))


def report_uninitialized_variables(var_list: Any = None, name: str = "report_uninitialized_variables") -> Any:
    """The names of the variables that have no value yet, as a symbolic tensor of strings."""
    given = var_list if var_list is not None else collections.global_variables() + collections.local_variables()
    variables = list(given)

    def report(*cells: Any) -> EagerTensor:
        names = [c.symbol.op.name.encode() for c in cells if c.variable is None]
        found = np.empty(len(names), object)
        found[:] = names
        return EagerTensor(found)

    return assigns.add_update(
        get_default_graph(), "BooleanMask", name, report, variables, kind="op", dtype=dtypes.string, sizes=(None,)
    )


def assert_variables_initialized(var_list: Any = None) -> Any:
    """A node that fails if a variable has no value yet."""
    given = var_list if var_list is not None else collections.global_variables() + collections.local_variables()

    def check(*cells: Any) -> None:
        for cell in cells:
            cell.known()

    return assigns.add_update(
        get_default_graph(), "AssertInitialized", "init_1", check, list(given), kind="op", outputs=0
    )
