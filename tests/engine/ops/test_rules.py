"""Every op of the engine, on samples: its gradients of first and second order against finite differences; its types."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

from tapeview.engine import check, nest
from tapeview.engine.errors import InvalidArgumentError
from tapeview.engine.op import OPS, Op
from tapeview.engine.tape import GradientTape
from tapeview.engine.tensor import EagerTensor
from tapeview.engine.variable import ResourceVariable
from tests.engine.ops.sample import Sample, collect

SAMPLES = collect()
CASES = [pytest.param(name, s, id=f"{name}-{k}") for name, samples in SAMPLES.items() for k, s in enumerate(samples)]
# Taken here, because other tests may add ops of their own later.
NAMES = sorted(OPS)


def tensors_of(s: Sample, dtype: Any = None) -> list[EagerTensor]:
    return [EagerTensor(v.astype(dtype) if dtype is not None and v.dtype.kind == "f" else v.copy()) for v in s.inputs]


def varied(s: Sample) -> list[int]:
    floats = [k for k, v in enumerate(s.inputs) if v.dtype.kind == "f"]
    return floats if s.wrt is None else [k for k in floats if k in s.wrt]


def test_every_op_has_a_sample() -> None:
    assert not [n for n in NAMES if not SAMPLES.get(n)]


def test_every_sample_names_an_op() -> None:
    assert not [n for n in SAMPLES if n not in OPS]


@contextmanager
def ran(name: str) -> Iterator[GradientTape]:
    """An open tape; at the end it must have met an op of this name."""
    with GradientTape(persistent=True) as tape:
        yield tape
    assert name in {entry[2].name for entry in tape._entries}, f"the sample does not run {name}"


@pytest.mark.parametrize(("name", "s"), CASES)
def test_rule(name: str, s: Sample) -> None:
    op = OPS[name]
    tensors = tensors_of(s)
    sources = [tensors[k] for k in varied(s)]
    with ran(name) as tape:
        tape.watch(sources)
        result = s.run(*tensors)
    if op.has_rule:
        check_rule(s)
    elif sources:
        check_absence(op, tape, result, sources)


def check_rule(s: Sample) -> None:
    """The rules agree with finite differences."""
    assert varied(s), "a sample of an op with a rule needs a float input"
    fixed = {k: EagerTensor(v) for k, v in enumerate(s.inputs) if k not in varied(s)}

    def f(*given: Any) -> Any:
        left = iter(given)
        return s.run(*[fixed[k] if k in fixed else next(left) for k in range(len(s.inputs))])

    found = check.gradient_check(f, tuple(s.inputs[k] for k in varied(s)), order=s.order)
    assert found.agrees, str(found)
    if s.order == 1:
        with pytest.raises(LookupError):
            check.gradient_check(f, tuple(s.inputs[k] for k in varied(s)), order=2)


def check_absence(op: Op, tape: GradientTape, result: Any, sources: list[EagerTensor]) -> None:
    """No gradient: None for an op declared so, an error for one whose rule is missing."""
    outputs = nest.flatten(result)
    if not any(o._array.dtype.kind in "fc" for o in outputs):
        return
    if op.differentiable:
        with pytest.raises(LookupError, match=f"gradient registry has no entry for: {op.name}"):
            tape.gradient(outputs, sources)
    else:
        assert tape.gradient(outputs, sources) == [None] * len(sources)


@pytest.mark.parametrize(("name", "s"), CASES)
@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_type_is_kept(name: str, s: Sample, dtype: Any) -> None:
    """Neither an op nor its rule turns a small float into a larger one; a gradient has its source's shape."""
    tensors = tensors_of(s, dtype)
    sources = [tensors[k] for k in varied(s)]
    if dtype == np.float16 and not s.half:
        with pytest.raises((TypeError, InvalidArgumentError)):
            s.run(*tensors)
        return
    with GradientTape() as tape:
        tape.watch(sources)
        outputs = nest.flatten(s.run(*tensors))
    entry = next(e for e in tape._entries if e[2].name == name)
    if sources and name not in ("Cast",) and not any(t._array.dtype == np.float64 for t in tensors):
        assert all(o._array.dtype != np.float64 for o in entry[4])
    floats = [o for o in outputs if o._array.dtype.kind in "fc"]
    if OPS[name].has_rule and floats:
        for source, g in zip(sources, tape.gradient(floats, sources), strict=True):
            assert g is not None, "no gradient"
            assert g.dtype == source.dtype
            assert g.shape == source.shape


@pytest.mark.parametrize("name", [n for n in NAMES if OPS[n].has_rule])
def test_a_rule_reads_as_a_formula(name: str) -> None:
    """A rule is shown to the user: it is a lambda, or the table has a formula for it."""
    op = OPS[name]
    if op.vjp_all is not None:
        assert op.formulas
    for k, rule in enumerate(op.vjps):
        if rule is not None:
            assert rule.__name__ == "<lambda>" or op.formulas[k], f"input {k}"
    assert len(op.formulas) in (0, len(op.vjps)) or op.vjp_all is not None


OURS = [
    pytest.param(*case.values, id=case.id) for case in CASES if case.values[1].call.__module__.startswith("tapeview")
]


@pytest.mark.parametrize(("name", "s"), OURS)
def test_other_kinds_of_inputs(name: str, s: Sample) -> None:
    """An op's function takes variables, arrays and lists too, with the same result; variables get gradients."""
    expected = [t.numpy() for t in nest.flatten(s.run(*tensors_of(s)))]
    variables = [ResourceVariable(v) for v in s.inputs]
    with GradientTape() as tape:
        outputs = nest.flatten(s.run(*variables))
    floats = [o for o in outputs if o._array.dtype.kind in "fc"]
    for kind, found in (("variables", outputs), ("arrays", nest.flatten(s.run(*s.inputs)))):
        for got, wanted in zip(found, expected, strict=True):
            np.testing.assert_array_equal(got.numpy(), wanted, err_msg=kind)
    if OPS[name].has_rule and floats:
        sources = [variables[k] for k in varied(s)]
        assert all(g is not None for g in tape.gradient(floats, sources))
    lists = [
        t.numpy().astype(np.float32) for t in nest.flatten(s.run(*tensors_of(s, np.float32))) if t.dtype.is_floating
    ]
    from_lists = [t for t in nest.flatten(s.run(*[v.tolist() for v in s.inputs])) if t.dtype.is_floating]
    for got, wanted in zip(from_lists, lists, strict=True):
        np.testing.assert_allclose(got.numpy(), wanted, rtol=1e-6)
