"""Names followed through the script's text: from a function's parameter to what its caller passed, and from a name to
the line that gave it its value.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from tapeview.explain import code
from tapeview.trace.query import Recording
from tapeview.trace.records import Frame

_DEEPEST = 8
_LIBRARIES = {"tf", "np", "numpy", "tensorflow", "math", "self", "keras", "tfp", "K", "print", "float", "int", "range"}


def value_of(recording: Recording, site: int, name: str) -> tuple[int, code.Assignment] | None:
    """The file of, and the assignment or argument that gave, the value that ``name`` has at a call site; None if the
    text does not tell.
    """
    return _value_of(recording, recording.frames(site), name)


def _value_of(recording: Recording, frames: Sequence[Frame], name: str) -> tuple[int, code.Assignment] | None:
    for _ in range(_DEEPEST):
        if not frames or not name:
            return None
        frame = frames[0]
        found = code.assignment(recording, frame.file, name, frame.line)
        if found is not None:
            return frame.file, found
        passed = _passed(recording, frames, name)
        if passed is None:
            return None
        frames = frames[1:]
        if not isinstance(passed, ast.Name):
            text = ast.unparse(passed)
            return frames[0].file, code.Assignment(passed.lineno, f"{name} = {text}", code.mentions(passed), text)
        name = passed.id
    return None


def outward(recording: Recording, site: int, words: frozenset[str]) -> frozenset[str]:
    """Some names that stand at a call site, with what the callers call the parameters among them."""
    found = set(words)
    frames = recording.frames(site)
    here = words
    for depth in range(min(len(frames) - 1, _DEEPEST)):
        passed = [_passed(recording, frames[depth:], name) for name in sorted(here)]
        here = frozenset(name for one in passed if one is not None for name in code.mentions(one))
        found |= here
    return frozenset(found)


def _passed(recording: Recording, frames: Sequence[Frame], name: str) -> ast.expr | None:
    """What the caller of the innermost frame passed for a parameter of it."""
    if len(frames) < 2 or not name.isidentifier():
        return None
    function = code.function_at(recording, frames[0].file, frames[0].line)
    call = code.call_at(recording, frames[1])
    if function is None or call is None:
        return None
    taken = [one.arg for one in (*function.args.posonlyargs, *function.args.args)]
    for word in call.keywords:
        if word.arg == name:
            return word.value
    if name not in taken or any(isinstance(one, ast.Starred) for one in call.args):
        return None
    bound = taken[:1] in (["self"], ["cls"])
    place = taken.index(name) - (1 if bound else 0)
    return call.args[place] if 0 <= place < len(call.args) else None


def owners(recording: Recording, site: int) -> frozenset[str]:
    """What stands in the sources of a gradient call: ``model`` and ``model.trainable_variables``, with the names that
    callers have for them.
    """
    node = code.argument_node(recording, site, 1, "sources")
    if node is None:
        return frozenset()
    return frozenset(outward(recording, site, code.mentions(node)) - _LIBRARIES)


def called(recording: Recording, site: int) -> frozenset[str]:
    """The objects that the statements of a call site call or ask something of: ``self.head`` of ``self.head(x)`` and of
    ``self.head.build(…)``.
    """
    found: set[str] = set()
    for frame in recording.frames(site):
        for call in code.calls(recording, frame.file, frame.line):
            function = call.func
            if isinstance(function, ast.Attribute) and function.attr in ("build", "__call__", "call"):
                function = function.value
            text = ast.unparse(function)
            if text.partition(".")[0] not in _LIBRARIES - {"self"} and "(" not in text:
                found.add(text)
    return frozenset(found)
