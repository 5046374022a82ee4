"""Builds the Inspector's sheets from a recording."""

from __future__ import annotations

import math

import numpy as np

from tapeview.explain import odd
from tapeview.trace import names
from tapeview.trace.query import Position, Recording, Step, VariableState
from tapeview.trace.records import Assigned, BackwardStep, Op, OpInfo, SourceGradient
from tapeview.views.highlight import characters
from tapeview.views.inspector_sheet import Entry, Sheet
from tapeview.views.inspector_words import attribute, formula, input_symbols, plural, saved_words
from tapeview.views.messages import readable
from tapeview.views.numbers import brief as array_words
from tapeview.views.numbers import number, shape_text
from tapeview.views.places import describe, phase_name
from tapeview.views.reasons import Subject, Why, why_none
from tapeview.views.step_index import Sent, StepIndex, index_of
from tapeview.views.tensors import FEW, label_of, record_of, stats_of, tensor_words, value_of
from tapeview.views.text import tr
from tapeview.views.workspace import Cursor


class Pages:
    """Makes sheets for one step as it stands at one position."""

    def __init__(self, recording: Recording, step: Step, at: int) -> None:
        self._recording, self._step, self._at = recording, step, at
        self._index: StepIndex = index_of(step)
        self._fans: list[tuple[int, int]] = []

    # -- sheets --------------------------------------------------------------------------------------------------------

    def position(self, position: Position) -> Sheet:
        """The sheet of what has just been executed."""
        record = position.record
        if isinstance(record, Op):
            return self.op(record)
        if isinstance(record, BackwardStep):
            op = self._step.ops.get(record.op)
            return self.op(op, record) if op is not None else Sheet()
        return self.update(record, position)

    def op(self, op: Op, backward: BackwardStep | None = None) -> Sheet:
        """The sheet of an op; with ``backward``, of its backward step."""
        recording, info = self._recording, self._recording.op_info(op.op)
        if backward is None:
            backward = self._backward_of(op.seq)
        symbols = input_symbols(info, len(op.inputs))
        saved = saved_words(info)
        counts = [
            plural(len(op.inputs), tr("{n} input"), tr("{n} inputs")),
            plural(len(op.outputs), tr("{n} output"), tr("{n} outputs")),
        ]
        if saved:
            counts.append(tr("saved: {names}").format(names=", ".join(saved)))
        executed = self._index.op_number.get(op.seq)
        forward = tr("forward op {number}").format(number=executed) if executed else tr("op of a gradient rule")
        rules = tuple(
            f"∂L/∂{symbol} = {formula(rule)}"
            for symbol, rule in zip(symbols, info.rules if info else (), strict=False)
            if rule
        )
        gradient, whys = self._op_gradient(op, backward, symbols)
        inputs = tuple(self._entry(f"input {k}", symbols[k], tensor) for k, tensor in enumerate(op.inputs))
        outputs = tuple(
            self._entry(f"output {k}", "y" if len(op.outputs) == 1 else f"y[{k}]", tensor)
            for k, tensor in enumerate(op.outputs)
        )
        in_backward = any(position == self._at for position, _ in self._index.backward.get(op.seq, ()))
        return Sheet(
            kind="backward" if in_backward else "op",
            title=op.op,
            expression=names.expression(recording, op.site),
            where=" · ".join([*self._place(op.site), forward, ", ".join(counts)]),
            rules=rules,
            rules_none=""
            if rules
            else tr("{op} has no gradient rule: nothing flows back through it.").format(op=op.op)
            if info is not None
            else "",
            tabs={"value": outputs, "gradient": gradient, "inputs": inputs},
            details=self._op_details(op, info),
            whys=whys,
            fans=tuple(self._fans),
            doc=info.doc if info else "",
            first_tab="gradient" if in_backward else "inputs" if op.error else "value",
            error=readable(op.error),
        )

    def update(self, record: Assigned, position: Position) -> Sheet:
        """The sheet of a variable's update."""
        how, name = describe(self._recording, self._step, record)
        after = self._entry("after", tr("after"), record.tensor, name=name)
        entries = [after]
        if record.previous:
            entries.append(self._entry("before", tr("before"), record.previous, name=name))
            entries.append(self._difference(record.tensor, record.previous, after))
        used = tr("gradient of “{name}”").format(name=name)
        gradient = [self._entry("gradient", tr("used"), record.gradient, name=used, role="gradient")]
        where = [*self._place(record.site), tr("update {n} of {count}").format(n=position.number, count=position.count)]
        return Sheet(
            kind="update",
            title=(tr("update {name}") if record.previous else tr("create {name}")).format(name=name),
            expression=names.expression(self._recording, record.site),
            where=" · ".join([*where, tr("by {how}").format(how=how), tr("version {v}").format(v=record.version)]),
            tabs={"value": tuple(entries), "gradient": tuple(gradient if record.gradient else ())},
        )

    def variable(self, state: VariableState) -> Sheet:
        """The sheet of a variable as it is at the position."""
        variable, name = state.variable, state.name
        value = self._entry("value", tr("now"), state.tensor, name=name)
        entries = [value]
        if state.previous:
            entries.append(self._entry("before", tr("before"), state.previous, name=name))
            entries.append(self._difference(state.tensor, state.previous, value))
        words = [tr("watched") if state.watched else tr("not trainable") if not variable.trainable else tr("unwatched")]
        if not state.used:
            words.append(tr("not used in this step"))
        subject = Subject(name, "variable", variable.dtype, state.tensor)
        read = next(
            (tensor for tensor in self._index.consumers if self._variable_of(tensor) == variable.id), state.tensor
        )
        gradient, whys = self._leaf_gradient(subject._replace(tensor=read), state.gradient, variable.id)
        details = [
            (tr("framework’s name"), variable.name),
            (tr("trainable"), tr("yes") if variable.trainable else tr("no")),
        ]
        return Sheet(
            kind="variable",
            title=name,
            expression=f"{variable.dtype} {shape_text(variable.shape)}",
            where=" · ".join(
                [tr("variable"), *words, tr("version {v}").format(v=state.version), *self._place(variable.site)]
            ),
            tabs={"value": tuple(entries), "gradient": gradient},
            details=tuple(details),
            whys=whys,
            fans=tuple(self._fans),
        )

    def tensor(self, tensor: int) -> Sheet:
        """The sheet of a tensor that no op of the step made: a constant, or something from outside."""
        record = record_of(self._recording, tensor)
        if record is None:
            return Sheet()
        name = label_of(self._recording, self._step, tensor)
        kind = "result" if record.origin in ("op", "outside") else "constant"
        origin = {
            "constant": tr("constant"),
            "variable": tr("value of a variable"),
            "outside": tr("computed outside the tape by {op}").format(op=record.made_by or "?"),
        }.get(record.origin, tr("result of an op"))
        watched = tr("watched") if tensor in self._step.watched else tr("unwatched")
        gradient, whys = self._leaf_gradient(Subject(name, kind, record.dtype, tensor), self._asked(tensor), 0)
        used = len(self._index.consumers.get(tensor, ()))
        return Sheet(
            kind="tensor",
            title=name,
            expression=f"{record.dtype} {shape_text(record.shape)}",
            where=" · ".join([origin, watched, plural(used, tr("used by {n} op"), tr("used by {n} ops"))]),
            tabs={"value": (self._entry("value", "", tensor),), "gradient": gradient},
            whys=whys,
            fans=tuple(self._fans),
        )

    # -- gradients -----------------------------------------------------------------------------------------------------

    def _op_gradient(
        self, op: Op, backward: BackwardStep | None, symbols: tuple[str, ...]
    ) -> tuple[tuple[Entry, ...], tuple[Why, ...]]:
        if backward is None:
            return (), ()
        at = next(position for position, record in self._index.backward[op.seq] if record is backward)
        later = Cursor(self._step.index, at) if at > self._at else None
        entries: list[Entry] = []
        for k, output in enumerate(op.outputs):
            arrived = [sent for sent in self._index.sent_to(output, backward.call) if sent.contribution]
            if len(arrived) > 1:
                self._fans.append((output, backward.call))
                entries += [self._from_consumer(sent) for sent in arrived]
            upstream = backward.upstream[k] if k < len(backward.upstream) else 0
            symbol = "g" if len(op.outputs) == 1 else f"g[{k}]"
            text = tr("upstream, the sum of {n}").format(n=len(arrived)) if len(arrived) > 1 else tr("upstream")
            if upstream or len(op.outputs) == 1:
                entries.append(self._gradient(f"upstream {k}", symbol, text, upstream, later))
        whys = []
        for k, tensor in enumerate(op.inputs):
            name = label_of(self._recording, self._step, tensor)
            text = tr("to “{name}”").format(name=name)
            part = backward.contributions[k] if k < len(backward.contributions) else 0
            if not part:
                why = self._why_input(tensor, name)
                entries.append(self._none(f"to {k}", symbols[k], text, why, tensor))
                if why is not None and why not in whys:
                    whys.append(why)
                continue
            entries.append(self._gradient(f"to {k}", symbols[k], text, part, later))
            everyone = [sent for sent in self._index.sent_to(tensor, backward.call) if sent.contribution]
            if len(everyone) > 1 and k < len(backward.totals):
                self._fans.append((tensor, backward.call))
                done = next((n for n, sent in enumerate(everyone, 1) if sent.position == at and sent.argument == k), 0)
                text = tr("total so far, {n} of {count} consumers").format(n=done, count=len(everyone))
                entries.append(self._gradient(f"total {k}", f"Σ{symbols[k]}", text, backward.totals[k], later))
        return tuple(entries), tuple(whys)

    def _leaf_gradient(
        self, subject: Subject, answer: SourceGradient | None, variable: int
    ) -> tuple[tuple[Entry, ...], tuple[Why, ...]]:
        """Contributions per consumer, their total, and what ``tape.gradient`` answered."""
        entries: list[Entry] = []
        for call in self._step.calls:
            arrived = [sent for sent in self._index.sent_to(subject.tensor, call) if sent.contribution]
            entries += [self._from_consumer(sent) for sent in arrived]
            if len(arrived) > 1:
                self._fans.append((subject.tensor, call))
            seen = [sent for sent in arrived if sent.position <= self._at]
            if len(arrived) > 1 and seen:
                text = tr("total so far, {n} of {count} consumers").format(n=len(seen), count=len(arrived))
                entries.append(self._gradient(f"total {call}", "Σ", text, seen[-1].total, None))
        if answer is not None and answer.tensor:
            entries.append(self._gradient("answer", tr("answer"), tr("of tape.gradient"), answer.tensor, None))
        if answer is not None and answer.reason:
            why = why_none(self._recording, self._step, subject, answer.reason, answer.break_op)
            if answer.tensor:
                why = Why(tr("Why is it zero?"), why.text)
            else:
                entries.append(self._none("answer", "", tr("of tape.gradient"), why, subject.tensor))
            return tuple(entries), (why,)
        if not entries:
            reason = self._why_input(subject.tensor, subject.name) if self._step.calls else None
            return (), () if reason is None else (reason,)
        return tuple(entries), ()

    @staticmethod
    def _none(key: str, symbol: str, name: str, why: Why | None, about: int) -> Entry:
        """An entry that says None."""
        return Entry(
            key, symbol, name, 0, brief="None", status="none", role="gradient", why=why, ask="none", about=about
        )

    def _from_consumer(self, sent: Sent) -> Entry:
        op = self._step.ops[sent.record.op]
        frames = self._recording.frames(op.site)
        name = (
            tr("from {op}, line {line}").format(op=op.op, line=frames[0].line)
            if frames
            else tr("from {op}").format(op=op.op)
        )
        later = Cursor(self._step.index, sent.position) if sent.position > self._at else None
        return self._gradient(f"from {sent.position} {sent.argument}", "", name, sent.contribution, later)

    def _gradient(self, key: str, symbol: str, name: str, tensor: int, later: Cursor | None) -> Entry:
        if later is not None:
            position = self._step.positions[later.position]
            brief = tr("comes at {phase} {n} of {count}").format(
                phase=phase_name(position.phase), n=position.number, count=position.count
            )
            return Entry(key, symbol, name, 0, brief=brief, status="next", role="gradient", jump=later)
        if not tensor:
            return Entry(key, symbol, name, 0, brief=tr("nothing arrived"), status="none", role="gradient")
        return self._entry(key, symbol, tensor, name=name, role="gradient")

    def _why_input(self, tensor: int, name: str) -> Why | None:
        """Why nothing is sent to an input."""
        record = record_of(self._recording, tensor)
        if record is None:
            return None
        kind = {"constant": "constant", "variable": "variable"}.get(record.origin, "result")
        subject = Subject(name, kind, record.dtype, tensor)
        answer = self._asked(record.variable or tensor, variable=bool(record.variable))
        if answer is not None and answer.reason:
            return why_none(self._recording, self._step, subject, answer.reason, answer.break_op)
        watched = record.variable in self._step.watched_variables if record.variable else tensor in self._step.watched
        if record.dtype.startswith(("int", "uint", "bool")):
            return why_none(self._recording, self._step, subject, "integer dtype")
        if kind == "result" and tensor in self._step.made_by:
            op = self._step.ops[self._step.made_by[tensor]]
            if op.on_path:
                return None
            text = tr("“{name}” is computed only from what is not watched, so no gradient is needed there.")
            return Why(tr("Why is ∂L/∂{name} None?").format(name=name), text.format(name=name))
        if watched:
            return None
        if kind == "variable":
            trainable = next((v for v in self._variables() if v.variable.id == record.variable), None)
            if trainable is not None and not trainable.variable.trainable:
                return why_none(self._recording, self._step, subject, "not trainable")
        return why_none(self._recording, self._step, subject, "not watched")

    def _asked(self, id: int, variable: bool = False) -> SourceGradient | None:
        """What a finished gradient call of the step answered for a source."""
        for call in self._step.calls.values():
            if call.finished is None:
                continue
            for source, answer in zip(call.started.sources, call.finished.results, strict=False):
                if (source.variable if variable else source.tensor) == id:
                    return answer
        return None

    # -- pieces --------------------------------------------------------------------------------------------------------

    def _backward_of(self, seq: int) -> BackwardStep | None:
        """The backward step of an op that ran last, else the one that comes first."""
        steps = self._index.backward.get(seq, [])
        done = [record for position, record in steps if position <= self._at]
        return done[-1] if done else steps[0][1] if steps else None

    def _entry(self, key: str, symbol: str, tensor: int, *, name: str = "", role: str = "value") -> Entry:
        if not name:
            name = label_of(self._recording, self._step, tensor)
        shape, brief, bad = tensor_words(self._recording, tensor)
        if not shape:
            return Entry(key, symbol, name, tensor, brief=tr("not kept"), status="unknown", role=role)
        record = record_of(self._recording, tensor)
        assert record is not None
        if role == "gradient" and math.prod(record.shape) > 1:
            stats = stats_of(self._recording, tensor)
            if stats is not None and not bad:
                brief = f"‖·‖ {number(stats.norm, 4)}  max {number(max(abs(stats.minimum), abs(stats.maximum)), 4)}"
        ask = odd(stats_of(self._recording, tensor), math.prod(record.shape), record.dtype)
        if ask == "zero" and role == "value" and (record.origin != "op" or math.prod(record.shape) == 1):
            ask = ""  # a constant of zeros is what it says
        return Entry(key, symbol, name, tensor, shape, record.dtype, brief, role=role, bad=bad, ask=ask)

    def _difference(self, tensor: int, previous: int, like: Entry) -> Entry:
        after, before, words = value_of(self._recording, tensor), value_of(self._recording, previous), ""
        if after is not None and before is not None and after.shape == before.shape and after.size <= FEW:
            with np.errstate(all="ignore"):
                words = array_words(np.asarray(after - before)) if after.dtype.kind in "iufc" else ""
        status = like.status
        return Entry("change", "Δ", tr("change"), tensor, like.shape, like.dtype, words, minus=previous, status=status)

    def _place(self, site: int) -> list[str]:
        frames = self._recording.frames(site) if site else ()
        if not frames:
            return []
        frame = frames[0]
        if frame.end_line > frame.line:
            return [tr("lines {first}–{last}").format(first=frame.line, last=frame.end_line)]
        line = tr("line {line}").format(line=frame.line)
        if frame.column < 0 or frame.end_column < 0:
            return [line]
        lines = self._recording.source(frame.file).text.splitlines()
        text = lines[frame.line - 1] if 0 < frame.line <= len(lines) else ""
        first, last = characters(text, frame.column) + 1, characters(text, frame.end_column)
        return [f"{line}, " + tr("columns {first}–{last}").format(first=first, last=last)]

    def _op_details(self, op: Op, info: OpInfo | None) -> tuple[tuple[str, str], ...]:
        rows = [(key, attribute(value)) for key, value in op.attrs.items()]
        rows.append((tr("on the gradient path"), tr("yes") if op.on_path else tr("no: nothing it uses is watched")))
        if op.stopped:
            rows.append((tr("recorded"), tr("no: the tape had stopped recording")))
        elif len(op.tapes) > 1:
            rows.append((tr("recorded by"), tr("{n} tapes").format(n=len(op.tapes))))
        for symbol, tensor in zip(input_symbols(info, len(op.inputs)), op.inputs, strict=False):
            if info is not None and symbol in info.saved:
                rows.append((tr("saved {symbol}").format(symbol=symbol), tensor_words(self._recording, tensor)[1]))
        if info is not None and "output" in info.saved and op.outputs:
            rows.append((tr("saved output"), tensor_words(self._recording, op.outputs[0])[1]))
        for place, frame in enumerate(self._recording.frames(op.site)):
            called = tr("in {function}") if place == 0 else tr("called from {function}")
            rows.append((tr("line {line}").format(line=frame.line), called.format(function=frame.function)))
        return tuple(rows)

    def _variable_of(self, tensor: int) -> int:
        record = record_of(self._recording, tensor)
        return 0 if record is None else record.variable

    def _variables(self) -> tuple[VariableState, ...]:
        return tuple(self._recording.variables_at(self._step.index, self._at))
