"""What all optimizers share: counting, slots, checking and clipping gradients, and the step itself.

Updates are computed with NumPy and announced as new versions of the variables, with the optimizer's name and the
gradient used; they are not ops of a tape.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np

from tapeview.engine import observe, warn
from tapeview.engine.log import measure
from tapeview.engine.tape import GradientTape
from tapeview.engine.tensor import Array, EagerTensor
from tapeview.engine.variable import ResourceVariable
from tapeview.keras.modules import Settled
from tapeview.keras.optimizers.clipping import array_of, clipped
from tapeview.keras.optimizers.schedules import LearningRateSchedule, deserialize, serialize
from tapeview.keras.optimizers.telling import tell

Pair = tuple[Any, Any]
"""(gradient, variable)"""

_float32 = np.dtype(np.float32)
_asarray = np.asarray
_ndarray = np.ndarray


class Slot(ResourceVariable):
    """A variable of an optimizer's own. Observers do not hear of it."""

    _announced = False
    _shown = False
    """Whether somebody outside may hold the present version's array."""
    _number = 0
    """For a recorder's use."""

    def __init__(self, value: Any, name: str) -> None:
        super().__init__(value, trainable=False, name=name)

    def _put(self, value: Any) -> None:
        """Makes a NumPy value that nobody else will write to the new version."""
        self._replace(_asarray(value), "assign")

    def _read(self) -> EagerTensor:
        self._shown = True
        return super()._read()

    def _look(self) -> EagerTensor:
        self._shown = True
        return super()._look()

    @property
    def _array(self) -> Array:
        self._shown = True
        return self._value._array

    def _own(self) -> Array:
        """The value's array, to be written to in place. What somebody may hold of it stays as it was."""
        array = self._value._array
        if self._shown or not array.flags.c_contiguous:
            self._shown = False
            array = array.copy("C")
            self._value = EagerTensor(array, self)
        return array


Slot.__name__ = ResourceVariable.__name__
Slot.__module__ = ResourceVariable.__module__


