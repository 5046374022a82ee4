"""Why a value is zero everywhere: back to the op that made zeros of something else."""

from __future__ import annotations

from tapeview.explain import code
from tapeview.explain.chains import Chains
from tapeview.explain.context import Context
from tapeview.explain.finding import NOTE, WARNING, Finding
from tapeview.trace.records import Assigned, Op, Tensor

_RELUS = {"Relu", "Relu6"}
_PRODUCTS = {"Mul", "MatMul", "BatchMatMulV2", "Einsum", "Conv2D", "RealDiv", "DivNoNan", "MulNoNan"}
_DIFFERENCES = {"Sub", "SquaredDifference"}


def explain_zero_value(context: Context, tensor: int) -> Finding | None:
    """Where the zeros of a tensor that is zero everywhere began; None if it is not."""
    chains = Chains(context, context.all_zero, lambda _: "all zero")
    if tensor not in chains.made:
        return None
    made = chains.root(tensor)
    op, record = made.op, made.record
    if op is not None and not made.backward:
        # Zeros come of zeros also where another input was what mattered: of a product either factor is enough.
        cause, why, advice = _words(context, op)
    elif isinstance(record, Tensor) and record.variable:
        cause, why = "zeros in a variable", f"the variable “{context.label(made.tensor)}” held zeros"
        advice = "Weights that begin as zeros all learn the same: begin with small random numbers. A bias may be zero."
    elif isinstance(record, Assigned):
        cause, why, advice = "assigned zeros", "zeros were assigned", "Look at what is assigned there."
    else:
        cause, why = "given as zeros", f"“{context.label(made.tensor)}” came in as zeros"
        advice = "If it is data, look at where it comes from; a constant of zeros is what it says."
    site = op.site if op is not None else record.site if isinstance(record, Assigned) else 0
    file, line = code.place(context.recording, site)
    where = f", line {line}" if line else ""
    return Finding(
        "zero",
        cause,
        WARNING if cause == "dead ReLU" else NOTE,
        context.step.index,
        context.label(tensor),
        op.seq if op is not None else 0,
        op.op if op is not None else "",
        -1,
        site,
        file,
        line,
        made.tensor,
        f"“{context.label(tensor)}” is zero everywhere: {why}{where}.",
        advice,
        chains.path(made, tensor),
    )


def _words(context: Context, op: Op) -> tuple[str, str, str]:
    if op.op in _RELUS:
        return (
            "dead ReLU",
            f"all that goes into the {op.op} is below zero, where it gives 0 (a dead ReLU)",
            "Try a smaller learning rate, another initialization of weights and bias, or tf.nn.leaky_relu.",
        )
    if op.op in _DIFFERENCES:
        return "equal inputs", f"both inputs of {op.op} are the same", "Nothing need be done if that is meant."
    if op.op in _PRODUCTS:
        return "a factor is too small", f"{op.op} gives numbers too small for the dtype", "Look at its inputs."
    return "made zero by the op", f"{op.op} makes zeros of what it is given", "Look at the inputs of that op."
