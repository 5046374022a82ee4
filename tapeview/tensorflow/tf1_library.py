"""The part of `tf1_table` that is TensorFlow 1's library: optimizers, layers, losses, metrics, summaries, savers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_TF1 = "tapeview.tf1."
_CHECKPOINT = "tapeview.keras.models.checkpoint"

_INITIALIZERS = """
    constant glorot_normal glorot_uniform he_normal he_uniform identity lecun_normal lecun_uniform ones orthogonal
    random_normal random_uniform truncated_normal uniform_unit_scaling variance_scaling zeros
"""
_INITIALIZER_CLASSES = """
    Constant GlorotNormal GlorotUniform Identity Initializer Ones Orthogonal RandomNormal RandomUniform
    TruncatedNormal UniformUnitScaling VarianceScaling Zeros
"""
_TOP_INITIALIZERS = """
    constant_initializer=Constant glorot_normal_initializer=GlorotNormal glorot_uniform_initializer=GlorotUniform
    ones_initializer=Ones orthogonal_initializer=Orthogonal random_normal_initializer=RandomNormal
    random_uniform_initializer=RandomUniform truncated_normal_initializer=TruncatedNormal
    uniform_unit_scaling_initializer=UniformUnitScaling variance_scaling_initializer=VarianceScaling
    zeros_initializer=Zeros
"""
_LAYERS = """
    AveragePooling1D AveragePooling2D AveragePooling3D BatchNormalization Conv1D Conv2D Conv2DTranspose Conv3D Dense
    Dropout Flatten Layer MaxPooling1D MaxPooling2D MaxPooling3D SeparableConv2D average_pooling1d average_pooling2d
    average_pooling3d batch_normalization conv1d conv2d conv2d_transpose conv3d dense dropout flatten max_pooling1d
    max_pooling2d max_pooling3d separable_conv2d
"""
_SUMMARIES = """
    FileWriter FileWriterCache audio histogram image merge merge_all scalar text
"""

LIBRARY: Final[Mapping[str, Mapping[str, str]]] = {
    "tf": {
        _TF1 + "initializers": _TOP_INITIALIZERS,
        _TF1 + "summary": """
            histogram_summary image_summary merge_all_summaries merge_summary scalar_summary
        """,
        _TF1 + "summary_proto": "Summary",
    },
    "tf.train": {
        _TF1 + "optimizers": """
            AdadeltaOptimizer AdagradOptimizer AdamOptimizer FtrlOptimizer GradientDescentOptimizer MomentumOptimizer
            Optimizer ProximalAdagradOptimizer ProximalGradientDescentOptimizer RMSPropOptimizer
        """,
        _TF1 + "schedules": """
            cosine_decay cosine_decay_restarts exponential_decay inverse_time_decay linear_cosine_decay
            natural_exp_decay piecewise_constant piecewise_constant_decay=piecewise_constant polynomial_decay
        """,
        _TF1 + "averages": "ExponentialMovingAverage",
        _TF1 + "steps": """
            assert_global_step create_global_step get_global_step get_or_create_global_step global_step
        """,
        _TF1 + "saver": """
            NewCheckpointReader=CheckpointReader Saver checkpoint_exists import_meta_graph list_variables
            load_checkpoint load_variable update_checkpoint_state
        """,
        _TF1 + "checkpoints": "Checkpoint",
        _CHECKPOINT: "get_checkpoint_state latest_checkpoint",
        _TF1 + "summary": "SummaryWriter",
        _TF1 + "threads": "Coordinator QueueRunner start_queue_runners",
    },
    "tf.layers": {_TF1 + "layers": _LAYERS},
    "tf.losses": {
        _TF1 + "losses": """
            Reduction absolute_difference add_loss compute_weighted_loss cosine_distance get_losses
            get_regularization_loss get_regularization_losses get_total_loss hinge_loss huber_loss log_loss
            mean_pairwise_squared_error mean_squared_error sigmoid_cross_entropy softmax_cross_entropy
            sparse_softmax_cross_entropy
        """
    },
    "tf.metrics": {
        _TF1 + "metrics": """
            accuracy false_negatives false_positives mean mean_absolute_error mean_cosine_distance mean_relative_error
            mean_squared_error mean_tensor percentage_below precision recall root_mean_squared_error true_negatives
            true_positives
        """,
        _TF1 + "metric_curves": "auc mean_iou mean_per_class_accuracy",
    },
    "tf.summary": {_TF1 + "summary": _SUMMARIES, _TF1 + "summary_proto": "Summary"},
    "tf.initializers": {_TF1 + "initializers": _INITIALIZERS},
    "tf.contrib.layers": {
        _TF1 + "contrib_layers": """
            apply_regularization avg_pool2d batch_norm conv2d conv2d_transpose convolution2d
            dropout flatten fully_connected l1_l2_regularizer l1_regularizer l2_regularizer linear max_pool2d
            relu sum_regularizer
        """,
        _TF1 + "initializers": """
            variance_scaling_initializer xavier_initializer xavier_initializer_conv2d=xavier_initializer
        """,
    },
    "tf.contrib.eager": {
        "tapeview.engine.variable": "Variable=ResourceVariable",
        "tapeview.engine.tape": "GradientTape",
        _CHECKPOINT: "Checkpoint",
        _TF1 + "threads": "Iterator=iterator",
        "tapeview.engine.scripting.functions": "defun=function",
    },
    "tf.contrib.eager.metrics": {"tapeview.keras.metrics": "Accuracy BinaryAccuracy CategoricalAccuracy Mean"},
    "tf.contrib.summary": {
        _TF1 + "contrib_summary": """
            always_record_summaries create_file_writer flush histogram image never_record_summaries
            record_summaries_every_n_global_steps scalar
        """
    },
    "tf.contrib.framework": {
        _TF1 + "contrib_layers": "add_arg_scope arg_scope",
        _TF1 + "steps": "create_global_step get_global_step get_or_create_global_step",
    },
    "tf.contrib.slim": {
        _TF1 + "contrib_layers": """
            add_arg_scope arg_scope avg_pool2d batch_norm conv2d conv2d_transpose dropout flatten fully_connected
            l1_regularizer l2_regularizer max_pool2d
        """
    },
}
"""For each namespace: module -> the words of the objects that live there."""
