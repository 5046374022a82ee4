"""Records of what computes the updates of variables: steps of optimizers, and ops outside of every tape."""

from __future__ import annotations

from typing import Any

import msgspec


class Applied(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=17):
    """An optimizer is about to change ``variables``: their `Assigned` follow, with all that it takes to work them out
    again.

    ``family`` is ``"keras"``, ``"legacy"`` (Keras before 2.11) or ``"tf1"``, ``rule`` the optimizer's class there, or
    the function that changes one variable (``"tf1"``), and ``config`` its arguments, plain data, None left out; an
    empty ``rule`` is one of the script's own. ``count`` is the number of steps before this one, ``rate`` the learning
    rate of this step (None: it is among ``given``). ``gradients`` are the ids of the gradients, one for each variable
    (0: not known). ``slots`` has for each variable (number of the slot, id of its value before the step): the number
    stays the same from step to step, the id is 0 where the value was not kept. ``given`` are the tensors that a
    function is given behind variable and slots, ``rate_at`` the place of the learning rate among them (-1: none).
    """

    family: str
    rule: str
    config: dict[str, Any]
    count: int
    rate: float | None
    variables: tuple[int, ...]
    gradients: tuple[int, ...]
    slots: tuple[tuple[tuple[int, int], ...], ...]
    given: tuple[int, ...] = ()
    rate_at: int = -1


SLICES = "IndexedSlices"
"""In the place of an op's name: the output stands for the rows ``inputs[0]`` with the numbers ``inputs[1]``."""


class Outside(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=18):
    """An op that ran outside of every tape, after the gradients, and on which an update depends. No position.

    The ids of ``inputs`` and ``outputs`` are those of tensors; of a large output no value was kept.
    """

    op: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    attrs: dict[str, Any]
    site: int
