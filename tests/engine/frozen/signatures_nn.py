"""More functions whose arguments are frozen; see signatures.py."""

from __future__ import annotations

_NAMES = """
    Module TensorArray TensorSpec argsort argmax argmin as_string boolean_mask broadcast_dynamic_shape
    broadcast_static_shape broadcast_to case concat cond constant convert_to_tensor debugging.assert_equal
    debugging.assert_greater debugging.assert_less debugging.assert_near debugging.assert_non_negative
    debugging.assert_positive debugging.assert_rank debugging.assert_rank_in debugging.assert_scalar
    debugging.assert_shapes debugging.assert_type debugging.check_numerics ensure_shape expand_dims eye fill foldl
    foldr gather gather_nd linspace map_fn math.bincount math.confusion_matrix math.in_top_k math.invert_permutation
    math.segment_max math.segment_mean math.segment_min math.segment_prod math.segment_sum math.top_k
    math.unsorted_segment_max math.unsorted_segment_mean math.unsorted_segment_min math.unsorted_segment_prod
    math.unsorted_segment_sqrt_n math.unsorted_segment_sum nest.map_structure nest.pack_sequence_as nn.avg_pool
    nn.avg_pool1d nn.avg_pool2d nn.batch_normalization nn.bias_add nn.conv1d nn.conv2d nn.conv2d_transpose
    nn.depth_to_space nn.depthwise_conv2d nn.dropout nn.embedding_lookup nn.log_poisson_loss nn.max_pool nn.max_pool1d
    nn.max_pool2d nn.moments nn.separable_conv2d nn.sigmoid_cross_entropy_with_logits
    nn.softmax_cross_entropy_with_logits nn.space_to_depth nn.sparse_softmax_cross_entropy_with_logits
    nn.weighted_cross_entropy_with_logits numpy_function one_hot ones pad py_function random.categorical random.gamma
    random.normal random.poisson random.set_seed random.shuffle random.stateless_categorical random.stateless_normal
    random.stateless_truncated_normal random.stateless_uniform random.truncated_normal random.uniform rank repeat
    reshape reverse reverse_sequence roll scan scatter_nd searchsorted sequence_mask shape size slice sort split
    squeeze stack strided_slice strings.format strings.join strings.length switch_case tensor_scatter_nd_add
    tensor_scatter_nd_max tensor_scatter_nd_min tensor_scatter_nd_sub tensor_scatter_nd_update tile timestamp
    transpose unique unique_with_counts unstack vectorized_map while_loop zeros
"""
FUNCTIONS = _NAMES.split()
