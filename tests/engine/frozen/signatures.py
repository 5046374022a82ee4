"""Functions whose arguments are frozen: their names, their order and which have a default."""

from __future__ import annotations

import inspect
from typing import Any

_NAMES = """
    abs add add_n acos acosh asin asinh atan atan2 atanh cast clip_by_global_norm clip_by_norm clip_by_value complex
    cos cosh cumsum divide einsum equal exp floor greater greater_equal identity less less_equal linalg.adjoint
    linalg.band_part linalg.cholesky linalg.cholesky_solve linalg.cross linalg.det linalg.diag linalg.diag_part
    linalg.eigh linalg.eigvalsh linalg.global_norm linalg.inv linalg.logdet linalg.lstsq linalg.matmul
    linalg.matrix_transpose linalg.matvec linalg.normalize linalg.qr linalg.set_diag linalg.slogdet linalg.solve
    linalg.svd linalg.tensor_diag linalg.tensor_diag_part linalg.trace linalg.triangular_solve logical_and logical_not
    logical_or math.accumulate_n math.angle math.ceil math.conj math.count_nonzero math.cumprod
    math.cumulative_logsumexp math.digamma math.divide_no_nan math.erf math.erfc math.expm1 math.floordiv
    math.floormod math.imag math.is_finite math.is_inf math.is_nan math.l2_normalize math.lbeta math.lgamma math.log
    math.log1p math.log_sigmoid math.log_softmax math.logical_xor math.multiply_no_nan math.polygamma math.real
    math.reciprocal math.reciprocal_no_nan math.reduce_euclidean_norm math.reduce_std math.reduce_variance math.rint
    math.rsqrt math.scalar_mul math.softplus math.squared_difference math.xdivy math.xlog1py math.xlogy math.zeta
    maximum minimum multiply negative nn.crelu nn.elu nn.gelu nn.l2_loss nn.leaky_relu nn.log_softmax nn.relu nn.relu6
    nn.selu nn.silu nn.softmax nn.softsign nn.swish norm not_equal ones_like pow reduce_all reduce_any
    reduce_logsumexp reduce_max reduce_mean reduce_min reduce_prod reduce_sum round sigmoid sign sin sinh sqrt square
    stop_gradient subtract tan tanh tensordot truediv truncatediv truncatemod where zeros_like
"""
FUNCTIONS = _NAMES.split()


def arguments(tf: Any, path: str) -> list[str]:
    """The arguments of ``tf.<path>``: ``"x"`` has none, ``"x="`` a default, ``"*x"`` and ``"**x"`` take any number."""
    function = tf
    for word in path.split("."):
        function = getattr(function, word)
    marks = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
    return [
        marks.get(p.kind, "") + p.name + ("=" if p.default is not inspect.Parameter.empty else "")
        for p in inspect.signature(function).parameters.values()
    ]
