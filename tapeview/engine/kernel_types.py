"""Which element types each op's kernel takes, in the order and the words in which TensorFlow's messages list them."""

from __future__ import annotations

from typing import Any

from tapeview.engine.errors import dtype_not_allowed
from tapeview.engine.tensor import EagerTensor

_REAL = "bfloat16 half float double"
_NN = "half bfloat16 float double"
_FLOAT = f"{_REAL} complex64 complex128"
_SIGNED = "int8 int16 int32 int64"
_NUMBER = (
    "float double int32 uint8 int16 int8 complex64 int64 qint8 quint8 qint32 bfloat16 qint16 quint16 uint16 complex128 "
    "half uint32 uint64"
)
_ORDERED = "float double int32 uint8 int16 int8 int64 bfloat16 uint16 half uint32 uint64"
_ARITHMETIC = f"{_REAL} uint8 int8 uint16 int16 int32 uint32 uint64 int64 complex64 complex128"
_EXTREME = f"{_ORDERED} qint8 quint8 qint32 qint16 quint16"
_LINEAR = "double float half complex64 complex128"
_BITS = "int8 int16 int32 int64 uint8 uint16 uint32 uint64"

_UNARY = "x:T -> y:T"
_BINARY = "x:T, y:T -> z:T"
_FEATURES = "features:T -> activations:T"
_COMPARISON = "x:T, y:T -> z:bool"
_REDUCTION = "input:T, reduction_indices:Tidx -> output:T"
_SCAN = "x:T, axis:Tidx -> out:T"
_MATRIX = "input:T -> output:T"
_KEEP = "attr=keep_dims:bool,default=false; "
_DIRECTION = "attr=exclusive:bool,default=false; attr=reverse:bool,default=false; "
_TIDX = "; attr=Tidx:type,default=DT_INT32,allowed=[DT_INT32, DT_INT64]"
_COMMUTES = "; is_commutative=true"
_AGGREGATES = f"{_COMMUTES}; is_aggregate=true"

_Spec = tuple[str, str, str, str]
"""(types, signature, what stands before and after the types in the op's definition)"""

_SPECS: dict[str, _Spec] = {
    "AddV2": (
        f"{_REAL} uint8 uint16 uint32 uint64 int8 int16 int32 int64 complex64 complex128", _BINARY, "", _AGGREGATES
    ),
    "Sub": (
        f"{_REAL} uint8 int8 uint16 int16 int32 int64 complex64 complex128 uint32 uint64", _BINARY, "", ""
    ),
    "Mul": (_ARITHMETIC, _BINARY, "", _COMMUTES),
    "FloorMod": (f"{_BITS} {_REAL}", _BINARY, "", ""),
    "TruncateMod": (f"int32 int64 {_REAL}", _BINARY, "", ""),
    "Pow": (f"bfloat16 float half double {_SIGNED} complex64 complex128", _BINARY, "", ""),
    "SquaredDifference": (f"{_REAL} int32 int64 complex64 complex128", _BINARY, "", _COMMUTES),
    "AddN": (f"{_NUMBER} variant", "inputs:N*T -> sum:T", "attr=N:int,min=1; ", _AGGREGATES),
    "Square": (f"{_REAL} {_BITS} complex64 complex128", _UNARY, "", ""),
    "Abs": (f"{_REAL} {_SIGNED}", _UNARY, "", ""),
    "Relu": (f"{_ORDERED} qint8", _FEATURES, "", ""),
    "Relu6": (_ORDERED, _FEATURES, "", ""),
    "LeakyRelu": (_NN, _FEATURES, "attr=alpha:float,default=0.2; ", ""),
    "Softmax": (_NN, "logits:T -> softmax:T", "", ""),
    "LogSoftmax": (_NN, "logits:T -> logsoftmax:T", "", ""),
    "L2Loss": (_NN, "t:T -> output:T", "", ""),
    "Atan2": (_REAL, "y:T, x:T -> z:T", "", ""),
    "Polygamma": ("float double", "a:T, x:T -> z:T", "", ""),
    "Zeta": ("float double", "x:T, q:T -> z:T", "", ""),
    "CumulativeLogsumexp": (_REAL, _SCAN, _DIRECTION, _TIDX),
    "MatMul": (
        f"{_REAL} int32 int64 uint8 uint16 uint32 uint64 complex64 complex128", "a:T, b:T -> product:T",
        "attr=transpose_a:bool,default=false; attr=transpose_b:bool,default=false; ", "",
    ),
    "BatchMatMulV2": (
        f"{_REAL} int16 int32 int64 uint8 uint16 uint32 uint64 complex64 complex128", "x:T, y:T -> output:T", "",
        "; attr=adj_x:bool,default=false; attr=adj_y:bool,default=false",
    ),
    "MatrixDeterminant": ("half float double complex64 complex128", _MATRIX, "", ""),
    "LogMatrixDeterminant": (
        "half float double complex64 complex128", "input:T -> sign:T, log_abs_determinant:T", "", ""
    ),
    "Cholesky": (_LINEAR, _MATRIX, "", ""),
    "MatrixInverse": (_LINEAR, _MATRIX, "attr=adjoint:bool,default=false; ", ""),
    "MatrixSolve": (_LINEAR, "matrix:T, rhs:T -> output:T", "attr=adjoint:bool,default=false; ", ""),
    "MatrixTriangularSolve": (
        f"bfloat16 {_LINEAR}", "matrix:T, rhs:T -> output:T",
        "attr=lower:bool,default=true; attr=adjoint:bool,default=false; ", "",
    ),
    "SelfAdjointEigV2": (_LINEAR, "input:T -> e:T, v:T", "attr=compute_v:bool,default=true; ", ""),
    "Qr": (_LINEAR, "input:T -> q:T, r:T", "attr=full_matrices:bool,default=false; ", ""),
    "Svd": (
        _LINEAR, "input:T -> s:T, u:T, v:T",
        "attr=compute_uv:bool,default=true; attr=full_matrices:bool,default=false; ", "",
    ),
}  # fmt: skip