class Core(Settled):
    """An optimizer without its arguments.

    Attributes:
        clipnorm: limit of each gradient's norm.
        clipvalue: limit of each element of a gradient.
        global_clipnorm: limit of the norm of all gradients together.
    """

    _warnings_per_step = 1
    """How often a step warns of variables without a gradient."""
    _lazy = False
    """Whether a sparse gradient moves its own rows and nothing else."""

    def __init__(
        self,
        title: str,
        learning_rate: Any,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
    ) -> None:
        self._title = title
        self._shrink: float | None = None
        self.clipnorm = clipnorm
        self.clipvalue = clipvalue
        self.global_clipnorm = global_clipnorm
        self._clips = clipnorm is not None or clipvalue is not None or global_clipnorm is not None
        self._iterations = self._new_count()
        self._rate: ResourceVariable
        self._schedule: Any = None
        self._set_rate(learning_rate)
        self._known: dict[int, int] = {}
        self._slots: dict[str, list[Slot]] = {}
        self._met: list[ResourceVariable] = []
        self._waiting: list[Array] = []

    # -- what the old and the new optimizers do in their own ways ------------------------------------------------------

    @abstractmethod
    def _new_count(self) -> Slot: ...

    @abstractmethod
    def _set_rate(self, given: Any) -> None:
        """Sets ``_rate`` and ``_schedule``."""

    @abstractmethod
    def _present_rate(self) -> Any:
        """The learning rate of the coming step as a NumPy scalar."""

    @abstractmethod
    def _checked(self, variable: Any) -> ResourceVariable:
        """The variable behind what a script gave. Raises if it is none."""

    @abstractmethod
    def _refuse_type(self, gradient: Any, variable: ResourceVariable) -> NoReturn: ...

    @abstractmethod
    def _refuse_shape(self, gradient: Array, variable: ResourceVariable) -> NoReturn: ...

    @abstractmethod
    def _unknown(self, variable: ResourceVariable) -> NoReturn: ...

    # -- what each optimizer is ----------------------------------------------------------------------------------------

    def _slot_kinds(self) -> Sequence[str]:
        """The names of the slots that each variable has."""
        return ()

    def _slots_used(self) -> Sequence[str]:
        """Those of them that a step reads."""
        return self._slot_kinds()

    @abstractmethod
    def _step(self, value: Any, gradient: Any, rate: Any, place: int) -> Any:
        """The new value of variable number ``place``. Values are arrays, or NumPy scalars where these are 0-d."""

    def _step_rows(self, value: Array, rows: Array, gradient: Array, rate: Any, place: int) -> Any:
        """As :meth:`_step` for a sparse gradient of some rows, for optimizers that are ``_lazy``."""
        return self._step(value, gradient, rate, place)

    def _shrinks(self, variable: ResourceVariable) -> bool:
        """Whether a variable's weights decay."""
        return True

    def _after_step(self, pairs: Sequence[Pair]) -> None:
        """Called when all variables of a step were changed, before the step is counted."""

    # -- what all do ---------------------------------------------------------------------------------------------------

    def _expect(self, values: list[Array]) -> None:
        """Values of a checkpoint, the count of steps first: slots that are yet to be made take theirs when they are."""
        self._iterations.assign(values[0])
        self._waiting = values

    def _take_expected(self) -> None:
        """Slots have been made. Once they are as many as the checkpoint has values, they take these."""
        if not self._waiting:
            return
        listed: Any = getattr(self, "variables", ())
        variables = listed() if callable(listed) else listed
        if len(variables) == len(self._waiting):
            for variable, value in zip(variables, self._waiting, strict=True):
                variable.assign(value)
            self._waiting = []

    @property
    @abstractmethod
    def learning_rate(self) -> Any:
        """The learning rate."""

    @learning_rate.setter
    @abstractmethod
    def learning_rate(self, value: Any) -> None: ...

    @property
    def lr(self) -> Any:
        """The same as ``learning_rate``."""
        return self.learning_rate

    @lr.setter
    def lr(self, value: Any) -> None:
        self.learning_rate = value

    def _apply(self, pairs: list[Pair]) -> Any:
        try:
            arrays = [g._array for g, _ in pairs]
        except AttributeError:  # some gradient is None, sparse, or no tensor at all
            pairs = with_gradients(pairs, self._warnings_per_step)
            if not self._clips:
                arrays = [array_of(g) for g, _ in pairs]
        if self._clips:
            arrays = clipped([g for g, _ in pairs], self.clipnorm, self.clipvalue, self.global_clipnorm)
        rate = self._present_rate()
        if observe.sink is not None:
            measure("rate", self._title, rate)
            tell(self, pairs, rate)
        known = self._known
        for k, (gradient, variable) in enumerate(pairs):
            place = known.get(id(variable))
            if place is None:
                variable = self._checked(variable)
                place = known.get(id(variable))
                if place is None:
                    self._unknown(variable)
            array = arrays[k]
            old: Any = variable._value._array
            dtype = old.dtype
            if array.dtype is not dtype and array.dtype != dtype:
                self._refuse_type(gradient, variable)
            # Of 0-d arrays NumPy's scalars: their arithmetic takes a tenth of the time.
            value = old[()]
            scale = rate if dtype is _float32 else dtype.type(rate)
            if self._shrink and self._shrinks(variable):
                value = value - value * dtype.type(self._shrink) * scale
            try:
                if self._lazy and hasattr(gradient, "_densify"):
                    rows = np.unique(gradient.indices._array)
                    new = self._step_rows(_asarray(value), rows, array, scale, place)
                else:
                    new = self._step(value, array[()], scale, place)
            except ValueError:
                self._refuse_shape(array, variable)
            if new.__class__ is not _ndarray:
                new = _asarray(new)
            if new.shape != old.shape:
                self._refuse_shape(array, variable)
            variable._replace(new, self._title, gradient)
            if variable.constraint is not None:
                variable.assign(variable.constraint(variable))
        self._after_step(pairs)
        count = self._iterations
        count._put(count._value._array[()] + 1)
        return count._view()

    def _rate_config(self) -> Any:
        schedule = self._schedule
        if isinstance(schedule, LearningRateSchedule):
            return serialize(schedule)
        # Of float32's digits those that tell it from its neighbours: 0.3, not 0.30000001192092896.
        return float(str(np.float32(schedule() if schedule is not None else self._rate._array)))

    @abstractmethod
    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal optimizer."""

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """The optimizer that a configuration describes."""
        given = dict(config)
        given.pop("is_legacy_optimizer", None)
        if isinstance(given.get("learning_rate"), dict):
            given["learning_rate"] = deserialize(given["learning_rate"])
        return cls(**given)


def is_function(value: Any) -> bool:
    """True for what can be called, and is no tensor (which can be called in order to refuse it)."""
    return callable(value) and not hasattr(value, "_array")


def gradients_of(loss: Any, var_list: Any, tape: GradientTape | None) -> list[Pair]:
    """(gradient, variable) pairs for a loss: a function without arguments, or a tensor and
    its tape.

    Raises:
        ValueError: a tensor without a tape.
    """
    if not is_function(loss) and tape is None:
        raise ValueError(f"`tape` is required when a `Tensor` loss is passed. Received: loss={loss}, tape={tape}.")
    tape = tape if tape is not None else GradientTape()
    if is_function(loss):
        with tape:
            if not is_function(var_list):
                tape.watch(var_list)
            loss = loss()
            if is_function(var_list):
                var_list = var_list()
    variables: list[Any] = [var_list] if isinstance(var_list, ResourceVariable) else list(var_list)
    return list(zip(tape.gradient(loss, variables), variables, strict=True))


def with_gradients(pairs: Sequence[Pair], times: int) -> list[Pair]:
    """The pairs whose gradient is not None; warns ``times`` times of those that are left out.

    Raises:
        ValueError: there is none.
    """
    kept = [(g, v) for g, v in pairs if g is not None]
    if len(kept) == len(pairs):
        return kept
    if not kept:
        names = [v.name for _, v in pairs]
        raise ValueError(
            f"No gradients provided for any variable: ({names},). Provided `grads_and_vars` is {tuple(pairs)!r}."
        )
    missing = [v.name for g, v in pairs if g is None]
    for _ in range(times):
        warn.warn(
            f"Gradients do not exist for variables {missing} when minimizing the loss. If you're using "
            "`model.compile()`, did you forget to provide a `loss` argument?"
        )
    return kept
