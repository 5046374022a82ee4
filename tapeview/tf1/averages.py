"""``tf.train.ExponentialMovingAverage``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tapeview.engine import deferred, dtypes
from tapeview.engine.deferred import tf
from tapeview.engine.variable import ResourceVariable
from tapeview.keras.optimizers.core import Slot
from tapeview.tf1 import graphs


class ExponentialMovingAverage:
    """Averages of variables and tensors: ``average = decay * average + (1 - decay) * value`` with each ``apply``.

    Args:
        decay: the share of the average that stays.
        num_updates: a count; the share is then at most ``(1 + num_updates) / (10 + num_updates)``.
        zero_debias: averages of tensors, which begin at 0, are corrected for that.
    """

    def __init__(
        self, decay: Any, num_updates: Any = None, zero_debias: bool = False, name: str = "ExponentialMovingAverage"
    ) -> None:
        self._decay, self._num_updates, self._zero_debias, self._name = decay, num_updates, zero_debias, name
        self._averages: dict[int, tuple[Any, Any]] = {}
        self._debiased: dict[int, tuple[Any, Any]] = {}

    @property
    def name(self) -> str:
        """What averages are called."""
        return self._name

    def apply(self, var_list: Sequence[Any] | None = None) -> Any:
        """The operation that brings the averages up to date; eagerly that is done.

        Raises:
            TypeError: something that has no floats.
        """
        variables = deferred.trainable_variables() if var_list is None else list(var_list)
        for v in variables:
            if not v.dtype.base_dtype.is_floating:
                raise TypeError(f"The variables must be half, float, or double: {v.name}")
            self._meet(v)
        with graphs.name_scope(self._name) as scope:
            decay = graphs.tensor(self._decay, "decay", dtypes.float32)
            if self._num_updates is not None:
                count = graphs.cast(self._num_updates, dtypes.float32)
                decay = tf.minimum(decay, (1.0 + count) / (10.0 + count))
            updates = [self._update(v, decay) for v in variables]
            return graphs.group(updates, scope)

    def _meet(self, v: Any) -> None:
        at = id(graphs.base(v))
        if at in self._averages:
            return
        is_variable = isinstance(v, (ResourceVariable, deferred.Variable))
        if not deferred.building():
            average: Any = Slot(v.numpy(), f"{graphs.op_name(v)}/{self._name}")
        elif is_variable:
            average = graphs.slot(v, lambda: graphs.initial_value(v), self._name)
            deferred.add_to_collection(deferred.GraphKeys.MOVING_AVERAGE_VARIABLES, v)
        else:
            shape = graphs.known_sizes(v.shape)
            average = graphs.slot(v, lambda: tf.zeros(shape, v.dtype.base_dtype), self._name)
            if self._zero_debias:
                inner = f"{average.op.name}/"
                biased = graphs.hidden_variable(lambda: tf.zeros(shape, v.dtype.base_dtype), f"{inner}biased", True)
                count = graphs.hidden_variable(lambda: tf.zeros([], v.dtype.base_dtype), f"{inner}local_step", True)
                self._debiased[at] = biased, count
        self._averages[at] = v, average

    def _update(self, v: Any, decay: Any) -> Any:
        at = id(graphs.base(v))
        average = self._averages[at][1]
        if at not in self._debiased:
            with graphs.name_scope(None, "AssignMovingAvg") as scope:
                left = tf.subtract(1.0, graphs.cast(decay, average.dtype.base_dtype))
                return graphs.assigned_sub(average, (average - v) * left, scope)
        biased, count = self._debiased[at]
        with graphs.name_scope(None, "AssignMovingAvg"):
            now = deferred.assign_sub(biased, (biased - v) * tf.subtract(1.0, decay))
            turns = deferred.assign_add(count, 1.0)
            return graphs.assign(average, now / (1.0 - tf.pow(decay, turns)))

    def average(self, var: Any) -> Any:
        """The variable with a variable's average, None if there is none."""
        found = self._averages.get(id(graphs.base(var)))
        return None if found is None else found[1]

    def average_name(self, var: Any) -> str:
        """The name of a variable's average."""
        found = self.average(var)
        return f"{graphs.op_name(var)}/{self._name}" if found is None else graphs.op_name(found)

    def variables_to_restore(self, moving_avg_variables: Any = None) -> dict[str, Any]:
        """For a Saver: averages' names with the variables that are to take them over, and all other variables."""
        chosen = list(moving_avg_variables or ())
        if moving_avg_variables is None:
            averaged = deferred.get_collection(deferred.GraphKeys.MOVING_AVERAGE_VARIABLES)
            chosen = [*deferred.trainable_variables(), *averaged]
        found = {self.average_name(v): v for v in chosen}
        names = {v.name for v in chosen}
        for v in deferred.global_variables():
            if v.name not in names:
                found.setdefault(v.op.name, v)
        return found
