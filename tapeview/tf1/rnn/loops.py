"""Cells along time: ``dynamic_rnn``, one node whatever the number of steps, and ``static_rnn``, nodes for each step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tapeview.engine import deferred, dtypes, nest
from tapeview.engine.deferred import tf
from tapeview.engine.state import state as finding
from tapeview.tf1 import graphs
from tapeview.tf1.rnn.cells import examples_of, zeros_of
from tapeview.tf1.rnn.wrappers import is_scripts_own, prepared

_APART = 1_000_000
"""How far the numbers of random ops in a loop are from those of the ops around."""


def dynamic_rnn(
    cell: Any, inputs: Any, sequence_length: Any = None, initial_state: Any = None, dtype: Any = None,
    parallel_iterations: Any = None, swap_memory: bool = False, time_major: bool = False, scope: Any = None,
) -> tuple[Any, Any]:  # fmt: skip
    """A cell along the second axis of ``inputs`` (examples, time, depth): (outputs, last state).

    Args:
        sequence_length: how many steps each example has: afterwards outputs are 0 and the state stays.
        time_major: time is the first axis, of inputs and outputs.

    Raises:
        ValueError: neither an initial state nor a type is given; the last size of the inputs is not known.
    """
    _check_cell(cell)
    with graphs.variable_scope(scope, "rnn"):
        x = graphs.tensor(inputs)
        if not time_major:
            x = tf.transpose(x, _swapped(x))
        lengths = None if sequence_length is None else _lengths(sequence_length)
        state = _begun(cell, x, 1, initial_state, dtype)
        known = graphs.sizes(x)
        if known is not None and known[-1] is None:
            raise ValueError(
                "Input size (depth of inputs) must be accessible via shape inference, but saw value None for "
                f"input={x}."
            )
        prepared(cell, None if known is None else known[-1])
        run = _traced if deferred.building() and any(map(is_scripts_own, _inside(cell))) else _loop
        outputs, last = run(cell, x, lengths, state)
        return (outputs if time_major else tf.transpose(outputs, _swapped(outputs))), last


def _check_cell(cell: Any) -> None:
    if not callable(cell) or not hasattr(cell, "state_size") or not hasattr(cell, "output_size"):
        raise TypeError(
            f"The argument 'cell' ({cell}) is not an RNNCell: 'output_size' property is missing, 'state_size' property "
            f"is missing, either 'zero_state' or 'get_initial_state' method is required, is not callable."
        )


def _swapped(x: Any) -> list[int]:
    known = graphs.sizes(x)
    return [1, 0, *range(2, 3 if known is None else len(known))]


def _lengths(given: Any) -> Any:
    lengths = tf.cast(graphs.tensor(given), dtypes.int32)
    known = graphs.sizes(lengths)
    if known is not None and len(known) != 1:
        raise ValueError(
            f"Argument sequence_length must be a vector of length batch_size. Received sequence_length={lengths} of "
            f"shape: {lengths.shape}"
        )
    return tf.identity(lengths, name="sequence_length")


def _begun(cell: Any, x: Any, axis: int, initial_state: Any, dtype: Any) -> Any:
    """The state to begin with."""
    if initial_state is not None:
        return nest.map_structure(graphs.tensor, initial_state)
    if dtype is None:
        raise ValueError("If no initial_state is provided, argument `dtype` must be specified")
    count = examples_of(x, axis)
    zero_state = getattr(cell, "zero_state", None)
    return zeros_of(cell.state_size, count, dtype) if zero_state is None else zero_state(count, dtype)


def _loop(cell: Any, x: Any, lengths: Any, state: Any) -> tuple[Any, Any]:
    """All steps, as one node; the parts of the last state get the names of a loop's results."""
    flat = nest.flatten(state)
    held = _tensors_of(cell)

    def along(x: Any, lengths: Any, parts: list[Any], held: list[Any]) -> list[Any]:
        with _Held(cell, held):
            outputs, last = _steps(cell, x, lengths, nest.pack_like(state, parts))
        return [outputs, *nest.flatten(last)]

    if not deferred.building():
        found = along(x, lengths, flat, held)
        return found[0], nest.pack_like(state, found[1:])
    graph = deferred.get_default_graph()
    numbered = graph.unseeded
    found = deferred.add_node(along, (x, lengths, flat, held), default_name="while", type="While")
    if graph.seed is not None and graph.unseeded != numbered:
        # However many steps there are, the numbers of later random ops do not depend on it.
        graph.unseeded, found[0].op.seeds = numbered, (graph.seed, numbered + _APART)
    outputs = deferred.add_node(_same, (found[0],), type="TensorArrayGatherV3",
                                name="TensorArrayStack/TensorArrayGatherV3")  # fmt: skip
    last = [
        deferred.add_node(_same, (part,), name=f"while/Exit_{k}", type="Exit") for k, part in enumerate(found[1:], 3)
    ]
    return outputs, nest.pack_like(state, last)


