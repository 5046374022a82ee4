"""What TensorFlow calls the nodes of a gradient: ``gradients/mul_grad/Mul``."""

from __future__ import annotations

from typing import Final

from tapeview.engine.deferred.operation import Operation

_LAST: Final[dict[str, tuple[str, ...]]] = {
    # type of the forward node: the last node of the gradient for each input
    "Mul": ("Mul", "Mul_1"),
    "RealDiv": ("RealDiv", "mul"),
    "Sub": ("Identity", "Neg"),
    "MatMul": ("MatMul", "MatMul_1"),
    "Pow": ("mul_1", "mul_3"),
    "Mean": ("truediv",),
    "Sum": ("Tile",),
    "Square": ("Mul_1",),
    "SquaredDifference": ("Mul_1", "Neg"),
    "Sigmoid": ("SigmoidGrad",),
    "Tanh": ("TanhGrad",),
    "Relu": ("ReluGrad",),
    "Relu6": ("Relu6Grad",),
    "Elu": ("EluGrad",),
    "LeakyRelu": ("LeakyReluGrad",),
    "Softplus": ("SoftplusGrad",),
    "Softmax": ("mul_1",),
    "LogSoftmax": ("sub",),
    "Exp": ("mul",),
    "Log": ("mul",),
    "Sqrt": ("SqrtGrad",),
    "Rsqrt": ("RsqrtGrad",),
    "Neg": ("Neg",),
    "Sin": ("mul",),
    "Cos": ("Neg",),
    "Abs": ("mul",),
    "Reshape": ("Reshape",),
    "Transpose": ("transpose",),
    "ConcatV2": ("Slice", "Slice_1", "Slice_2", "Slice_3", "Slice_4"),
    "BiasAdd": ("tuple/control_dependency", "BiasAddGrad"),
    "Conv2D": ("Conv2DBackpropInput", "Conv2DBackpropFilter"),
    "MaxPool": ("MaxPoolGrad",),
    "AvgPool": ("AvgPoolGrad",),
    "Cast": ("Cast",),
    "StridedSlice": ("StridedSliceGrad",),
    "GatherV2": ("Reshape",),
    "Maximum": ("SelectV2", "SelectV2_1"),
    "Minimum": ("SelectV2", "SelectV2_1"),
    "SelectV2": ("SelectV2", "SelectV2_1"),
}


def base(node: Operation) -> str:
    """The part of a gradient node's name that tells the forward node: its own name."""
    return node.name


def last(node: Operation, position: int) -> str:
    """The last part of the name of the gradient for input number ``position``."""
    names = _LAST.get(node.type, ())
    if position < len(names):
        return names[position]
    return f"{node.type}Grad" if not position else f"{node.type}Grad_{position}"
