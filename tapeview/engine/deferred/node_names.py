"""What TensorFlow calls the nodes that a function makes: their type, and their name where none is given."""

from __future__ import annotations

from typing import Final

from tapeview.engine.deferred.mode import mode

NAMES: Final[dict[str, tuple[str, str]]] = {
    # function: (type, name). A name with a slash is a scope and the last op in it.
    "add": ("AddV2", "Add"),
    "subtract": ("Sub", "Sub"),
    "multiply": ("Mul", "Mul"),
    "divide": ("RealDiv", "truediv"),
    "truediv": ("RealDiv", "truediv"),
    "div": ("RealDiv", "div"),
    "realdiv": ("RealDiv", "RealDiv"),
    "floordiv": ("FloorDiv", "floordiv"),
    "floormod": ("FloorMod", "FloorMod"),
    "power": ("Pow", "Pow"),
    "negative": ("Neg", "Neg"),
    "abs": ("Abs", "Abs"),
    "cast": ("Cast", "Cast"),
    "constant": ("Const", "Const"),
    "zeros": ("Fill", "zeros"),
    "ones": ("Fill", "ones"),
    "zeros_like": ("ZerosLike", "zeros_like"),
    "ones_like": ("Fill", "ones_like"),
    "fill": ("Fill", "Fill"),
    "eye": ("MatrixDiagV3", "eye/diag"),
    "range_": ("Range", "range"),
    "linspace": ("Slice", "linspace/Slice"),
    "one_hot": ("OneHot", "one_hot"),
    "sequence_mask": ("Less", "SequenceMask/Less"),
    "transpose": ("Transpose", "transpose"),
    "concat": ("ConcatV2", "concat"),
    "stack": ("Pack", "stack"),
    "unstack": ("Unpack", "unstack"),
    "split": ("Split", "split"),
    "expand_dims": ("ExpandDims", "ExpandDims"),
    "squeeze": ("Squeeze", "Squeeze"),
    "reverse": ("ReverseV2", "ReverseV2"),
    "shape": ("Shape", "Shape"),
    "size": ("Size", "Size"),
    "rank": ("Rank", "Rank"),
    "slice_": ("Slice", "Slice"),
    "pad": ("Pad", "Pad"),
    "gather": ("GatherV2", "GatherV2"),
    "boolean_mask": ("GatherV2", "boolean_mask/GatherV2"),
    "embedding_lookup": ("Identity", "embedding_lookup/Identity"),
    "strided_slice": ("StridedSlice", "StridedSlice"),
    "get_item": ("StridedSlice", "strided_slice"),
    "meshgrid": ("Mul", "meshgrid/mul"),
    "repeat": ("Reshape", "Repeat/Reshape"),
    "matmul": ("MatMul", "MatMul"),
    "tensordot": ("Reshape", "Tensordot"),
    "einsum": ("Einsum", "einsum/Einsum"),
    "norm": ("Sqrt", "norm/Squeeze"),
    "l2_normalize": ("Mul", "l2_normalize"),
    "reduce_logsumexp": ("AddV2", "ReduceLogSumExp"),
    "reduce_variance": ("Mean", "reduce_variance/Mean_1"),
    "reduce_std": ("Sqrt", "reduce_std/Sqrt"),
    "count_nonzero": ("Sum", "count_nonzero/Sum"),
    "add_n": ("AddN", "AddN"),
    "accumulate_n": ("AddN", "AccumulateNV2"),
    "clip_by_value": ("Maximum", "clip_by_value"),
    "clip_by_norm": ("Identity", "clip_by_norm"),
    "clip_by_global_norm": ("Identity", "clip_by_global_norm/clip_by_global_norm/_0"),
    "global_norm": ("Sqrt", "global_norm/global_norm"),
    "l2_loss": ("L2Loss", "L2Loss"),
    "squared_difference": ("SquaredDifference", "SquaredDifference"),
    "normal": ("AddV2", "random_normal"),
    "uniform": ("RandomUniform", "random_uniform"),
    "truncated_normal": ("AddV2", "truncated_normal"),
    "shuffle": ("RandomShuffle", "RandomShuffle"),
    "categorical": ("Multinomial", "categorical/Multinomial"),
    "dropout": ("SelectV2", "dropout/SelectV2"),
    "moments": ("Squeeze", "moments/Squeeze"),
    "batch_normalization": ("AddV2", "batchnorm/add_1"),
    "bias_add": ("BiasAdd", "BiasAdd"),
    "conv2d": ("Conv2D", "Conv2D"),
    "conv2d_transpose": ("Conv2DBackpropInput", "conv2d_transpose"),
    "depthwise_conv2d": ("DepthwiseConv2dNative", "depthwise"),
    "max_pool": ("MaxPool", "MaxPool"),
    "max_pool2d": ("MaxPool", "MaxPool2d"),
    "avg_pool": ("AvgPool", "AvgPool"),
    "leaky_relu": ("LeakyRelu", "LeakyRelu"),
    "crelu": ("Relu", "CRelu"),
    "swish": ("Mul", "Swish/mul"),
    "log_sigmoid": ("Neg", "LogSigmoid"),
    "softmax_cross_entropy_with_logits": ("Reshape", "softmax_cross_entropy_with_logits/Reshape_2"),
    "softmax_cross_entropy_with_logits_v1": ("Reshape", "softmax_cross_entropy_with_logits_sg/Reshape_2"),
    "sparse_softmax_cross_entropy_with_logits": (
        "SparseSoftmaxCrossEntropyWithLogits",
        "SparseSoftmaxCrossEntropyWithLogits/SparseSoftmaxCrossEntropyWithLogits",
    ),
    "sigmoid_cross_entropy_with_logits": ("AddV2", "logistic_loss"),
    "weighted_cross_entropy_with_logits": ("AddV2", "logistic_loss"),
    "identity": ("Identity", "Identity"),
    "stop_gradient": ("StopGradient", "StopGradient"),
    "argmax": ("ArgMax", "ArgMax"),
    "argmin": ("ArgMin", "ArgMin"),
    "top_k": ("TopKV2", "TopKV2"),
    "in_top_k": ("InTopKV2", "in_top_k/InTopKV2"),
    "confusion_matrix": ("ScatterNd", "confusion_matrix/SparseTensorDenseAdd"),
    "equal": ("Equal", "Equal"),
    "tile": ("Tile", "Tile"),
    "map_fn": ("TensorArrayGatherV3", "map/TensorArrayStack/TensorListStack"),
    "scan": ("TensorArrayGatherV3", "scan/TensorArrayStack/TensorListStack"),
    "foldl": ("Exit", "foldl/while/Exit"),
    "foldr": ("Exit", "foldr/while/Exit"),
    "py_function": ("EagerPyFunc", "EagerPyFunc"),
    "numpy_function": ("PyFunc", "PyFunc"),
    "print_": ("PrintV2", "PrintV2"),
    "assert_": ("Assert", "Assert/Assert"),
}
"""For functions whose node is not simply named after the type of the last op they run."""

NAMED_AFTER_FUNCTION = ("tapeview.keras.", "tapeview.tf1.")
"""Functions of these packages give their own names to nodes: those of their types say little."""


def of_function(function: object, op_type: str) -> tuple[str, str]:
    """(type, name) of a node that calls ``function``, of whose run the last op is of type ``op_type``."""
    name = getattr(function, "__name__", "function")
    known = NAMES.get(name)
    if name == "where":
        return ("SelectV2", "SelectV2") if mode.v2_behaviour else ("Select", "Select")
    if known is not None:
        return known
    if not op_type or str(getattr(function, "__module__", "")).startswith(NAMED_AFTER_FUNCTION):
        return op_type or name, name
    return op_type, op_type


def scope_of(function: object) -> str:
    """The scope of a node that calls ``function``, before it is known what it runs."""
    name = getattr(function, "__name__", "function")
    known = NAMES.get(name)
    if known is not None:
        return known[1].partition("/")[0]
    return "".join(part.capitalize() for part in name.removeprefix("reduce_").split("_"))