def _traced(cell: Any, x: Any, lengths: Any, state: Any) -> tuple[Any, Any]:
    """All steps of a cell of the script's own, which adds nodes: it is called once, as the body of a loop."""

    def step(before: Any, now: Any) -> Any:
        value, t = now
        old = nest.pack_like(state, list(before[1:]))
        output, new = cell(value, old)
        if lengths is not None:
            over = tf.expand_dims(tf.greater_equal(t, lengths), 1)
            output = tf.where(over, tf.zeros_like(output), output)
            new = nest.map_structure(lambda a, b: tf.where(over, a, b), old, new)
        return (output, *nest.flatten(new))

    begin = zeros_of(cell.output_size, examples_of(x, 1), x.dtype)
    times = tf.range(tf.shape(x)[0])
    found = tf.scan(step, (x, times), initializer=(begin, *nest.flatten(state)))
    return found[0], nest.pack_like(state, [part[-1] for part in found[1:]])


def _same(value: Any) -> Any:
    return tf.identity(value)


def _steps(cell: Any, x: Any, lengths: Any, state: Any) -> tuple[Any, Any]:
    """The outputs (time, examples, size) and the last state, for inputs of as many steps; computes at once."""
    outputs: list[Any] = []
    counts = None if lengths is None else np.asarray(lengths._array)
    if finding.trying:
        # The number of examples is made up, and need not be that of what is given beside the inputs.
        examples = x.shape[1]
        counts = None if counts is None else np.resize(counts, examples)
        state = nest.map_structure(lambda part: tf.zeros([examples, *part.shape[1:]], dtype=part.dtype), state)
    for t, step in enumerate(tf.unstack(x)):
        if counts is not None and outputs and t >= counts.max(initial=0):
            outputs.append(tf.zeros_like(outputs[0]))
            continue
        output, new = cell(step, state)
        if counts is not None and (t >= counts).any():
            over = tf.convert_to_tensor((t >= counts)[:, None])
            output = tf.where(over, tf.zeros_like(output), output)
            new = nest.map_structure(lambda old, now, over=over: tf.where(over, old, now), state, new)
        state = new
        outputs.append(output)
    if not outputs:
        return tf.zeros([0, x.shape[1], cell.output_size], dtype=x.dtype), state
    return tf.stack(outputs), state


def _inside(cell: Any) -> list[Any]:
    """A cell and those in it."""
    found = [cell]
    for inner in [getattr(cell, "_cell", None), *(getattr(cell, "_cells", None) or [])]:
        if inner is not None:
            found += _inside(inner)
    return found


def _wrappers(cell: Any) -> list[Any]:
    """The cells in a cell that hold tensors of the graph."""
    return [one for one in _inside(cell) if hasattr(one, "chances")]


def _tensors_of(cell: Any) -> list[Any]:
    return [chance for one in _wrappers(cell) for chance in one.chances()]


class _Held:
    """While the block runs, dropout in a cell goes by values in place of the graph's tensors."""

    def __init__(self, cell: Any, values: Sequence[Any]) -> None:
        self._cells = _wrappers(cell)
        self._values = list(values)
        self._before: list[tuple[Any, ...]] = []

    def __enter__(self) -> None:
        values = iter(self._values)
        for cell in self._cells:
            before = (cell._input, cell._state, cell._output)
            self._before.append(before)
            cell._input, cell._state, cell._output = [
                chance if isinstance(chance, int | float) else next(values) for chance in before
            ]

    def __exit__(self, *_: object) -> None:
        for cell, before in zip(self._cells, self._before, strict=True):
            cell._input, cell._state, cell._output = before


