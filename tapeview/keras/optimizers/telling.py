"""Tells a listener what an optimizer is about to do, with all that it takes to work the same out again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter
from threading import get_ident
from typing import TYPE_CHECKING, Any

from tapeview.engine import observe
from tapeview.engine.tensor import EagerTensor

if TYPE_CHECKING:
    from tapeview.keras.optimizers.core import Core, Pair, Slot

KERAS, LEGACY, GRAPH = "keras", "legacy", "tf1"
"""The families of rules: Keras's optimizers, those before Keras 2.11, the functions of TensorFlow 1's."""

_SMALL = 1 << 18
"""Slots of up to so many bytes in all are told of at each step."""

_OTHERS = frozenset(("name", "learning_rate", "decay", "is_legacy_optimizer", "jit_compile"))
"""What is in a configuration and has nothing to do with a step (``decay`` is in the step's rate)."""
_AVERAGES = "use_ema"


def tell(optimizer: Core, pairs: Sequence[Pair], rate: Any) -> None:
    """The optimizer is about to change variables; somebody listens."""
    sink = observe.sink
    known = optimizer._known
    try:
        places = [known[id(v)] for _, v in pairs]
    except KeyError:  # views of variables, or what is no variable of this optimizer's
        places = [known.get(id(getattr(v, "_base", v)), -1) for _, v in pairs]
    if sink is None or -1 in places:
        return
    family, rule, config = _described(optimizer)
    unshrunk = [k for k, (_, v) in enumerate(pairs) if not optimizer._shrinks(v)] if optimizer._shrink else []
    if unshrunk:
        config = {**config, "unshrunk": unshrunk}
    kinds = [optimizer._slots[kind] for kind in optimizer._slots_used()]
    several = [[slots[place] for slots in kinds] for place in places]
    count = int(optimizer._iterations._value._array)
    given: tuple[Any, ...] = (family, rule, config, count, float(rate), pairs, values_of(several), (), -1)
    sink((observe.APPLIED, *given, get_ident()))


def tell_update(rule: Any, held: Sequence[Any], given: Sequence[Any], rate_at: int | None) -> None:
    """A function of TensorFlow 1's optimizers is about to change ``held[0]`` and its slots, the others."""
    sink = observe.sink
    if sink is not None:
        function = getattr(rule, "func", rule)
        config: Mapping[str, Any] = getattr(rule, "keywords", {})
        slots = values_of([list(held[1:])])
        place = -1 if rate_at is None else rate_at
        about = (GRAPH, function.__name__, config, 0, None, [(None, held[0])], slots, tuple(given), place)
        sink((observe.APPLIED, *about, get_ident()))


def values_of(slots: Sequence[Sequence[Slot]]) -> list[list[tuple[Slot, EagerTensor | None]]]:
    """The slots of each variable with the values that they have now; None for all if they are large and nobody wants
    them: a value that somebody holds is copied before it is changed.
    """
    values = [slot._value for several in slots for slot in several]
    first, last = observe.whole
    if sum([value._array.nbytes for value in values]) > _SMALL and not first <= observe.begun <= last:
        return [[(slot, None) for slot in several] for several in slots]
    for value in values:
        value._origin._shown = True
    return [[(slot, slot._value) for slot in several] for several in slots]


def _described(optimizer: Any) -> tuple[str, str, dict[str, Any]]:
    """The family, the rule and the arguments of an optimizer, made anew only when an argument has changed."""
    before = optimizer.__dict__.get("_described")
    if before is not None:
        values_now, values, found = before
        if values_now(optimizer) == values:
            return found  # type: ignore[no-any-return]
    family, kind = _kind(type(optimizer))
    config = {} if kind is None else _arguments(optimizer, kind)
    # Of one name attrgetter gives no tuple; both of these every optimizer has.
    names = ["clipnorm", "clipvalue", *[name for name in config if hasattr(optimizer, name)]]
    averaged = config.get(_AVERAGES)
    plain = {
        name: value
        for name, value in config.items()
        if value is not None and (averaged or not name.startswith(("use_ema", "ema_")))
    }
    found = family, "" if kind is None else kind.__name__, plain
    values_now = attrgetter(*names)
    optimizer.__dict__["_described"] = values_now, values_now(optimizer), found
    return found


def _arguments(optimizer: Any, kind: Any) -> dict[str, Any]:
    """The arguments of an optimizer that a step depends on. A function that gives the rate is not called for it."""
    twin = object.__new__(kind)
    twin.__dict__.update(optimizer.__dict__, _schedule=None)
    return {name: value for name, value in kind.get_config(twin).items() if name not in _OTHERS}


def _kind(own: type) -> tuple[str, Any]:
    """The class of ours that an optimizer is of, or that a script's own is derived from."""
    from tapeview.keras import optimizers  # which needs this module

    for kind in own.__mro__:
        for family, classes in ((KERAS, optimizers), (LEGACY, optimizers.legacy)):
            if getattr(classes, kind.__name__, None) is kind:
                return family, kind
    return KERAS, None
