"""Where no op leads from the source to the target: what is missing between them.

Each look-out gives a `Break` or None; the first that sees something counts, so those with evidence in the recording
come before those that read it off the source text.
"""

from __future__ import annotations

from tapeview.explain import code
from tapeview.explain.case import Break, Case, Edge
from tapeview.explain.context import reached
from tapeview.trace import names
from tapeview.trace.records import Assigned, Exit, Op, Tensor, Variable, Watched

_HARMLESS_EXITS = {"bool", "index", "len", "str", "repr", "print", "format"}


def find(case: Case) -> Break:
    """The gap between a source and its target."""
    return (
        replaced(case)
        or outside_source(case)
        or _other_tape(case)
        or _left_through_numpy(case)
        or _copied(case)
        or _assigned(case)
        or _outside(case)
        or _branch(case)
        or _nothing(case)
    )


def _line(case: Case, site: int = 0) -> tuple[int, int]:
    return code.place(case.context.recording, site or case.started.site)


def replaced(case: Case) -> Break | None:
    """``v = v + 1`` made the variable ``v`` a tensor."""
    tensor = case.context.tensor(case.source.tensor)
    if case.variable is not None or tensor is None or tensor.origin not in ("outside", "op") or not case.text:
        return None
    recording = case.context.recording
    same = [v for v in recording.variables().values() if names.result_name(recording, v.site) == case.text]
    if not same or case.source.tensor in case.made:
        return None
    file, line = _line(case)
    found = code.assignment(recording, file, case.text, line)
    if found is not None and _is_variable(case, file, found.line, same):
        found = code.assignment(recording, file, case.text, 1 << 30)
    if found is None or _is_variable(case, file, found.line, same):
        return None
    use = case.first_use()
    return Break("replaced by a tensor", *use, 0, found.line, case.source.tensor, found.text, file)


def _is_variable(case: Case, file: int, line: int, variables: list[Variable]) -> bool:
    return any(_line(case, variable.site) == (file, line) for variable in variables)


def outside_source(case: Case) -> Break | None:
    """A tensor that was computed before the tape and is not watched."""
    tensor = case.context.tensor(case.source.tensor)
    if case.variable is not None or case.watch is not None or tensor is None or tensor.origin != "outside":
        return None
    use = case.first_use()
    return Break("not watched", *use, use[0].site if use[0] is not None else case.started.site, extra="computed")


def _other_tape(case: Case) -> Break | None:
    """The target, or what it was computed from, is known to another tape only."""
    context = case.context
    ends = case.loose_ends() - case.starts
    for call in context.step.calls.values():
        if call.started.call == case.started.call or call.finished is None:
            continue
        made = {t for step in call.steps for t in (*step.contributions, *step.totals)}
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


def _all_ops(case: Case) -> list[Op]:
    ops = {op.seq: op for op in case.ops}
    index = case.home.index
    for earlier in range(max(0, index - 2), index):
        ops.update(case.context.recording.step(earlier).ops)
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
    return Break("left through NumPy", *use, out.site, tensor=out.tensor, extra=out.how)


def _constants(case: Case) -> dict[int, int]:
    """The constants on which the target depends, each with its place in the records."""
    ends = case.loose_ends() | set(case.started.targets)
    return {
        record.id: at
        for at, record in enumerate(case.home.records)
        if isinstance(record, Tensor) and record.origin == "constant" and record.id in ends
    }


def _copied(case: Case) -> Break | None:
    """``tf.constant(v)`` copies the number: a constant with the source's value, made where the source is mentioned."""
    recording = case.context.recording
    values = [case.context.value(tensor) for tensor in case.starts]
    for tensor in sorted(_constants(case)):
        use = case.use_of(tensor)
        value = case.context.value(tensor)
        if use[0] is None or value is None:
            continue
        if not any(v is not None and v.shape == value.shape and bool((v == value).all()) for v in values):
            continue
        file, line = _line(case, use[0].site)
        names_there = code.statement(recording, file, line)
        text = case.context.label(tensor)
        if not text.startswith(("tf.", "np.")):
            found = code.assignment(recording, file, text, line)
            if found is None or not case.mentioned(found.mentions):
                continue
            line, text, names_there = found.line, found.text, found.mentions
        if case.mentioned(names_there):
            return Break("copied", *use, 0, line, tensor, text, file)
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
        known = case.mentioned(there) or (bool(record.site) and record.site in read)
        known = known or any(context.label(t) in there for t in case.goes - case.starts)
        if known:
            use = case.use_of(record.tensor)
            written = context.recording.variables().get(record.variable)
            name = names.variable_name(context.recording, written) if written is not None else names.DEFAULT_VARIABLE
            return Break("assign", *use, record.site, tensor=record.tensor, extra=name)
    return None


def _outside(case: Case) -> Break | None:
    """The target, or what it was computed from, was computed while no tape recorded."""
    context = case.context
    for end in sorted(case.loose_ends(), key=lambda t: (t in case.started.targets, t)):
        tensor = context.tensor(end)
        if tensor is None or tensor.origin != "outside":
            continue
        is_target = end in case.started.targets
        use: Edge = (None, -1) if is_target else case.use_of(end)
        site = use[0].site if use[0] is not None else case.started.site
        file, line = _line(case, site)
        text = code.argument(context.recording, site, 0, "target") if is_target else context.label(end)
        found = code.assignment(context.recording, file, text, line) if text.isidentifier() else None
        if not is_target and found is not None and not _depends(case, file, found):
            continue
        begun = _line(case, case.tape.site)[1] if case.tape is not None else 0
        late = is_target and (found is None or found.line >= begun)
        cause = "after the tape ended" if late else "before the tape began"
        where = found.line if found is not None else line
        return Break(cause, *use, site, where, end, tensor.made_by, file)
    return None


def _depends(case: Case, file: int, found: code.Assignment, deep: int = 8) -> bool:
    """Whether a value was computed from the source, as far as the text of the file tells."""
    if case.mentioned(found.mentions):
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
    ran.setdefault(opened, set())
    for file, lines in ran.items():
        stretches = code.functions(recording, file, frozenset(called.get(file, set()) - {"<module>"}))
        if file == opened:
            stretches.append(code.block(recording, case.tape.site))
        for name in dict.fromkeys((case.text, case.name)):
            line, use = code.branch_not_taken(recording, file, name, stretches, frozenset(lines))
            if line:
                return Break("branch did not run", None, -1, 0, line, 0, str(use), file)
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
    return Break("no path", last, number, last.site, tensor=last.outputs[0] if last.outputs else 0)
