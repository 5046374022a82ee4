"""What version 1's optimizers share: gradients, slots, the nodes of a step, the step count."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from tapeview.engine import deferred
from tapeview.engine.scripting import structure
from tapeview.engine.tape import GradientTape
from tapeview.engine.variable import ResourceVariable
from tapeview.keras.optimizers.core import Slot, is_function
from tapeview.tf1 import graphs

Pair = tuple[Any, Any]
"""(gradient or None, variable)"""


class Optimizer:
    """The base of ``tf.train``'s optimizers, in deferred graphs and eagerly.

    Args:
        use_locking: accepted; updates do not run side by side.
        name: what nodes and slots are called.

    Raises:
        ValueError: no name.
    """

    GATE_NONE, GATE_OP, GATE_GRAPH = 0, 1, 2

    def __init__(self, use_locking: bool, name: str) -> None:
        if not name:
            raise ValueError("Must specify the optimizer name")
        self._use_locking = use_locking
        self._name = name
        self._slots: dict[str, dict[int, tuple[Any, Any]]] = {}
        self._others: dict[tuple[str, Any], Any] = {}
        self._rate: Any = None
        self._told = False

    def get_name(self) -> str:
        """The optimizer's name."""
        return self._name

    # -- the steps -----------------------------------------------------------------------------------------------------

    def minimize(
        self, loss: Any, global_step: Any = None, var_list: Any = None, gate_gradients: int = GATE_OP,
        aggregation_method: Any = None, colocate_gradients_with_ops: bool = False, name: str | None = None,
        grad_loss: Any = None,
    ) -> Any:  # fmt: skip
        """The operation that makes one step down ``loss``; eagerly ``loss`` is a function, and the step is made.

        Raises:
            ValueError: no variable has a gradient, or there is none; an unknown gate.
            RuntimeError: a tensor as loss, eagerly.
        """
        pairs = self.compute_gradients(
            loss, var_list, gate_gradients, aggregation_method, colocate_gradients_with_ops, grad_loss
        )
        if all(gradient is None for gradient, _ in pairs):
            raise ValueError(
                "No gradients provided for any variable, check your graph for ops that do not support gradients, "
                f"between variables {[str(v) for _, v in pairs]} and loss {loss}."
            )
        return self.apply_gradients(pairs, global_step, name)

    def compute_gradients(
        self, loss: Any, var_list: Any = None, gate_gradients: int = GATE_OP, aggregation_method: Any = None,
        colocate_gradients_with_ops: bool = False, grad_loss: Any = None,
    ) -> list[Pair]:  # fmt: skip
        """(gradient, variable) pairs; the gradient of what ``loss`` does not depend on is None. See :meth:`minimize`.

        Raises:
            NotImplementedError: something in ``var_list`` that is no variable.
        """
        if not deferred.building():
            return self._eager_gradients(loss, var_list, grad_loss)
        if is_function(loss):
            loss = loss()
        if gate_gradients not in (self.GATE_NONE, self.GATE_OP, self.GATE_GRAPH):
            raise ValueError(
                "gate_gradients must be one of: Optimizer.GATE_NONE, Optimizer.GATE_OP, Optimizer.GATE_GRAPH.  Not "
                f"{gate_gradients}"
            )
        for target in structure.flatten(loss):
            if hasattr(target, "dtype") and not target.dtype.is_floating:
                raise ValueError(
                    f"Invalid type {target.dtype!r} for {target.name}, expected: [tf.float32, tf.float64, tf.float16, "
                    "tf.bfloat16]."
                )
        variables = deferred.trainable_variables() if var_list is None else structure.flatten(var_list)
        for variable in variables:
            _check(variable)
        if not variables:
            raise ValueError("No variables to optimize.")
        return list(zip(deferred.gradients(loss, variables, grad_ys=grad_loss), variables, strict=True))

    def _eager_gradients(self, loss: Any, var_list: Any, grad_loss: Any) -> list[Pair]:
        if not is_function(loss):
            raise RuntimeError(
                "`loss` passed to Optimizer.compute_gradients should be a function when eager execution is enabled."
            )
        with GradientTape() as tape:
            if var_list is not None:
                tape.watch(var_list)
            value = loss()
        variables = list(tape.watched_variables()) if var_list is None else structure.flatten(var_list)
        return list(zip(tape.gradient(value, variables, grad_loss), variables, strict=True))

    def apply_gradients(
        self, grads_and_vars: Iterable[Pair], global_step: Any = None, name: str | None = None
    ) -> Any:  # fmt: skip
        """The operation that changes variables by their gradients and adds 1 to ``global_step``; eagerly that is done.

        Raises:
            ValueError: no variables, or none with a gradient.
            TypeError: a gradient that is no tensor.
            NotImplementedError: something that is no variable.
        """
        pairs = tuple(grads_and_vars)
        if not pairs:
            raise ValueError("No variables provided.")
        for _, variable in pairs:
            _check(variable)
        used = [(g, v) for g, v in pairs if g is not None]
        if not used:
            raise ValueError(f"No gradients provided for any variable: {[str(v) for _, v in pairs]}.")
        with graphs.outside():
            self._create_slots([v for _, v in used])
        with graphs.name_scope(name, self._name) as scope:
            self._prepare()
            self._told = False
            updates = []
            for gradient, variable in used:
                with graphs.name_scope(f"update_{graphs.op_name(variable)}"):
                    updates.append(self._apply(graphs.converted(gradient, variable), variable))
            if global_step is None:
                applied = self._finish(updates, scope)
            else:
                with graphs.after([self._finish(updates, "update")]):
                    applied = graphs.count_up(global_step, scope)
        if deferred.building():
            applied = getattr(applied, "op", applied)
            deferred.add_to_collection(deferred.GraphKeys.TRAIN_OP, applied)
            return applied
        return None

    # -- what each optimizer is; scripts' own optimizers override these, too -------------------------------------------

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        """Makes the slots of some variables."""

    def _prepare(self) -> None:
        """Makes the tensors that all updates of a step use."""

    def _apply(self, gradient: Any, variable: Any) -> Any:
        """The update of a variable."""
        done = (self._apply_sparse if graphs.is_sparse(gradient) else self._apply_dense)(gradient, variable)
        if variable.constraint is None:
            return done
        with graphs.after([done]):
            return graphs.assign(variable, variable.constraint(variable.read_value()))

    def _apply_dense(self, grad: Any, var: Any) -> Any:
        """The update of a variable by a tensor."""
        raise NotImplementedError(f"{type(self).__name__} does not say how a gradient is applied (_apply_dense).")

    def _apply_sparse(self, grad: Any, var: Any) -> Any:
        """The update of a variable by IndexedSlices."""
        return self._apply_dense(grad, var)

    def _update(self, rule: Callable[..., Any], type: str, held: Sequence[Any], given: Sequence[Any]) -> Any:
        """A node of an update; the first one of a step tells the learning rate."""
        rate = next((k for k, g in enumerate(given) if g is self._rate), None)
        name = "" if self._told else self._name
        self._told = True
        return graphs.update(rule, type, held, given, None if rate is None else (name, rate))

    def _finish(self, update_ops: Sequence[Any], name_scope: str) -> Any:
        """The operation that is done when all updates are."""
        return graphs.group(update_ops, name_scope)

    def _call_if_callable(self, param: Any) -> Any:
        """What a function returns, everything else as it is."""
        return param() if is_function(param) else param

    def _tensor(self, value: Any, name: str) -> Any:
        """A number of the optimizer's as a tensor; eagerly, of what a function returns."""
        return graphs.tensor(self._call_if_callable(value), name)

    # -- slots ---------------------------------------------------------------------------------------------------------

    def get_slot(self, var: Any, name: str) -> Any:
        """A variable's slot, None if there is none."""
        found = self._slots.get(name, {}).get(id(graphs.base(var)))
        return None if found is None else found[1]

    def get_slot_names(self) -> list[str]:
        """The names of the slots, sorted."""
        return sorted(self._slots)

    def variables(self) -> list[Any]:
        """The optimizer's own variables in the present graph, sorted by their names."""
        here = graphs.place()
        held = [v for (_, place), v in self._others.items() if place is here]
        held += [s for slots in self._slots.values() for v, s in slots.values() if graphs.place_of(s) is here]
        return sorted(held, key=lambda v: str(v.name))

    def _zeros_slot(self, var: Any, slot_name: str, op_name: str) -> Any:
        return self._get_or_make_slot(var, lambda: deferred.tf.zeros(_shape(var), graphs.kind(var)), slot_name, op_name)

    def _filled_slot(self, var: Any, number: float, slot_name: str, op_name: str) -> Any:
        return self._get_or_make_slot(
            var, lambda: deferred.tf.fill(_shape(var), np.asarray(number, graphs.kind(var).numpy)), slot_name, op_name
        )

    def _get_or_make_slot(self, var: Any, val: Any, slot_name: str, op_name: str) -> Any:
        """A variable's slot; a new one begins with ``val``, or with what the function ``val`` gives."""
        slots = self._slots.setdefault(slot_name, {})
        at = id(graphs.base(var))
        if at not in slots:
            taken = sum(held.get(at) is not None for held in self._slots.values())
            slots[at] = (var, _new_slot(var, val, op_name, taken))
        return slots[at][1]

    def _create_non_slot_variable(self, initial_value: Any, name: str, colocate_with: Any = None) -> Any:
        """A variable of the optimizer's own, one for each graph."""
        at = (name, graphs.place())
        if at not in self._others:
            self._others[at] = graphs.hidden_variable(initial_value, name)
        return self._others[at]

    def _get_non_slot_variable(self, name: str, graph: Any = None) -> Any:
        """The variable that :meth:`_create_non_slot_variable` made."""
        return self._others.get((name, graphs.place()))


def _check(variable: Any) -> None:
    if not isinstance(variable, (ResourceVariable, deferred.Variable)):
        raise NotImplementedError("Trying to update a Tensor ", variable)


def _shape(variable: Any) -> list[int]:
    return [int(size) for size in variable.shape]


def _new_slot(variable: Any, value: Any, op_name: str, taken: int) -> Any:
    make: Callable[[], Any] = value if is_function(value) else lambda: value
    if not deferred.building():
        array = np.asarray(getattr(found := make(), "_array", found))
        return Slot(np.array(array), f"{graphs.op_name(variable)}/{op_name}{f'_{taken}' if taken else ''}")
    return graphs.slot(variable, make, op_name)
