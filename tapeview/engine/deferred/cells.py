"""The variables of a session: each has its own, made when an initializer runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tapeview.engine import names
from tapeview.engine.deferred.mode import eagerly
from tapeview.engine.errors import FailedPreconditionError
from tapeview.engine.tensor import Array, EagerTensor
from tapeview.engine.variable import ResourceVariable

if TYPE_CHECKING:
    from tapeview.engine.deferred.variables import Variable


class Cell:
    """Where a session keeps one variable.

    Attributes:
        symbol: the variable as the script knows it.
        variable: its values, an engine's variable; None until it is initialized.
    """

    __slots__ = ("symbol", "variable")

    def __init__(self, symbol: Variable) -> None:
        self.symbol = symbol
        self.variable: ResourceVariable | None = None

    def known(self, node: str = "") -> ResourceVariable:
        """The variable with its values. Raises FailedPreconditionError before it is initialized."""
        if self.variable is None:
            raise uninitialized(self.symbol, node)
        return self.variable

    def assign(self, array: Array, how: str = "assign", operand: Any = None) -> EagerTensor:
        """Makes ``array``, which nobody else will write to, the new value; the first one makes the variable."""
        if self.variable is None:
            outer = names.prefix()
            names.set_prefix("")
            try:
                with eagerly():
                    made = self._made(EagerTensor(array))
            finally:
                names.set_prefix(outer)
            self.variable = made
        else:
            self.variable._replace(array, how, None, operand)
        return self.shown()

    def _made(self, value: EagerTensor) -> ResourceVariable:
        kind, name = self.symbol.value_class, self.symbol.op.name
        if kind is not None:
            return kind(value, name)  # type: ignore[no-any-return]
        made = SessionVariable(value, trainable=self.symbol.trainable, name=name)
        made.symbol = self.symbol
        return made

    def shown(self, node: str = "") -> EagerTensor:
        """The value, for somebody who may keep it: a variable that changes in place has to know."""
        variable = self.known(node)
        variable._array  # noqa: B018
        return variable._value


class SessionVariable(ResourceVariable):
    """A variable's values in one session."""

    symbol: Any = None


def uninitialized(variable: Variable, node: str) -> FailedPreconditionError:
    """What TensorFlow says of a variable that has no value yet. ``node`` is the one that asked for it."""
    name = variable.op.name
    if variable.is_resource:
        text = (
            f"Could not find variable {name}. This could mean that the variable has been deleted. In TF1, it can also "
            "mean the variable is uninitialized. Debug info: container=localhost, status error message=Container "
            f"localhost does not exist. (Could not find resource: localhost/{name})"
        )
    else:
        text = f"Attempting to use uninitialized value {name}"
    asked = node or f"_retval_{name}_0_0"
    return FailedPreconditionError(None, None, f"{text}\n\t [[{{{{node {asked}}}}}]]")
