"""How the engine tells what it does, to at most one listener, without knowing who listens.

An event is a plain tuple that begins with one of the kinds below. With no listener an event costs one truth test.
Tensors and variables inside events are the engine's own objects: immutable, so a listener may look at them later and
from another thread.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

OP = 1
"""(OP, seq, op, inputs, outputs, attrs, site, tape_ids, on_path, call, stopped): see ``tape.Entry``."""
TAPE_OPENED = 2
"""(TAPE_OPENED, tape, persistent, watch_accessed, thread, parents, site, thread_name, begun); no name with parents;
``begun`` is that of below"""
TAPE_CLOSED = 3
"""(TAPE_CLOSED, tape)"""
WATCHED = 4
"""(WATCHED, tape, tensor_or_variable, automatic, site)"""
EXIT = 5
"""(EXIT, tensor, how, site, thread): a tensor's value left the engine while a tape was open."""
GRADIENT_STARTED = 6
"""(GRADIENT_STARTED, call, tape, kind, targets, [(source, key)], seeds, site, thread)"""
BACKWARD = 7
"""(BACKWARD, call, seq, upstream, contributions, totals): tensors, or None where there is no gradient."""
GRADIENT_FINISHED = 8
"""(GRADIENT_FINISHED, call, [(gradient, reason, break_seq)], error)"""
VARIABLE = 9
"""(VARIABLE, variable, site, thread)"""
ASSIGNED = 10
"""(ASSIGNED, variable, version, tensor, previous, how, site, gradient, thread, operand): ``operand`` is the tensor that
was assigned, added or subtracted, None where the value came in another way."""
LOGGED = 11
"""(LOGGED, name, value, thread): the script logged a number under a name."""
FAILED = 12
"""(FAILED, op, inputs, attrs, site, error, tape_ids, call, seq): an op raised; the script has not unwound yet."""
SCOPE_OPENED = 13
"""(SCOPE_OPENED, scope, name, kind, thread, parent, site): ``scope`` and ``parent`` (0 = none) are numbers."""
SCOPE_CLOSED = 14
"""(SCOPE_CLOSED, scope)"""
MEASURED = 15
"""(MEASURED, kind, name, value, thread): a number about the training, as ``log.measure`` tells."""
NODE = 16
"""(NODE, graph, node, site, thread): a node was added to the deferred graph with number ``graph``; see
``deferred.Operation`` for what a node has."""
RUN_STARTED = 17
"""(RUN_STARTED, tape, run, graph, [fetch names], [(node number, output index, tensor fed)], site, thread): follows the
TAPE_OPENED of the run's tape."""
NODE_RAN = 18
"""(NODE_RAN, tape, node number, (output tensor or None, ...), thread): a node was evaluated; constants are not"""
RUN_FINISHED = 19
"""(RUN_FINISHED, tape, [(fetch name, tensor or None)], error or None): comes before the run's tape is closed."""
APPLIED = 20
"""(APPLIED, family, rule, config, count, rate, [(gradient, variable)], [[(slot, value or None)]], (given tensor, ...),
place of the rate among these, thread): an optimizer is about to change variables; the ASSIGNED of these follow. See
``trace.update_records`` for what stands in it."""
OUTSIDE = 21
"""(OUTSIDE, op, inputs, outputs, attrs, site, thread): an op ran outside of every tape, after a gradient call of its
thread and before the next tape opened: so what is assigned there can be followed back to the gradients. Without an op:
the next ones are not told of."""

Event = tuple[Any, ...]
Sink = Callable[[Event], object]

sink: Sink | None = None
"""The listener. Read it anew for each event; replace it with :func:`listen`."""

begun = 0
"""How many outermost tapes were opened while somebody listened."""

_ALL = (0.0, math.inf)
whole: tuple[float, float] = _ALL
"""At which of these, from the first to the last, the listener wants values of optimizers' slots, though they be large:
others are told of small ones only, for they are changed in place unless somebody looks at them."""

next_seq = itertools.count(1).__next__
next_call = itertools.count(1).__next__


def listen(listener: Sink | None) -> None:
    """Makes ``listener`` the receiver of all further events (None: nobody), who wants all slots until they say so."""
    global sink, whole
    sink, whole = listener, _ALL
