"""Where no op leads from the source to the target: what is missing between them.

Each look-out gives a `Break` or None; the first that sees something counts, so those with evidence in the recording
come before those that read it off the source text.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

import numpy as np

from tapeview.explain import code, follow, unwatched
from tapeview.explain.case import Break, Case, Edge
from tapeview.explain.context import reached
from tapeview.trace import names
from tapeview.trace.query import Step
from tapeview.trace.records import Assigned, Exit, GradientStarted, Op, Tensor, Watched

_PREDICTING = (".predict", ".predict_on_batch")
_UNRECORDED = ("tf.strings.", "tf.histogram", "tf.math.bincount", "tf.io.", "tf.image.", "tf.sets.", "tf.searchsorted")
_HARMLESS_EXITS = {"bool", "index", "len", "str", "repr", "print", "format"}


def find(case: Case) -> Break:
    """The gap between a source and its target."""
    return (
        unwatched.replaced(case)
        or unwatched.outside_source(case)
        or unwatched.untrainable(case)
        or _other_tape(case)
        or _left_through_numpy(case)
        or _copied(case)
        or _assigned(case)
        or _constant_slope(case)
        or _outside(case)
        or _branch(case)
        or _unrecorded(case)
        or _nothing(case)
    )


def _line(case: Case, site: int = 0) -> tuple[int, int]:
    return code.place(case.context.recording, site or case.started.site)


def _other_tape(case: Case) -> Break | None:
    """The target, or what it was computed from, is known to another tape only."""
    ends = case.loose_ends() - case.starts
    for step in _recent(case):
        for call in step.calls.values():
            if call.started.call == case.started.call or call.finished is None or _inside(case, call.started):
                continue
            made = {t for rule in call.steps for t in (*rule.contributions, *rule.totals)}
            made |= {result.tensor for result in call.finished.results}
            found = sorted((made & ends) - {0})
            asked = {source.variable for source in call.started.sources}
            known = case.source.variable in asked if case.source.variable else True
            if found and (known or case.tape is None or case.started.tape != call.started.tape):
                use = case.use_of(found[0])
                return Break("inner gradient outside the outer tape", *use, call.started.site, tensor=found[0])
    foreign = [op for op in _all_ops(case) if case.started.tape not in op.tapes]
    made_by = {output: op for op in foreign for output in op.outputs}
    goes = reached(sorted(foreign, key=lambda op: op.seq), case.starts | _versions(case))
    for end in sorted(ends):
        op = made_by.get(end)
        if op is None or end not in goes:
            continue
        number = next((k for k, t in enumerate(op.inputs) if t in goes), -1)
        if _began_again(case, op):
            return Break("the tape began again", op, number, op.site, tensor=end)
        return Break("wrong tape", op, number, op.site, tensor=end)
    return None


def _inside(case: Case, started: GradientStarted) -> bool:
    """Whether another gradient was taken while this tape recorded, so that the tape knows how it was computed."""
    if case.tape is None:
        return False
    at = next((k for k, record in enumerate(case.home.records) if record is started), -1)
    return case.tape.start <= at and (case.tape.stop is None or at < case.tape.stop)


def _recent(case: Case) -> list[Step]:
    """The step of the gradient call and those in which what it reads may have been computed, the newest first."""
    indices = {case.context.step.index, case.home.index, *range(max(0, case.home.index - 2), case.home.index)}
    return [
        case.context.step if k == case.context.step.index else case.context.recording.step(k)
        for k in sorted(indices, reverse=True)
    ]


def _all_ops(case: Case) -> list[Op]:
    ops: dict[int, Op] = {op.seq: op for op in case.ops}
    for step in _recent(case):
        ops.update(step.ops)
    return list(ops.values())


def _versions(case: Case) -> set[int]:
    if case.variable is None:
        return set()
    return {t for op in _all_ops(case) for t in op.inputs if case.context.variable_of(t) == case.source.variable}


def _began_again(case: Case, op: Op) -> bool:
    """Whether ``tape.reset()`` opened this tape: in the middle of the block in which the op ran."""
    if case.tape is None:
        return False
    file, line = _line(case, case.tape.site)
    there = code.statement(case.context.recording, file, line)
    return any(name.endswith(".reset") for name in there) and 0 < case.context.line(op.site) < line


def _left_through_numpy(case: Case) -> Break | None:
    """A value that depends on the source left while the tape recorded, and came back as a constant."""
    if case.tape is None:
        return None
    constants = _constants(case)
    if not constants:
        return None
    latest = max(constants.values())
    depends = case.goes | case.starts
    exits: list[Exit] = []
    for at, record in enumerate(case.home.records[: latest + 1]):
        if at < case.tape.start or not isinstance(record, Exit) or record.how in _HARMLESS_EXITS:
            continue
        if record.tensor in depends:
            exits.append(record)
    if not exits:
        return None
    out = exits[-1]
    last = max(constants, key=lambda tensor: constants[tensor])
    use = case.use_of(last)
    return Break("left through NumPy", *use, out.site, tensor=out.tensor, extra=_way_out(case, out))


def _way_out(case: Case, out: Exit) -> str:
    """How a value left, by the function that the script calls for it where that is known: ``np.mean``."""
    there = code.statement(case.context.recording, *_line(case, out.site))
    if any(name.endswith("numpy_function") for name in there):
        return "tf.numpy_function"
    if out.how == "array" or (out.how == "float" and "float" not in there):
        functions = sorted(name for name in there if name.startswith(("np.", "numpy.", "math.")))
        called = [name for name in functions if not name.rpartition(".")[2].startswith(("float", "int", "newaxis"))]
        if len(called) == 1:
            return called[0]
    return out.how


def _constants(case: Case) -> dict[int, int]:
    """The constants on which the target depends, each with its place in the records."""
    ends = case.loose_ends() | set(case.started.targets)
    return {
        record.id: at
        for at, record in enumerate(case.home.records)
        if isinstance(record, Tensor) and record.origin == "constant" and record.id in ends
    }


def _copied(case: Case) -> Break | None:
    """``tf.constant(v)`` copies the number: a constant, or a new variable, with the value of the source or of what was
    computed from it, made where that is mentioned.
    """
    recording = case.context.recording
    values = _values(case, case.starts)
    for tensor in sorted(_constants(case)):
        use = case.use_of(tensor)
        if use[0] is None or not _equal(case, tensor, values):
            continue
        file, line = _line(case, use[0].site)
        names_there = code.statement(recording, file, line)
        text = case.context.label(tensor)
        if not text.startswith(("tf.", "np.")):
            found = follow.value_of(recording, use[0].site, text)
            if found is None:
                continue
            file, line, text, names_there = found[0], found[1].line, found[1].text, found[1].mentions
        if case.mentioned(follow.outward(recording, use[0].site, names_there)):
            return Break("copied", *use, 0, line, tensor, text, file)
    return _new_variable(case, values)


def _values(case: Case, tensors: Iterable[int]) -> list[np.ndarray]:
    return [value for tensor in tensors if (value := case.context.value(tensor)) is not None]


def _equal(case: Case, tensor: int, values: list[np.ndarray]) -> bool:
    value = case.context.value(tensor)
    return value is not None and any(v.shape == value.shape and bool((v == value).all()) for v in values)


def _new_variable(case: Case, values: list[np.ndarray]) -> Break | None:
    """``tf.Variable(v)`` inside the tape."""
    recording, ends = case.context.recording, case.loose_ends()
    for at, record in enumerate(case.home.records):
        if not isinstance(record, Assigned) or record.how != "create" or record.tensor not in ends:
            continue
        if case.tape is None or at < case.tape.start:
            continue
        there = follow.outward(recording, record.site, code.statement(recording, *_line(case, record.site)))
        if record.operand in case.goes or (
            case.belongs(there) and _equal(case, record.tensor, values + _values(case, case.goes))
        ):
            text = names.expression(recording, record.site)
            return Break("copied", *case.use_of(record.tensor), record.site, tensor=record.tensor, extra=text)
    return None


def _assigned(case: Case) -> Break | None:
    """A variable on which the target depends was assigned a value computed from the source."""
    context = case.context
    variables = {context.variable_of(t): t for t in case.leads if context.variable_of(t)}
    read = {w.site for w in case.home.records if isinstance(w, Watched) and w.variable == case.source.variable}
    for record in case.home.records:
        if not isinstance(record, Assigned) or record.tensor not in variables.values() or record.how == "create":
            continue
        if record.variable == case.source.variable:
            continue
        file, line = _line(case, record.site)
        there = code.statement(context.recording, file, line)
        known = case.mentioned(there) or (bool(record.site) and record.site in read) or record.operand in case.goes
        known = known or any(context.label(t) in there for t in case.goes - case.starts)
        if known:
            use = case.use_of(record.tensor)
            written = context.recording.variables().get(record.variable)
            name = names.variable_name(context.recording, written) if written is not None else names.DEFAULT_VARIABLE
            return Break("assign", *use, record.site, tensor=record.tensor, extra=name)
    return None


def _constant_slope(case: Case) -> Break | None:
    """The target is a gradient that this tape saw being computed, and the source does not occur in it."""
    use = case.first_use()
    if not case.of_gradient or use[0] is None:
        return None
    for call in case.context.step.calls.values():
        made = {t for rule in call.steps for t in (*rule.contributions, *rule.totals)}
        if _inside(case, call.started) and not made.isdisjoint(case.started.targets):
            return Break("constant slope", *use, call.started.site)
    return None


def _outside(case: Case) -> Break | None:
    """The target, or what it was computed from, was computed while no tape recorded."""
    context = case.context
    for end in sorted(case.loose_ends(), key=lambda t: (t in case.started.targets, t)):
        tensor = context.tensor(end)
        if tensor is None or tensor.origin not in ("outside", "constant"):
            continue
        is_target = end in case.started.targets
        use: Edge = (None, -1) if is_target else case.use_of(end)
        site = use[0].site if use[0] is not None else case.started.site
        file, line = _line(case, site)
        text = code.argument(context.recording, site, 0, "target") if is_target else context.label(end)
        text = "" if text == tensor.made_by else text
        called = [text] if is_target or text.isidentifier() else _given(case, site)
        known = [one for name in called if (one := follow.value_of(context.recording, site, name)) is not None]
        found = next((one for one in known if is_target or _depends(case, *one)), None)
        if found is None and not is_target and (known or not _unknown(case, tensor)):
            continue
        if tensor.origin == "constant" and (found is None or not found[1].text.startswith("for ")):
            continue  # what was written down as a number, or left through NumPy
        begun = _line(case, case.tape.site)[1] if case.tape is not None else 0
        late = is_target and (found is None or found[1].line >= begun)
        cause = "after the tape ended" if late else "before the tape began"
        if found is not None:
            file, line = found[0], found[1].line
        return Break(cause, *use, site, line if found is not None or is_target else 0, end, tensor.made_by, file)
    return None


def _given(case: Case, site: int) -> list[str]:
    """The names that the call at a site is given, one of which a value without a name of its own may have."""
    frames = case.context.recording.frames(site)
    call = code.call_at(case.context.recording, frames[0]) if frames else None
    return [one for part in call.args for one in sorted(code.mentions(part)) if one.isidentifier()] if call else []


def _unknown(case: Case, tensor: Tensor) -> bool:
    """Whether a value of which the text tells nothing may have been computed from the source."""
    drawn = tensor.made_by.startswith(("Random", "Truncated", "Stateless", "Multinomial"))
    return case.first_use()[0] is None and case.context.floating(tensor.id) and not drawn


def _depends(case: Case, file: int, found: code.Assignment, deep: int = 8) -> bool:
    """Whether a value was computed from the source, as far as the text of the file tells."""
    if case.belongs(found.mentions):
        return True
    if deep == 0:
        return False
    before = (code.assignment(case.context.recording, file, name, found.line) for name in found.mentions)
    return any(one is not None and one.line < found.line and _depends(case, file, one, deep - 1) for one in before)


def _branch(case: Case) -> Break | None:
    """The source stands in a branch that did not run."""
    if case.tape is None or case.first_use()[0] is not None or not case.name:
        return None
    recording = case.context.recording
    sites = {op.site for op in case.own}
    sites |= {r.site for r in case.home.records if isinstance(r, Exit | Watched)}
    ran: dict[int, set[int]] = {}
    called: dict[int, set[str]] = {}
    for site in sites:
        for frame in recording.frames(site):
            ran.setdefault(frame.file, set()).update({frame.line})
            called.setdefault(frame.file, set()).add(frame.function.rpartition(".")[2])
    opened = _line(case, case.tape.site)[0]
    layers = follow.called(recording, case.variable.site) if case.variable is not None else ()
    called_by = dict.fromkeys((case.text, case.name, *sorted(layers)))
    ran.setdefault(opened, set())
    for file, lines in ran.items():
        stretches = code.functions(recording, file, frozenset(called.get(file, set()) - {"<module>"}))
        if file == opened:
            stretches.append(code.block(recording, case.tape.site))
        for name in called_by:
            line, use = code.branch_not_taken(recording, file, name, stretches, frozenset(lines))
            if line:
                return Break("branch did not run", None, -1, 0, line, 0, str(use), file)
    return None


def _unrecorded(case: Case) -> Break | None:
    """A function without a gradient of which the tape keeps no op read the source, or what was computed from it."""
    if case.tape is None:
        return None
    recording = case.context.recording
    file, _ = _line(case, case.tape.site)
    known = {case.text, case.name} | {case.context.label(t) for t in case.goes - case.starts}
    first, last = code.block(recording, case.tape.site)
    for call in code.calls(recording, file, first + 1, last) if last > first else ():
        function = ast.unparse(call.func)
        if function.startswith(_UNRECORDED) and any(known & code.mentions(one) for one in call.args):
            return Break("op without a gradient", None, -1, 0, call.lineno, 0, function, file)
    return None


def _nothing(case: Case) -> Break:
    """The target does not depend on the source at all."""
    use = case.first_use()
    target = next(iter(case.started.targets), 0)
    made = case.made.get(target)
    site = made.site if made is not None else case.started.site
    if use[0] is None:
        return Break("not used", None, -1, site, tensor=target)
    # The last thing that was computed from the source: there its way ends.
    last = [op for op in case.own if not case.goes.isdisjoint(op.inputs)][-1]
    number = next(k for k, t in enumerate(last.inputs) if t in case.goes)
    there = code.statement(case.context.recording, *_line(case, last.site))
    if any(name.endswith(_PREDICTING) for name in there):
        return Break("left through NumPy", last, number, last.site, tensor=last.outputs[0], extra="predict")
    return Break("no path", last, number, last.site, tensor=last.outputs[0] if last.outputs else 0)
