"""``tf.cond`` and ``tf.case`` in graphs: only the branch that is taken runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tapeview.engine.deferred.bodies import Body, add_body_node, merged_sizes
from tapeview.engine.deferred.constants import as_tensor
from tapeview.engine.deferred.graph import get_default_graph
from tapeview.engine.deferred.symbolic import SymbolicTensor
from tapeview.engine.scripting import structure
from tapeview.engine.tensor import EagerTensor


def cond(
    pred: Any, true_fn: Any = None, false_fn: Any = None, strict: bool = False, name: str | None = None,
    fn1: Any = None, fn2: Any = None,
) -> Any:  # fmt: skip
    """What ``true_fn()`` makes in a run in which ``pred`` holds, else what ``false_fn()`` does.

    Raises:
        TypeError: ``pred`` is a Python bool, or one of the two is no function.
        ValueError: the two return different structures or types.
    """
    true_fn, false_fn = true_fn or fn1, false_fn or fn2
    for word, function in (("true_fn", true_fn), ("false_fn", false_fn)):
        if not callable(function):
            raise TypeError(f"'{word}' must be callable.")
    if isinstance(pred, bool):
        raise TypeError("'pred' must not be a Python bool.")
    graph = pred.graph if isinstance(pred, SymbolicTensor) else get_default_graph()
    with graph.name_scope(name or "cond") as scope:
        chosen = as_tensor(pred, None, "pred")
        bodies = [Body(graph).trace(function, []) for function in (true_fn, false_fn)]
        first, second = bodies
        if first.form is None and second.form is None:
            return None
        _check(first, second)
        outcomes = [
            (a.dtype.base_dtype, merged_sizes(a.sizes, b.sizes))
            for a, b in zip(first.results, second.results, strict=True)
        ]
        made = add_body_node(graph, "If", scope, bodies, [chosen], _choose, outcomes, "Merge")
    packed = structure.pack_sequence_as(first.form, made)
    if not strict and isinstance(packed, (list, tuple)) and len(packed) == 1:
        return packed[0]
    return packed


def _check(first: Body, second: Body) -> None:
    try:
        structure.assert_same_structure(first.form, second.form, check_types=False)
    except ValueError as error:
        raise TypeError(f"true_fn and false_fn arguments to tf.cond must have the same structure.\n{error}") from None
    for a, b in zip(first.results, second.results, strict=True):
        x, y = a.dtype.base_dtype, b.dtype.base_dtype
        if x is not y:
            raise TypeError(
                f"true_fn and false_fn arguments to tf.cond must have the same number, type, and overall structure of "
                f"return values: {x.name} and {y.name}."
            )


def _choose(callers: Any, pred: EagerTensor) -> list[Any]:
    return callers[0 if bool(pred._array) else 1]()  # type: ignore[no-any-return]


def case(
    pred_fn_pairs: Any, default: Any = None, exclusive: bool = False, strict: bool = False, name: str = "case"
) -> Any:
    """What the function of the first condition that holds makes, or ``default()``.

    Raises:
        TypeError: a condition that is no tensor.
    """
    pairs = list(pred_fn_pairs.items() if isinstance(pred_fn_pairs, Mapping) else pred_fn_pairs)
    for predicate, _ in pairs:
        if not isinstance(predicate, SymbolicTensor):
            raise TypeError("pred must be of type bool")
    graph = get_default_graph()
    with graph.name_scope(name):
        return _case(pairs, default, strict)


def _case(pairs: list[tuple[Any, Any]], default: Any, strict: bool) -> Any:
    (predicate, function), rest = pairs[0], pairs[1:]
    if not rest and default is None:
        return function()
    otherwise = default if not rest else lambda: _case(rest, default, strict)
    return cond(predicate, function, otherwise, strict)


def switch_case(branch_index: Any, branch_fns: Any, default: Any = None, name: str = "switch_case") -> Any:
    """What function number ``branch_index`` makes; for a number that is none, ``default()`` or the last function."""
    pairs = branch_fns.items() if isinstance(branch_fns, Mapping) else branch_fns
    given = list(pairs)
    functions = dict(given) if given and isinstance(given[0], tuple) else dict(enumerate(given))
    numbers = sorted(functions)
    last = default if default is not None else functions[numbers[-1]]
    graph = get_default_graph()
    with graph.name_scope(name):
        index = as_tensor(branch_index)
        from tapeview.engine.deferred.public import tf

        pairs = [(tf.equal(index, n), functions[n]) for n in numbers]
        return _case(pairs, last, False)
