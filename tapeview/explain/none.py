"""Why a gradient is None: where the path from the source to the target breaks.

First the ops of the tape are followed from the source, and back from the target. If they meet, some op on the way lets
no gradient pass (`_blocked`) or nobody watched the source. If they do not, `gaps` looks for what is missing.
"""

from __future__ import annotations

from collections.abc import Iterator

from tapeview.explain import code, follow, gaps, unwatched
from tapeview.explain.case import Break, Case, Edge, left_out
from tapeview.explain.context import Context
from tapeview.explain.finding import ERROR, NOTE, WARNING, Finding, Hop
from tapeview.explain.none_words import words
from tapeview.trace import names
from tapeview.trace.query import GradientCall
from tapeview.trace.records import Op, Source, SourceGradient, Watched

_HARMLESS = {"branch did not run", "no path", "not used", "the tape began again"}
"""Causes that are ordinary where other sources of the same call have gradients."""

_ABOUT_SHAPES = {"Shape", "ShapeN", "Size", "Rank", "ZerosLike", "OnesLike"}
"""Ops whose result does not depend on the values that go in: they stand beside many ways, and cut few."""


def explain_none(context: Context) -> Iterator[Finding]:
    """A finding for each source of a step's gradient calls that got None, or zeros in place of it."""
    for call in context.step.calls.values():
        if call.finished is None or call.finished.error:
            continue
        answers = call.finished.results
        some = any(not answer.reason and answer.tensor for answer in answers)
        for source, answer in zip(call.started.sources, answers, strict=False):
            if left_out(context, call, source, answer):
                yield _finding(context, call, source, answer, some)


def explain_source(context: Context, call: GradientCall, name: str) -> Finding | None:
    """Why a gradient call gave None for the variable that the user calls ``name``; None if it did not."""
    answers = call.finished.results if call.finished is not None else ()
    some = any(not answer.reason and answer.tensor for answer in answers)
    for source, answer in zip(call.started.sources, answers, strict=False):
        variable = context.recording.variables().get(source.variable)
        known = names.variable_name(context.recording, variable) if variable is not None else ""
        if left_out(context, call, source, answer) and known and f"/{known}".endswith(f"/{name}"):
            return _finding(context, call, source, answer, some)
    return None


def explain_missing(context: Context, call: GradientCall, tensor: int) -> Finding | None:
    """Why no gradient came to a tensor (or to the variable whose version it is) in a gradient call, whether the call
    was asked for it or not; None where the call was given one.
    """
    variable = context.variable_of(tensor)
    answers = call.finished.results if call.finished is not None else ()
    some = any(not answer.reason and answer.tensor for answer in answers)
    for source, answer in zip(call.started.sources, answers, strict=False):
        if source.variable == variable and source.tensor == (0 if variable else tensor):
            out = left_out(context, call, source, answer)
            return _finding(context, call, source, answer, some) if out else None
    return _finding(context, call, Source(0 if variable else tensor, variable), SourceGradient(0), some)


def _finding(context: Context, call: GradientCall, source: Source, answer: SourceGradient, some: bool) -> Finding:
    case = _case(context, call, source, answer)
    found = _break(case)
    level = ERROR
    asked = bool(answer.tensor) and bool(answer.reason)
    if asked or found.cause == "constant slope":
        level = NOTE
    elif answer.tensor or found.cause in ("stop_gradient", "stop_recording") or (some and found.cause in _HARMLESS):
        level = WARNING
    elif found.cause in _HARMLESS and case.of_gradient:
        level = NOTE
    file, line = code.place(context.recording, found.site)
    if found.line:
        file, line = found.file or file or code.place(context.recording, call.started.site)[0], found.line
    text, advice = words(case, found, line)
    if answer.tensor:
        why = "unconnected_gradients asked for them" if asked else f"{call.started.kind} gives zeros there"
        text = f"The zeros stand for a missing gradient, because {why}. {text}"
    return Finding(
        "none",
        found.cause,
        level,
        context.step.index,
        case.name,
        found.op.seq if found.op else 0,
        found.op.op if found.op else "",
        found.input,
        found.site if not found.line else 0,
        file,
        line,
        found.tensor,
        text,
        advice,
        _path(case, found),
    )


