"""Sources that no tape watches: a tensor in place of a variable, something computed before, a variable that is not
trainable.
"""

from __future__ import annotations

from tapeview.explain import code
from tapeview.explain.case import Break, Case
from tapeview.trace import names
from tapeview.trace.records import Variable


def replaced(case: Case) -> Break | None:
    """``v = v + 1`` made the variable ``v`` a tensor."""
    tensor = case.context.tensor(case.source.tensor)
    if case.variable is not None or tensor is None or tensor.origin not in ("outside", "op") or not case.text:
        return None
    recording = case.context.recording
    if case.source.tensor in case.made:
        return None
    file, line = code.place(recording, case.started.site)
    known = [v for v in recording.variables().values() if code.place(recording, v.site)[0] == file]
    same = [v for v in known if names.result_name(recording, v.site) == case.text]
    before = _asked_before(case)
    if not same and not before:
        return None
    for name in _wholes(case.text):
        for below in (line, 1 << 30):
            found = code.assignment(recording, file, name, below)
            if found is None or _is_variable(case, file, found.line, same + before):
                continue
            if before or name in found.mentions:
                return Break(
                    "replaced by a tensor", *case.first_use(), 0, found.line, case.source.tensor, found.text, file
                )
    return None


def _wholes(text: str) -> list[str]:
    """``params[0]``, ``params``: a name and what it is an item of."""
    found = [text]
    while found[-1].endswith("]") and "[" in found[-1]:
        found.append(found[-1].rpartition("[")[0])
    return found


def _asked_before(case: Case) -> list[Variable]:
    """The variable for which the same line asked, at the same place, in one of the steps before."""
    recording = case.context.recording
    here = code.place(recording, case.started.site)
    for index in range(case.context.step.index - 1, max(-1, case.context.step.index - 4), -1):
        for call in recording.step(index).calls.values():
            if code.place(recording, call.started.site) != here:
                continue
            found = [one.variable for one in call.started.sources if one.key == case.source.key and one.variable]
            if found:
                return [recording.variables()[variable] for variable in found]
    return []


def _is_variable(case: Case, file: int, line: int, variables: list[Variable]) -> bool:
    return any(code.place(case.context.recording, variable.site) == (file, line) for variable in variables)


def outside_source(case: Case) -> Break | None:
    """A tensor that was computed before the tape and is not watched."""
    tensor = case.context.tensor(case.source.tensor)
    if case.variable is not None or case.watch is not None or tensor is None or tensor.origin != "outside":
        return None
    use = case.first_use()
    return Break("not watched", *use, use[0].site if use[0] is not None else case.started.site, extra="computed")


def untrainable(case: Case) -> Break | None:
    """A variable that no tape watches by itself, on whatever way it would lead to the target."""
    if case.variable is None or case.variable.trainable or case.watch is not None:
        return None
    use = case.first_use()
    return Break("not trainable", *use, use[0].site if use[0] is not None else case.started.site)
