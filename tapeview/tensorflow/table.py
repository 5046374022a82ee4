"""The table behind `names`: where the objects live that tapeview has.

To make a name known, add its word to its module's line in `HOMES`; it then appears in every namespace in which
TensorFlow has it (`namespaces`). ``"range=range_"`` says that ``tf.range`` is ``range_`` in the module. A namespace
whose words have a meaning of their own (``tf.keras.layers``, ``tf.initializers``) has its modules and words in `LOCAL`,
Keras's in `keras_table`, TensorFlow 1's in `tf1_table`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tapeview.tensorflow.keras_table import KERAS as _KERAS
from tapeview.tensorflow.layer_names import KERAS
from tapeview.tensorflow.namespaces import NAMESPACES
from tapeview.tensorflow.tf1_library import LIBRARY
from tapeview.tensorflow.tf1_table import TF1

_ENGINE = "tapeview.engine."
_OPS = _ENGINE + "ops."
_SCRIPTING = _ENGINE + "scripting."

HOMES: Final[Mapping[str, str]] = {
    _ENGINE + "custom_gradient": "custom_gradient grad_pass_through recompute_grad",
    _ENGINE + "deferred": "Graph Operation",
    _ENGINE + "dtypes": """
        DType as_dtype bool=bool_ complex128 complex64 double=float64 float16 float32 float64 half=float16 int16 int32
        int64 int8 string uint16 uint32 uint64 uint8
    """,
    _ENGINE + "errors": """
        AbortedError AlreadyExistsError CancelledError DataLossError DeadlineExceededError FailedPreconditionError
        InternalError InvalidArgumentError NotFoundError OpError OperatorNotAllowedInGraphError OutOfRangeError
        PermissionDeniedError ResourceExhaustedError UnauthenticatedError UnavailableError UnimplementedError
        UnknownError OK CANCELLED UNKNOWN INVALID_ARGUMENT DEADLINE_EXCEEDED NOT_FOUND ALREADY_EXISTS
        PERMISSION_DENIED RESOURCE_EXHAUSTED FAILED_PRECONDITION ABORTED OUT_OF_RANGE UNIMPLEMENTED INTERNAL
        UNAVAILABLE DATA_LOSS UNAUTHENTICATED
    """,
    _ENGINE + "forward": "ForwardAccumulator",
    _ENGINE + "indexed_slices": "IndexedSlices",
    _ENGINE + "names": "name_scope",
    _OPS + "activation": """
        crelu elu gelu leaky_relu log_sigmoid log_softmax relu relu6 selu silu softmax softplus softsign swish
    """,
    _OPS + "arithmetic": """
        accumulate_n add_n divide_no_nan multiply_no_nan reciprocal reciprocal_no_nan scalar_mul squared_difference
        truediv truncatediv truncatemod xdivy
    """,
    _OPS + "arrange": """
        depth_to_space meshgrid repeat reverse reverse_sequence roll space_to_depth split tile unstack
    """,
    _OPS + "bitwise": "bitwise_and bitwise_or bitwise_xor invert left_shift right_shift",
    _OPS + "checks": "check_numerics ensure_shape",
    _OPS + "comparison": """
        equal greater greater_equal less less_equal logical_and logical_not logical_or logical_xor not_equal
    """,
    _OPS + "complex_numbers": "angle complex conj imag real",
    _OPS + "conv": "conv1d conv2d conv2d_transpose convolution",
    _OPS + "creation": """
        constant convert_to_tensor eye fill is_tensor linspace one_hot ones range=range_ sequence_mask zeros
    """,
    _OPS + "cumulative": "cumprod cumsum cumulative_logsumexp",
    _OPS + "depthwise": "depthwise_conv2d separable_conv2d",
    _OPS + "diagonals": "band_part diag diag_part set_diag tensor_diag tensor_diag_part trace",
    _OPS + "einsum": "einsum",
    _OPS + "elementwise": """
        abs add cast divide floordiv floormod identity mod=floormod multiply negative ones_like pow=power
        realdiv=divide sign square stop_gradient subtract zeros_like
    """,
    _OPS + "exponential": "exp expm1 log log1p rsqrt sigmoid sqrt tanh xlog1py xlogy",
    _OPS + "extremes": "clip_by_global_norm clip_by_norm clip_by_value global_norm l2_loss maximum minimum",
    _OPS + "images": "adjust_contrast",
    _OPS + "index": "boolean_mask gather strided_slice",
    _OPS + "linalg": "adjoint cross matmul matrix_transpose matvec tensordot",
    _OPS + "losses": """
        log_poisson_loss sigmoid_cross_entropy_with_logits softmax_cross_entropy_with_logits
        sparse_softmax_cross_entropy_with_logits weighted_cross_entropy_with_logits
    """,
    _OPS + "matrices": "cholesky cholesky_solve det inv logdet lstsq slogdet solve triangular_solve",
    _OPS + "nn": "batch_normalization bias_add dropout embedding_lookup moments",
    _OPS + "norms": "l2_normalize norm normalize",
    _OPS + "padding": "pad slice=slice_",
    _OPS + "partition": "dynamic_partition dynamic_stitch",
    _OPS + "pool": "avg_pool avg_pool1d avg_pool2d max_pool max_pool1d max_pool2d",
    _OPS + "random": "categorical gamma normal poisson shuffle truncated_normal uniform",
    _OPS + "random_stateless": """
        Algorithm Generator create_rng_state get_global_generator set_global_generator stateless_categorical
        stateless_normal stateless_truncated_normal stateless_uniform stateless_gamma stateless_poisson
    """,
    _OPS + "reduction": """
        count_nonzero reduce_all reduce_any reduce_euclidean_norm reduce_logsumexp reduce_max reduce_mean reduce_min
        reduce_prod reduce_std reduce_sum reduce_variance
    """,
    _OPS + "rounding": "ceil floor is_finite is_inf is_nan rint round",
    _OPS + "scatter": """
        gather_nd scatter_nd tensor_scatter_nd_add tensor_scatter_nd_max tensor_scatter_nd_min tensor_scatter_nd_sub
        tensor_scatter_nd_update
    """,
    _OPS + "segments": """
        segment_max segment_mean segment_min segment_prod segment_sum unsorted_segment_max unsorted_segment_mean
        unsorted_segment_min unsorted_segment_prod unsorted_segment_sqrt_n unsorted_segment_sum
    """,
    _OPS + "select": "where",
    _OPS + "shape": """
        broadcast_dynamic_shape broadcast_static_shape broadcast_to concat expand_dims rank reshape shape shape_n size
        squeeze stack transpose
    """,
    _OPS + "shortcuts": """
        atrous_conv2d conv1d_transpose is_non_decreasing is_strictly_increasing normalize_moments polyval saturate_cast
        sufficient_statistics unravel_index weighted_moments zero_fraction
    """,
    _OPS + "sorting": """
        argmax argmin argsort bincount confusion_matrix histogram_fixed_width in_top_k invert_permutation searchsorted
        sort top_k unique unique_with_counts
    """,
    _OPS + "special_functions": "digamma erf erfc lbeta lgamma polygamma zeta",
    _OPS + "spectra": "eigh eigvalsh qr svd",
    _OPS + "volumes": "avg_pool3d conv3d conv3d_transpose max_pool3d",
    _OPS + "trigonometric": "acos acosh asin asinh atan atan2 atanh cos cosh sin sinh tan",
    _SCRIPTING + "config": """
        LogicalDevice LogicalDeviceConfiguration PhysicalDevice device get_logical_device_configuration=accept
        get_soft_device_placement=yes get_visible_devices gpu_device_name=no_name is_built_with_cuda=no
        is_built_with_gpu_support=no is_built_with_rocm=no is_gpu_available=no list_logical_devices
        list_physical_devices set_logical_device_configuration=accept set_soft_device_placement=accept
        set_visible_devices=accept timestamp
    """,
    _SCRIPTING + "control": """
        case cond control_dependencies foldl foldr get_static_value gradients group hessians identity_n map_fn no_op
        numpy_function py_function scan switch_case tuple=tuple_ vectorized_map while_loop
    """,
    _SCRIPTING + "debugging": """
        Assert=assert_ assert_all_finite assert_equal assert_greater assert_greater_equal assert_integer assert_less
        assert_less_equal assert_near assert_negative assert_non_negative assert_non_positive assert_none_equal
        assert_positive assert_rank assert_rank_at_least assert_rank_in assert_scalar assert_shapes assert_type
        is_numeric_tensor
    """,
    _SCRIPTING + "functions": """
        do_not_convert executing_eagerly experimental_run_functions_eagerly=run_functions_eagerly function
        functions_run_eagerly init_scope inside_function run_functions_eagerly set_loop_options set_verbosity to_code
        to_graph Feature
    """,
    _SCRIPTING + "initializers": """
        constant_initializer=Constant ones_initializer=Ones random_normal_initializer=RandomNormal
        random_uniform_initializer=RandomUniform zeros_initializer=Zeros
    """,
    _SCRIPTING + "module": "Module",
    _SCRIPTING + "printing": "print=print_",
    _SCRIPTING + "specs": "TensorSpec",
    _SCRIPTING + "structure": "assert_same_structure flatten is_nested map_structure pack_sequence_as",
    _SCRIPTING + "tensor_array": "TensorArray",
    _SCRIPTING + "text": "as_string",
    _ENGINE + "seeds": "set_seed",
    _ENGINE + "shapes": "TensorShape",
    _ENGINE + "tape": "GradientTape UnconnectedGradients",
    _ENGINE + "tensor": "Tensor",
    _ENGINE + "variable": "Variable",
    _ENGINE + "warn": "get_logger",
}

LOCAL: Final[Mapping[str, Mapping[str, str]]] = {
    **_KERAS,
    # What older eager scripts call: TensorFlow 1's names for ops that TensorFlow 2 has under others.
    "tf": {
        _OPS + "arithmetic": "div",
        _OPS + "creation": "lin_space=linspace",
        _OPS + "diagonals": "diag=tensor_diag diag_part=tensor_diag_part",
        _OPS + "elementwise": "mod=floormod",
        _OPS + "exponential": "log",
        _OPS + "random": "random_normal=normal random_shuffle=shuffle random_uniform=uniform truncated_normal",
        _OPS + "rounding": "is_finite is_inf is_nan",
        _OPS + "sorting": "confusion_matrix",
        _OPS + "special_functions": "digamma erf erfc lgamma",
        _ENGINE + "seeds": "set_random_seed=set_seed",
        "tapeview.tf1.behaviour": "enable_eager_execution",
    },
    "tf.image": {
        _OPS + "pictures": """
            adjust_brightness adjust_gamma adjust_hue adjust_saturation central_crop convert_image_dtype
            crop_to_bounding_box flip_left_right flip_up_down grayscale_to_rgb hsv_to_rgb image_gradients
            pad_to_bounding_box per_image_standardization psnr random_brightness random_contrast random_crop
            random_flip_left_right random_flip_up_down random_hue random_saturation resize_with_crop_or_pad
            rgb_to_grayscale rgb_to_hsv rot90 total_variation transpose=transpose_image
        """,
        _OPS + "resizing": "ResizeMethod resize resize_with_pad",
        _SCRIPTING + "picture_files": "decode_image decode_jpeg decode_png encode_png",
    },
    "tf.io": {
        _SCRIPTING + "picture_files": "decode_image decode_jpeg decode_png encode_png read_file write_file",
    },
    "tf.types.experimental": {_SCRIPTING + "specs": "TraceType"},
    "tf.strings": {
        _SCRIPTING + "fingerprints": "to_hash_bucket_fast to_hash_bucket_strong",
        _SCRIPTING + "text": """
            as_string format=format_ join length lower reduce_join regex_replace strip substr to_number upper
        """,
    },
    "tf.io.gfile": {
        "tapeview.tf1.files": """
            GFile copy exists glob=glob_names isdir listdir makedirs mkdir remove rename rmtree stat walk
        """
    },
    "tf.config.experimental": {
        _SCRIPTING + "config": """
            VirtualDeviceConfiguration=LogicalDeviceConfiguration enable_op_determinism=accept
            enable_tensor_float_32_execution=accept get_memory_growth=no get_synchronous_execution=yes
            get_virtual_device_configuration=accept get_visible_devices list_logical_devices list_physical_devices
            set_device_policy=accept set_memory_growth=accept set_synchronous_execution=accept
            set_virtual_device_configuration=accept set_visible_devices=accept tensor_float_32_execution_enabled=yes
        """
    },
    "tf.config.threading": {
        _SCRIPTING + "config": """
            get_inter_op_parallelism_threads=zero get_intra_op_parallelism_threads=zero
            set_inter_op_parallelism_threads=accept set_intra_op_parallelism_threads=accept
        """
    },
    "tf.config.optimizer": {_SCRIPTING + "config": "get_jit=no_name set_experimental_options=accept set_jit=accept"},
    "tf.random": {_OPS + "random_stateless": "fold_in=stateless_fold_in split=stateless_split"},
    "tf.random.experimental": {
        _OPS + "random_stateless": """
            Algorithm Generator create_rng_state get_global_generator set_global_generator stateless_fold_in
            stateless_shuffle stateless_split
        """,
    },
    "tf.nn.experimental": {_OPS + "nn": "stateless_dropout"},
    "tf.compat.v1.nn": {_OPS + "losses": "softmax_cross_entropy_with_logits=softmax_cross_entropy_with_logits_v1"},
}


def _homes(modules: Mapping[str, str]) -> dict[str, str]:
    """TensorFlow's word -> ``"package.module:attribute"``."""
    homes: dict[str, str] = {}
    for module, words in modules.items():
        for word in words.split():
            name, _, attribute = word.partition("=")
            homes[name] = f"{module}:{attribute or name}"
    return homes


def _build() -> dict[str, dict[str, str]]:
    homes = _homes(HOMES)
    names = {
        space: {word: homes[word] for word in words.split() if word in homes} for space, words in NAMESPACES.items()
    }
    for space, modules in (*LOCAL.items(), *KERAS.items()):
        names.setdefault(space, {}).update(_homes(modules))
    for space, modules in (*TF1.items(), *LIBRARY.items()):
        names.setdefault("tf.compat.v1" + space[2:], {}).update(_homes(modules))
    return {space: found for space, found in names.items() if found}


NAMES: Final[Mapping[str, Mapping[str, str]]] = _build()
"""For each namespace, its names and where their objects live, as ``"package.module:attribute"``."""