def _case(context: Context, call: GradientCall, source: Source, answer: SourceGradient) -> Case:
    started = call.started
    home = context.home(started.tape)
    ops: dict[int, Op] = {}
    if home is not None and home[0] is not context.step:
        ops.update(home[0].ops)
    ops.update(context.step.ops)
    own = [op for seq, op in sorted(ops.items()) if started.tape in op.tapes]
    if source.variable:
        starts = {t for op in own for t in op.inputs if context.variable_of(t) == source.variable}
        starts |= context.versions.get(source.variable, set())
        states = context.recording.variables_at(context.step.index if home is None else home[0].index, 0)
        starts |= {state.tensor for state in states if state.variable.id == source.variable}
        variable = context.recording.variables().get(source.variable)
        name = names.variable_name(context.recording, variable) if variable is not None else ""
    else:
        starts, variable, name = {source.tensor}, None, ""
    asked = source in started.sources
    text = code.argument(context.recording, started.site, 1, "sources", source.key) if asked else ""
    if not text and source.key:
        several = code.argument(context.recording, started.site, 1, "sources")
        text = several + source.key if code.is_path(several) else ""
    if name and code.is_path(text) and _ambiguous(context, name):
        name = text
    watched = home[1].watched if home is not None else ()
    return Case(
        context,
        started,
        answer,
        source,
        variable,
        (text if text.isidentifier() or "…" in name else "") or name or text or context.label(source.tensor),
        text,
        home[1] if home is not None else None,
        home[0] if home is not None else context.step,
        list(ops.values()),
        own,
        starts,
        _watch(watched, source),
        not made_by_rules(context, started.call).isdisjoint(started.targets),
        follow.owners(context.recording, started.site),
    )


def _ambiguous(context: Context, name: str) -> bool:
    """Whether several variables go by a name: layers that were built outside of a model all have a "kernel"."""
    known = context.recording.variables().values()
    return "/" not in name and sum(one.name.removesuffix(":0") == name for one in known) > 1


def made_by_rules(context: Context, but: int) -> set[int]:
    """The gradients of a step, without those of the call ``but``."""
    steps = (step for call in context.step.calls.values() for step in call.steps if step.call != but)
    return {tensor for step in steps for tensor in (*step.contributions, *step.totals) if tensor}


def _watch(watched: tuple[Watched, ...], source: Source) -> Watched | None:
    for one in watched:
        if (source.variable and one.variable == source.variable) or (source.tensor and one.tensor == source.tensor):
            return one
    return None


def _break(case: Case) -> Break:
    context = case.context
    dtype = case.variable.dtype if case.variable else getattr(context.tensor(case.source.tensor), "dtype", "float32")
    if not dtype.startswith(("float", "bfloat", "complex")):
        site = case.variable.site if case.variable else 0
        use = case.first_use()
        if not site and use[0] is not None:
            site = use[0].site
        cause = "string dtype" if dtype in ("string", "object") or dtype[:1] in "<|SU" else "integer dtype"
        found = follow.value_of(context.recording, site or case.started.site, case.text) if not case.variable else None
        if found is not None and cause == "integer dtype":
            return Break(cause, *use, site, found[1].line, extra=dtype, file=found[0])
        return Break(cause, *use, site or case.started.site, extra=dtype)
    goes, leads = case.goes, case.leads
    if not goes.isdisjoint(case.started.targets):
        return _blocked(case, leads)
    return gaps.find(case)