def static_rnn(
    cell: Any, inputs: Any, initial_state: Any = None, dtype: Any = None, sequence_length: Any = None, scope: Any = None
) -> tuple[list[Any], Any]:
    """A cell along a list of tensors (examples, depth), with nodes of its own for each: (outputs, last state).

    Raises:
        TypeError: the inputs are no list.
        ValueError: the list is empty, or neither an initial state nor a type is given.
    """
    _check_cell(cell)
    if not isinstance(inputs, list | tuple):
        raise TypeError(f"Argument `inputs` must be a sequence. Received: {inputs}")
    if not inputs:
        raise ValueError("Argument `inputs` must not be empty.")
    outputs = []
    with graphs.variable_scope(scope, "rnn"):
        steps = [graphs.tensor(x) for x in inputs]
        state = _begun(cell, steps[0], 0, initial_state, dtype)
        lengths = None if sequence_length is None else _lengths(sequence_length)
        for t, step in enumerate(steps):
            output, new = cell(step, state)
            if lengths is not None:
                over = tf.expand_dims(tf.greater_equal(t, lengths), 1)
                output = tf.where(over, tf.zeros_like(output), output)
                new = nest.map_structure(lambda old, now, over=over: tf.where(over, old, now), state, new)
            state = new
            outputs.append(output)
    return outputs, state


def bidirectional_dynamic_rnn(
    cell_fw: Any, cell_bw: Any, inputs: Any, sequence_length: Any = None, initial_state_fw: Any = None,
    initial_state_bw: Any = None, dtype: Any = None, parallel_iterations: Any = None, swap_memory: bool = False,
    time_major: bool = False, scope: Any = None,
) -> tuple[tuple[Any, Any], tuple[Any, Any]]:  # fmt: skip
    """One cell along time and one against it: ((outputs, outputs), (last state, last state)). Raises as
    :func:`dynamic_rnn`."""
    axis = 0 if time_major else 1

    def turned(x: Any) -> Any:
        if sequence_length is None:
            return tf.reverse(x, [axis])
        return tf.reverse_sequence(x, sequence_length, seq_axis=axis, batch_axis=1 - axis)

    with graphs.variable_scope(scope, "bidirectional_rnn"):
        with graphs.variable_scope("fw", "fw") as forward:
            there, last = dynamic_rnn(
                cell_fw, inputs, sequence_length, initial_state_fw, dtype, time_major=time_major, scope=forward
            )
        with graphs.variable_scope("bw", "bw") as backward:
            back, last_back = dynamic_rnn(
                cell_bw, turned(graphs.tensor(inputs)), sequence_length, initial_state_bw, dtype,
                time_major=time_major, scope=backward,
            )  # fmt: skip
    return (there, turned(back)), (last, last_back)


def static_bidirectional_rnn(
    cell_fw: Any, cell_bw: Any, inputs: Any, initial_state_fw: Any = None, initial_state_bw: Any = None,
    dtype: Any = None, sequence_length: Any = None, scope: Any = None,
) -> tuple[list[Any], Any, Any]:  # fmt: skip
    """One cell along a list and one against it: (both outputs beside each other, last state, last state). Raises as
    :func:`static_rnn`."""
    with graphs.variable_scope(scope, "bidirectional_rnn"):
        with graphs.variable_scope("fw", "fw") as forward:
            there, last = static_rnn(cell_fw, inputs, initial_state_fw, dtype, sequence_length, scope=forward)
        with graphs.variable_scope("bw", "bw") as backward:
            turned = _turned(list(inputs), sequence_length)
            back, last_back = static_rnn(cell_bw, turned, initial_state_bw, dtype, sequence_length, scope=backward)
        back = _turned(back, sequence_length)
        return [tf.concat([a, b], 1) for a, b in zip(there, back, strict=True)], last, last_back


def _turned(steps: list[Any], lengths: Any) -> list[Any]:
    if lengths is None:
        return steps[::-1]
    return list(tf.unstack(tf.reverse_sequence(tf.stack(steps), lengths, seq_axis=0, batch_axis=1)))
