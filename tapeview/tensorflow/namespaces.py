"""Which names TensorFlow 2.15 has in which namespace, as far as scripts with tapes use them.

This is TensorFlow's shape and says nothing about what tapeview has: `table` does. A word means the same object
wherever it stands here; namespaces that give a word a meaning of their own (``tf.initializers.zeros``) stand in
`table`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_DTYPES = """
    bfloat16 bool complex128 complex64 double float16 float32 float64 half int16 int32 int64 int8 string uint16 uint32
    uint64 uint8 DType as_dtype
"""

_COMPARISON = "equal greater greater_equal less less_equal not_equal logical_and logical_not logical_or"

_ARITHMETIC = """
    abs add add_n cumsum divide maximum minimum multiply negative pow scalar_mul sign square subtract truediv
"""

_REDUCTIONS = """
    argmax argmin reduce_all reduce_any reduce_logsumexp reduce_max reduce_mean reduce_min reduce_prod reduce_sum
"""

_FUNCTIONS = "acos acosh asin asinh atan atan2 atanh ceil cos cosh exp floor round sigmoid sin sinh sqrt tan tanh"

NAMESPACES: Final[Mapping[str, str]] = {
    "tf": f"""
        {_DTYPES} {_COMPARISON} {_ARITHMETIC} {_REDUCTIONS} {_FUNCTIONS}
        Assert CriticalSection GradientTape Graph IndexedSlices Module Operation RaggedTensor SparseTensor Tensor
        TensorArray TensorShape TensorSpec TypeSpec UnconnectedGradients Variable VariableAggregation
        VariableSynchronization
        argsort as_string assert_equal assert_greater assert_less assert_rank batch_to_space boolean_mask
        broadcast_dynamic_shape broadcast_static_shape broadcast_to case cast clip_by_global_norm clip_by_norm
        clip_by_value complex concat cond constant constant_initializer control_dependencies convert_to_tensor
        custom_gradient device dynamic_partition dynamic_stitch edit_distance eig eigvals einsum ensure_shape
        executing_eagerly expand_dims extract_volume_patches eye fill fingerprint floordiv foldl foldr function gather
        gather_nd get_logger get_static_value grad_pass_through gradients group guarantee_const hessians
        histogram_fixed_width histogram_fixed_width_bins identity identity_n init_scope inside_function
        is_symbolic_tensor is_tensor linspace load_library load_op_library make_ndarray make_tensor_proto map_fn
        matmul matrix_square_root meshgrid name_scope no_gradient no_op nondifferentiable_batch_function norm
        numpy_function one_hot ones ones_initializer ones_like pad parallel_stack print py_function random_index_shuffle
        random_normal_initializer random_uniform_initializer range rank realdiv recompute_grad
        register_tensor_conversion_function repeat required_space_to_batch_paddings reshape reverse reverse_sequence
        roll saturate_cast scan scatter_nd searchsorted sequence_mask shape shape_n size slice sort space_to_batch
        split squeeze stack stop_gradient strided_slice switch_case tensor_scatter_nd_add tensor_scatter_nd_max
        tensor_scatter_nd_min tensor_scatter_nd_sub tensor_scatter_nd_update tensordot tile timestamp transpose
        truncatediv truncatemod tuple type_spec_from_value unique unique_with_counts unravel_index unstack
        variable_creator_scope vectorized_map where while_loop zeros zeros_initializer zeros_like
    """,
    "tf.math": f"""
        {_COMPARISON} {_ARITHMETIC} {_REDUCTIONS} {_FUNCTIONS}
        accumulate_n angle approx_max_k approx_min_k bessel_i0 bessel_i0e bessel_i1 bessel_i1e betainc bincount
        confusion_matrix conj count_nonzero cumulative_logsumexp cumprod digamma divide_no_nan erf erfc erfcinv erfinv
        expm1 floordiv floormod igamma igammac imag in_top_k invert_permutation is_finite is_inf is_nan
        is_non_decreasing is_strictly_increasing l2_normalize lbeta lgamma log log1p log_sigmoid log_softmax logical_xor
        mod multiply_no_nan ndtri nextafter polygamma polyval real reciprocal reciprocal_no_nan
        reduce_euclidean_norm reduce_std reduce_variance rint rsqrt segment_max segment_mean segment_min segment_prod
        segment_sum sobol_sample softmax softplus softsign special squared_difference top_k unsorted_segment_max
        unsorted_segment_mean unsorted_segment_min unsorted_segment_prod unsorted_segment_sqrt_n unsorted_segment_sum
        xdivy xlog1py xlogy zero_fraction zeta
    """,
    "tf.nn": """
        all_candidate_sampler approx_max_k approx_min_k atrous_conv2d atrous_conv2d_transpose avg_pool avg_pool1d
        avg_pool2d avg_pool3d batch_norm_with_global_normalization batch_normalization bias_add collapse_repeated
        compute_accidental_hits compute_average_loss conv1d conv1d_transpose conv2d conv2d_transpose conv3d
        conv3d_transpose conv_transpose convolution crelu ctc_loss depth_to_space depthwise_conv2d
        dilation2d dropout elu embedding_lookup embedding_lookup_sparse erosion2d fractional_avg_pool
        fractional_max_pool gelu in_top_k isotonic_regression l2_loss l2_normalize leaky_relu
        local_response_normalization log_poisson_loss log_softmax lrn max_pool max_pool1d max_pool2d max_pool3d
        max_pool_with_argmax moments nce_loss normalize_moments pool relu relu6 safe_embedding_lookup_sparse
        sampled_softmax_loss scale_regularization_loss selu separable_conv2d sigmoid sigmoid_cross_entropy_with_logits
        silu softmax softmax_cross_entropy_with_logits softplus softsign space_to_depth
        sparse_softmax_cross_entropy_with_logits sufficient_statistics swish tanh top_k
        weighted_cross_entropy_with_logits weighted_moments with_space_to_batch zero_fraction
    """,
    "tf.linalg": """
        adjoint band_part banded_triangular_solve cholesky cholesky_solve cross det diag diag_part eig eigh eigvals
        eigvalsh einsum expm eye global_norm inv l2_normalize logdet logm lstsq lu lu_matrix_inverse lu_reconstruct
        lu_solve matmul matrix_rank matrix_transpose matvec norm normalize pinv qr set_diag slogdet solve sqrtm svd
        tensor_diag tensor_diag_part tensordot trace triangular_solve tridiagonal_matmul tridiagonal_solve
    """,
    "tf.bitwise": "bitwise_and bitwise_or bitwise_xor invert left_shift right_shift",
    "tf.random": """
        Algorithm Generator all_candidate_sampler categorical create_rng_state fixed_unigram_candidate_sampler gamma
        get_global_generator normal poisson set_global_generator set_seed shuffle stateless_binomial
        stateless_categorical stateless_gamma stateless_normal stateless_poisson stateless_truncated_normal
        stateless_uniform truncated_normal uniform
    """,
    "tf.dtypes": f"{_DTYPES} cast complex saturate_cast",
    "tf.errors": """
        AbortedError AlreadyExistsError CancelledError DataLossError DeadlineExceededError FailedPreconditionError
        InternalError InvalidArgumentError NotFoundError OpError OutOfRangeError PermissionDeniedError
        ResourceExhaustedError UnauthenticatedError UnavailableError UnimplementedError UnknownError
        OperatorNotAllowedInGraphError OK CANCELLED UNKNOWN INVALID_ARGUMENT DEADLINE_EXCEEDED NOT_FOUND
        ALREADY_EXISTS PERMISSION_DENIED RESOURCE_EXHAUSTED FAILED_PRECONDITION ABORTED OUT_OF_RANGE UNIMPLEMENTED
        INTERNAL UNAVAILABLE DATA_LOSS UNAUTHENTICATED
    """,
    "tf.debugging": """
        Assert assert_all_finite assert_equal assert_greater assert_greater_equal assert_integer assert_less
        assert_less_equal assert_near assert_negative assert_non_negative assert_non_positive assert_none_equal
        assert_positive assert_proper_iterable assert_rank assert_rank_at_least assert_rank_in
        assert_scalar assert_shapes
        assert_type check_numerics
        disable_check_numerics enable_check_numerics is_numeric_tensor set_log_device_placement
    """,
    "tf.autodiff": "ForwardAccumulator GradientTape",
    "tf.image": "adjust_contrast",
    "tf.signal": "dct fft fft2d idct ifft ifft2d irfft rfft stft",
    "tf.config": """
        LogicalDevice LogicalDeviceConfiguration PhysicalDevice experimental_run_functions_eagerly
        functions_run_eagerly get_logical_device_configuration get_soft_device_placement get_visible_devices
        list_logical_devices list_physical_devices run_functions_eagerly set_logical_device_configuration
        set_soft_device_placement set_visible_devices
    """,
    "tf.test": "gpu_device_name is_built_with_cuda is_built_with_gpu_support is_built_with_rocm is_gpu_available",
    "tf.nest": "assert_same_structure flatten is_nested map_structure pack_sequence_as",
    "tf.autograph": "set_verbosity to_code to_graph trace",
    "tf.autograph.experimental": "Feature do_not_convert set_loop_options",
}
