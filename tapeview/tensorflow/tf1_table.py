"""TensorFlow 1's names, in the form of `table.LOCAL`: ``tf.train`` stands here for TensorFlow 2's ``compat.v1.train``.

A name that is missing here is looked for among TensorFlow 2's: only what is new or different is listed. Namespaces of
TensorFlow 1 that are gone (``tf.contrib``) stand here as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_ENGINE = "tapeview.engine."
_TF1 = "tapeview.tf1."
_OPS = _ENGINE + "ops."
_SCRIPTING = _ENGINE + "scripting."

_FLAGS = """
    DEFINE_bool=DEFINE_boolean DEFINE_boolean DEFINE_enum DEFINE_float DEFINE_integer DEFINE_list DEFINE_string
    DuplicateFlagError Error FLAGS Flag FlagValues IllegalFlagValueError UnrecognizedFlagError mark_flag_as_required
"""

_CELLS = {
    _TF1 + "rnn.cells": "BasicLSTMCell BasicRNNCell GRUCell LSTMCell LSTMStateTuple RNNCell",
    _TF1 + "rnn.wrappers": """
        DeviceWrapper DropoutWrapper EmbeddingWrapper InputProjectionWrapper MultiRNNCell OutputProjectionWrapper
        ResidualWrapper
    """,
}
_OLD_SEQ2SEQ = {
    _TF1 + "seq2seq": """
        basic_rnn_seq2seq rnn_decoder sequence_loss=sequence_loss_of_lists sequence_loss_by_example
    """
}
_LOOPS = "static_bidirectional_rnn static_rnn"

TF1: Final[Mapping[str, Mapping[str, str]]] = {
    "tf": {
        _ENGINE + "deferred": """
            AUTO_REUSE Dimension Graph GraphKeys IndexedSlicesValue InteractiveSession Operation Session VariableScope
            add_to_collection add_to_collections all_variables assert_variables_initialized assign assign_add assign_sub
            count_up_to get_collection get_collection_ref get_default_graph get_default_session get_local_variable
            get_variable get_variable_scope global_variables global_variables_initializer gradients
            initialize_all_variables initialize_local_variables initialize_variables is_variable_initialized
            local_variables local_variables_initializer model_variables moving_average_variables op_scope=name_scope
            placeholder placeholder_with_default report_uninitialized_variables reset_default_graph scatter_add
            scatter_div scatter_max scatter_min scatter_mul scatter_nd_add scatter_nd_sub scatter_nd_update scatter_sub
            scatter_update tables_initializer
            initialize_all_tables=tables_initializer trainable_variables variable_op_scope variable_scope
            variables_initializer
        """,
        _TF1 + "older": """
            Print arg_max arg_min argmax argmin batch_matmul boolean_mask concat confusion_matrix constant count_nonzero
            expand_dims gather multinomial norm ones_like pack py_func reduce_all reduce_any reduce_logsumexp reduce_max
            reduce_mean reduce_min reduce_prod reduce_sum reverse_sequence select split squeeze string_join to_double
            to_float to_int32 to_int64 unpack zeros_like
        """,
        _OPS + "arithmetic": "div div_no_nan=divide_no_nan squared_difference",
        _SCRIPTING + "text": "string_to_number=to_number",
        _OPS + "checks": "check_numerics verify_tensor_all_finite=check_numerics",
        _OPS + "comparison": "logical_xor",
        _OPS + "complex_numbers": "conj imag real",
        _OPS + "creation": "lin_space=linspace",
        _OPS + "cumulative": "cumprod",
        _OPS + "diagonals": "diag=tensor_diag diag_part=tensor_diag_part matrix_diag=diag matrix_band_part=band_part "
        "matrix_diag_part=diag_part matrix_set_diag=set_diag trace",
        _OPS + "elementwise": "floor_div=floordiv mod=floormod mul=multiply neg=negative sub=subtract",
        _OPS + "exponential": "expm1 log log1p rsqrt",
        _OPS + "extremes": "global_norm",
        _OPS + "linalg": "matrix_transpose",
        _OPS + "matrices": """
            cholesky cholesky_solve matrix_determinant=det matrix_inverse=inv matrix_solve=solve
            matrix_solve_ls=lstsq matrix_triangular_solve=triangular_solve
        """,
        _OPS + "random": """
            random_gamma=gamma random_normal=normal random_poisson=poisson random_shuffle=shuffle random_uniform=uniform
            truncated_normal
        """,
        _OPS + "rounding": "ceil floor is_finite is_inf is_nan rint",
        _OPS + "segments": """
            segment_max segment_mean segment_min segment_prod segment_sum unsorted_segment_max unsorted_segment_mean
            unsorted_segment_min unsorted_segment_prod unsorted_segment_sqrt_n unsorted_segment_sum
        """,
        _OPS + "sorting": "bincount invert_permutation",
        _OPS + "special_functions": "digamma erf erfc lbeta lgamma polygamma zeta",
        _OPS + "spectra": "self_adjoint_eig=eigh self_adjoint_eigvals=eigvalsh qr svd",
        _ENGINE + "seeds": "set_random_seed=set_seed",
        _TF1 + "behaviour": """
            disable_eager_execution disable_v2_behavior enable_eager_execution enable_v2_behavior=enable_eager_execution
        """,
        _SCRIPTING + "config": """
            disable_control_flow_v2=accept disable_resource_variables=accept disable_tensor_equality=accept
            disable_v2_tensorshape=accept enable_control_flow_v2=accept enable_resource_variables=accept
            enable_tensor_equality=accept enable_v2_tensorshape=accept
        """,
        _SCRIPTING + "functions": "executing_eagerly executing_eagerly_outside_functions=executing_eagerly",
        _TF1 + "protos": "ConfigProto GPUOptions GraphOptions NodeDef OptimizerOptions RunMetadata RunOptions",
    },
    "tf.contrib.eager": {
        _ENGINE + "custom_gradient": "custom_gradient",
        _SCRIPTING + "config": "list_devices=list_physical_devices",
        _SCRIPTING + "control": "py_func=py_function",
        _SCRIPTING + "functions": "executing_eagerly function",
        _TF1 + "behaviour": "enable_eager_execution enable_v2_behavior=enable_eager_execution",
        _TF1 + "eager": """
            gradients_function implicit_gradients implicit_value_and_gradients num_gpus value_and_gradients_function
        """,
        "tapeview.keras.models.model": "Network=Model",
    },
    "tf.contrib.factorization": {_TF1 + "kmeans": "KMeans"},
    "tf.app": {_TF1 + "flags": "run"},
    "tf.app.flags": {_TF1 + "flags": _FLAGS},
    "tf.gfile": {
        _TF1 + "files": """
            Copy=copy DeleteRecursively=rmtree Exists=exists FastGFile=GFile GFile Glob=glob_names IsDirectory=isdir
            ListDirectory=listdir MakeDirs=makedirs MkDir=mkdir Open=GFile Remove=remove Rename=rename Stat=stat
            Walk=walk_in_order
        """
    },
    "tf.flags": {_TF1 + "flags": _FLAGS},
    "tf.logging": {
        _TF1 + "messages": """
            debug error fatal flush get_verbosity info log log_every_n log_first_n log_if set_verbosity vlog warn
            warning=warn
        """
    },
    "tf.math": {
        _TF1 + "older": """
            argmax argmin confusion_matrix count_nonzero in_top_k l2_normalize log_softmax reduce_all reduce_any
            reduce_logsumexp reduce_max reduce_mean reduce_min reduce_prod reduce_sum softmax
        """
    },
    "tf.nn": {
        _TF1 + "older": """
            avg_pool conv1d conv2d conv2d_transpose depthwise_conv2d depthwise_conv2d_native=depthwise_conv2d dropout
            embedding_lookup in_top_k l2_normalize log_softmax max_pool moments relu_layer separable_conv2d
            sigmoid_cross_entropy_with_logits softmax softmax_cross_entropy_with_logits_v2
            sparse_softmax_cross_entropy_with_logits weighted_cross_entropy_with_logits xw_plus_b
        """,
        _TF1 + "sampling": "log_uniform_candidate_sampler nce_loss sampled_softmax_loss uniform_candidate_sampler",
        _TF1 + "rnn.loops": f"bidirectional_dynamic_rnn bidirectional_rnn=static_bidirectional_rnn dynamic_rnn "
        f"rnn=static_rnn {_LOOPS}",
    },
    "tf.nn.rnn_cell": _CELLS,
    "tf.nn.seq2seq": _OLD_SEQ2SEQ,
    "tf.contrib.legacy_seq2seq": _OLD_SEQ2SEQ,
    "tf.contrib.seq2seq": {_TF1 + "seq2seq": "sequence_loss"},
    "tf.contrib.rnn": {**_CELLS, _TF1 + "rnn.loops": _LOOPS},
    "tf.random": {
        _ENGINE + "seeds": "set_random_seed=set_seed",
        _TF1 + "older": "multinomial",
        _TF1 + "sampling": "log_uniform_candidate_sampler uniform_candidate_sampler",
    },
}
"""For each namespace: module -> the words of the objects that live there."""

CONSTANTS: Final[Mapping[str, Mapping[str, object]]] = {
    "tf.compat.v1.logging": {"DEBUG": 10, "INFO": 20, "WARN": 30, "WARNING": 30, "ERROR": 40, "FATAL": 50},
}
"""Names whose values are plain Python values; the namespaces are written out in full."""