def _blocked(case: Case, leads: set[int]) -> Break:
    """The path exists. Which op cuts it, or did nobody watch its beginning?"""
    first = [op for op in case.own if not case.starts.isdisjoint(op.inputs) and not leads.isdisjoint(op.outputs)]
    if first and all(op.stopped for op in first):
        return Break("stop_recording", *_edge(first[0], case.starts), first[0].site)
    use: Edge = next((_edge(op, case.starts) for op in first if not op.stopped), (None, -1))
    site = use[0].site if use[0] is not None else case.started.site
    if case.watch is None:
        if case.variable is not None and not case.variable.trainable:
            return Break("not trainable", *use, site)
        if case.variable is not None:
            return Break("watch_accessed_variables=False", *use, site)
        replaced = unwatched.replaced(case)
        return replaced or unwatched.outside_source(case) or Break("not watched", *use, site)
    if case.watched_after(use[0]):
        return Break("watched too late", *use, case.watch.site)
    cut = _cut(case, leads)
    if cut is None:
        return gaps.find(case)
    op, number = cut
    return Break(_cause_of(case, op), op, number, op.site, tensor=op.outputs[0])


def _cut(case: Case, leads: set[int]) -> tuple[Op, int] | None:
    """The first op on a way to the target whose result gets no gradient, and the input that the way comes in by."""
    passing = set(case.starts)
    found: list[tuple[Op, int]] = []
    for op in case.own:
        inputs = [k for k, t in enumerate(op.inputs) if t in passing]
        if not inputs:
            continue
        passes = any(_passes(case, op, k) for k in inputs)
        through = {t for t in op.outputs if case.context.floating(t)} if passes else set()
        passing |= through
        if not leads.isdisjoint(set(op.outputs) - through):
            found.append((op, inputs[0]))
    return next((one for one in found if one[0].op not in _ABOUT_SHAPES), found[0] if found else None)


def _edge(op: Op, tensors: set[int]) -> Edge:
    return op, next((k for k, t in enumerate(op.inputs) if t in tensors), -1)


def _passes(case: Case, op: Op, number: int) -> bool:
    context = case.context
    if op.stopped or op.op == "StopGradient" or not context.floating(op.inputs[number]):
        return False
    if not any(context.floating(output) for output in op.outputs):
        return False
    rules = [step.contributions for step in case.rules_of(op)]
    if rules:
        return any(number < len(sent) and sent[number] for sent in rules)
    info = context.recording.op_info(op.op)
    if info is None:
        return True
    if not info.differentiable:
        return False
    return not any(info.rules) or (number < len(info.rules) and bool(info.rules[number]))


def _cause_of(case: Case, op: Op) -> str:
    if op.op == "StopGradient":
        return "stop_gradient"
    if op.stopped:
        return "stop_recording"
    whole = not any(case.context.floating(output) for output in op.outputs)
    if op.op == "Cast" and whole:
        return "cast to whole numbers"
    info = case.context.recording.op_info(op.op)
    if info is not None and info.differentiable and not whole and (not any(info.rules) or case.rules_of(op)):
        return "a rule gave None"
    return "op without a gradient"


def _path(case: Case, found: Break) -> tuple[Hop, ...]:
    """From the source to the break and on to the target: the ops of one shortest way each."""
    context = case.context
    if found.op is None and found.cause in ("not used", "not trainable"):
        return ()
    if found.op is None:
        hops = _way(case, case.loose_ends() | {found.tensor}, set(case.started.targets))
        return tuple([context.hop(op) for op in hops][:40])
    before = _way(case, case.starts, {found.op.inputs[found.input]} if found.input >= 0 else set())
    after = _way(case, set(found.op.outputs), set(case.started.targets))
    cut = context.hop(found.op, "the path breaks here")
    return (*[context.hop(op) for op in before][-20:], cut, *[context.hop(op) for op in after][:20])


def _way(case: Case, starts: set[int], ends: set[int]) -> list[Op]:
    """The ops of a shortest way between two sets of tensors, in the order in which they ran."""
    if starts & ends:
        return []
    came: dict[int, Op] = {}
    length = dict.fromkeys(starts, 0)
    for op in case.own:
        known = [length[t] for t in op.inputs if t in length]
        if known:
            for output in op.outputs:
                if output not in length:
                    length[output], came[output] = min(known) + 1, op
    end = min((t for t in ends if t in length), key=lambda t: length[t], default=None)
    way: list[Op] = []
    while end is not None and end in came:
        op = came[end]
        way.append(op)
        end = min((t for t in op.inputs if t in length), key=lambda t: length[t], default=None)
    return way[::-1]