def _same(names: str, *spec: str) -> None:
    types, signature, *around = spec
    before, after = around or ("", "")
    for name in names.split():
        _SPECS[name] = (types, signature, before, after)


_same(
    "Sqrt Rsqrt Exp Expm1 Log Log1p Sigmoid Tanh Sin Cos Tan Asin Acos Atan Sinh Cosh Asinh Acosh Atanh", _FLOAT, _UNARY
)
_same("Erf Erfc Lgamma Digamma Floor Ceil Rint", _REAL, _UNARY)
_same("IsNan IsInf IsFinite", _REAL, "x:T -> y:bool")
_same("Neg Sign Reciprocal Round", f"{_REAL} {_SIGNED} complex64 complex128", _UNARY)
_same("RealDiv FloorDiv TruncateDiv Div", _ARITHMETIC, _BINARY)
_same("MulNoNan", _FLOAT, _BINARY)
_same("DivNoNan", "half float bfloat16 double complex64 complex128", _BINARY)
_same("Xlogy Xlog1py Xdivy", f"{_NN} complex64 complex128", _BINARY)
_same("Maximum Minimum", f"{_REAL} int8 uint8 int16 uint16 int32 uint32 int64 uint64", _BINARY)
_same("Less LessEqual Greater GreaterEqual", _ORDERED, _COMPARISON)
_same("Elu Selu Softplus Softsign", _NN, _FEATURES)
_same("Sum Mean Prod EuclideanNorm", _NUMBER, _REDUCTION, _KEEP, _TIDX)
_same("Max Min", _EXTREME, _REDUCTION, _KEEP, _TIDX)
_same("Cumsum Cumprod", _NUMBER, _SCAN, _DIRECTION, _TIDX)
_same("BitwiseAnd BitwiseOr BitwiseXor", _BITS, _BINARY, "", _COMMUTES)
_same("Invert", _BITS, _UNARY)


def check(op: str, tensor: EagerTensor, given: Any = None) -> None:
    """Raises InvalidArgumentError if ``op`` has no kernel for the tensor's type; ops without an entry take any.

    ``given`` is what the script passed: the message ends differently for a list.
    """
    spec = _SPECS.get(op)
    if spec is None:
        return
    types, signature, before, after = spec
    allowed = tuple(types.split())
    if tensor.dtype.word not in allowed:
        name = None if isinstance(given, (list, tuple)) else ""
        raise dtype_not_allowed(op, tensor.dtype.word, allowed, signature, before, after, name)
