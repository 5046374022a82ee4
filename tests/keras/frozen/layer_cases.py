"""Layers, and what they are called with: the same for TensorFlow's Keras and for tapeview's.

A case is (a function of the module ``tf`` that makes the layer, shapes or arrays of the inputs, keywords of the call).
"""

from __future__ import annotations

from typing import Any

import numpy as np

IMAGES = (2, 6, 5, 3)
STEPS = (2, 5, 3)
VOLUMES = (2, 4, 5, 3, 2)
ROWS = (3, 4)


def masked() -> Any:
    """Sequences whose second example ends early."""
    x = np.round(np.cos(np.arange(30)).reshape(STEPS), 2).astype(np.float32)
    x[1, 3:] = 0
    x[0, 0] = 0
    return x


def numbers() -> Any:
    """Whole numbers below 5, with zeros at the end."""
    return np.array([[1, 4, 2, 0], [3, 3, 0, 0]], np.int32)


def _stack(tf: Any, *layers: Any) -> Any:
    return tf.keras.Sequential(list(layers))


def _masked(make: Any) -> Any:
    return lambda tf: _stack(tf, tf.keras.layers.Masking(), make(tf))


def _layer(name: str, *args: Any, **kwargs: Any) -> Any:
    return lambda tf: getattr(tf.keras.layers, name)(*args, **kwargs)


def _two(function: str, **kwargs: Any) -> Any:
    return _layer(function, **kwargs)


def _heads(**kwargs: Any) -> Any:
    """Attention with several heads as a layer of one list of inputs."""

    def make(tf: Any) -> Any:
        class Heads(tf.keras.layers.Layer):  # type: ignore[misc, name-defined]
            def __init__(self) -> None:
                super().__init__()
                self.inner = tf.keras.layers.MultiHeadAttention(2, 3, **kwargs)

            def call(self, inputs: Any, **asked: Any) -> Any:
                return self.inner(*inputs, **asked)

            def compute_output_shape(self, input_shape: Any) -> Any:
                return self.inner.compute_output_shape(*input_shape)

        return Heads()

    return make


TRAINING = {"training": True}

CASES: dict[str, tuple[Any, Any, dict[str, Any]]] = {
    "dense": (_layer("Dense", 3, activation="relu"), ROWS, {}),
    "dense_no_bias": (_layer("Dense", 3, use_bias=False, activation="tanh"), ROWS, {}),
    "dense_rank_3": (_layer("Dense", 2, activation="sigmoid"), STEPS, {}),
    "dense_rank_4_softmax": (_layer("Dense", 3, activation="softmax"), (2, 2, 2, 3), {}),
    "dense_int": (_layer("Dense", 2), np.array([[1, 2, 3], [4, 5, 6]]), {}),
    "conv2d": (_layer("Conv2D", 4, 3, activation="relu"), IMAGES, {}),
    "conv2d_same_strided": (_layer("Conv2D", 2, (3, 2), strides=2, padding="same"), IMAGES, {}),
    "conv2d_dilated": (_layer("Conv2D", 2, 2, dilation_rate=2), IMAGES, {}),
    "conv2d_1x1": (_layer("Conv2D", 5, 1, activation="elu", use_bias=False), IMAGES, {}),
    "conv1d": (_layer("Conv1D", 4, 2, activation="relu"), STEPS, {}),
    "conv1d_same": (_layer("Conv1D", 2, 3, padding="same", strides=2), STEPS, {}),
    "conv1d_causal": (_layer("Conv1D", 2, 2, padding="causal", dilation_rate=2), STEPS, {}),
    "conv2d_transpose": (_layer("Conv2DTranspose", 2, 3, strides=2), (2, 3, 2, 3), {}),
    "conv2d_transpose_same": (_layer("Conv2DTranspose", 2, 3, strides=2, padding="same"), (2, 3, 2, 3), {}),
    "conv2d_transpose_output": (
        _layer("Conv2DTranspose", 2, 3, strides=2, padding="same", output_padding=1), (2, 3, 2, 3), {},
    ),
    "conv1d_transpose": (_layer("Conv1DTranspose", 2, 3, strides=2), STEPS, {}),
    "depthwise_conv2d": (_layer("DepthwiseConv2D", 3, depth_multiplier=2, padding="same"), IMAGES, {}),
    "depthwise_conv1d": (_layer("DepthwiseConv1D", 2, depth_multiplier=2), STEPS, {}),
    "separable_conv2d": (_layer("SeparableConv2D", 4, 3, depth_multiplier=2, activation="relu"), IMAGES, {}),
    "separable_conv1d": (_layer("SeparableConv1D", 4, 2, padding="same"), STEPS, {}),
    "max_pool2d": (_layer("MaxPooling2D"), IMAGES, {}),
    "max_pool2d_overlapping": (_layer("MaxPool2D", 3, strides=2, padding="same"), IMAGES, {}),
    "average_pool2d": (_layer("AveragePooling2D", (2, 3), strides=1, padding="same"), IMAGES, {}),
    "max_pool1d": (_layer("MaxPooling1D", 2), STEPS, {}),
    "average_pool1d": (_layer("AveragePooling1D", 3, strides=2, padding="same"), STEPS, {}),
    "global_max_pool2d": (_layer("GlobalMaxPooling2D"), IMAGES, {}),
    "global_average_pool2d": (_layer("GlobalAveragePooling2D", keepdims=True), IMAGES, {}),
    "global_max_pool1d": (_layer("GlobalMaxPooling1D"), STEPS, {}),
    "global_average_pool1d": (_layer("GlobalAveragePooling1D"), STEPS, {}),
    "global_average_pool1d_masked": (_masked(_layer("GlobalAveragePooling1D")), masked(), {}),
    "flatten": (_layer("Flatten"), IMAGES, {}),
    "reshape": (_layer("Reshape", (5, -1)), IMAGES, {}),
    "permute": (_layer("Permute", (3, 1, 2)), IMAGES, {}),
    "repeat_vector": (_layer("RepeatVector", 3), ROWS, {}),
    "dropout_off": (_layer("Dropout", 0.5), ROWS, {}),
    "gaussian_noise_off": (_layer("GaussianNoise", 0.5), ROWS, {}),
    "spatial_dropout_off": (_layer("SpatialDropout2D", 0.5), IMAGES, {}),
    "batch_normalization_training": (_layer("BatchNormalization"), ROWS, TRAINING),
    "batch_normalization": (_layer("BatchNormalization"), ROWS, {}),
    "batch_normalization_images_training": (_layer("BatchNormalization", momentum=0.9), IMAGES, TRAINING),
    "batch_normalization_images": (_layer("BatchNormalization", epsilon=1e-5), IMAGES, {}),
    "batch_normalization_sequences_training": (_layer("BatchNormalization", scale=False), STEPS, TRAINING),
    "batch_normalization_axis_training": (_layer("BatchNormalization", axis=1, center=False), STEPS, TRAINING),
    "layer_normalization": (_layer("LayerNormalization"), STEPS, {}),
    "layer_normalization_axes": (_layer("LayerNormalization", axis=[1, 2]), STEPS, {}),
    "embedding": (_layer("Embedding", 5, 3), numbers(), {}),
    "simple_rnn": (_layer("SimpleRNN", 3), STEPS, {}),
    "simple_rnn_sequences": (_layer("SimpleRNN", 3, return_sequences=True, return_state=True), STEPS, {}),
    "lstm": (_layer("LSTM", 2), STEPS, {}),
    "lstm_sequences": (_layer("LSTM", 2, return_sequences=True, return_state=True), STEPS, {}),
    "lstm_relu_backwards": (
        _layer("LSTM", 2, activation="relu", go_backwards=True, return_sequences=True), STEPS, {},
    ),
    "lstm_masked": (_masked(_layer("LSTM", 2, return_sequences=True)), masked(), {}),
    "gru": (_layer("GRU", 2), STEPS, {}),
    "gru_sequences": (_layer("GRU", 2, return_sequences=True, return_state=True), STEPS, {}),
    "gru_reset_before": (_layer("GRU", 2, reset_after=False), STEPS, {}),
    "gru_one_step": (_layer("GRU", 2), (2, 1, 3), {}),
    "lstm_one_step": (_layer("LSTM", 2, return_sequences=True), (2, 1, 3), {}),
    "gru_masked": (_masked(_layer("GRU", 2)), masked(), {}),
    "rnn_of_cells": (
        lambda tf: tf.keras.layers.RNN([tf.keras.layers.LSTMCell(2), tf.keras.layers.GRUCell(3)]), STEPS, {},
    ),
    "bidirectional": (lambda tf: tf.keras.layers.Bidirectional(tf.keras.layers.LSTM(2)), STEPS, {}),
    "bidirectional_sum": (
        lambda tf: tf.keras.layers.Bidirectional(
            tf.keras.layers.GRU(2, return_sequences=True), merge_mode="sum"
        ), STEPS, {},
    ),
    "bidirectional_masked": (
        _masked(lambda tf: tf.keras.layers.Bidirectional(tf.keras.layers.SimpleRNN(2, return_sequences=True))),
        masked(), {},
    ),
    "time_distributed": (
        lambda tf: tf.keras.layers.TimeDistributed(tf.keras.layers.Dense(2, activation="relu")), STEPS, {},
    ),
    "embedding_masked_lstm": (
        lambda tf: _stack(tf, tf.keras.layers.Embedding(5, 3, mask_zero=True), tf.keras.layers.LSTM(2)),
        numbers(), {},
    ),
    "activation": (_layer("Activation", "tanh"), ROWS, {}),
    "relu_bounded": (_layer("ReLU", max_value=0.5, negative_slope=0.1, threshold=0.1), ROWS, {}),
    "leaky_relu": (_layer("LeakyReLU"), ROWS, {}),
    "prelu": (_layer("PReLU"), ROWS, {}),
    "prelu_shared": (_layer("PReLU", shared_axes=[1, 2]), IMAGES, {}),
    "elu": (_layer("ELU", 0.5), ROWS, {}),
    "softmax": (_layer("Softmax", axis=1), STEPS, {}),
    "thresholded_relu": (_layer("ThresholdedReLU", 0.3), ROWS, {}),
    "add": (_two("Add"), [ROWS, ROWS, ROWS], {}),
    "subtract": (_two("Subtract"), [ROWS, ROWS], {}),
    "multiply": (_two("Multiply"), [ROWS, (3, 1)], {}),
    "average": (_two("Average"), [ROWS, ROWS], {}),
    "maximum": (_two("Maximum"), [ROWS, ROWS], {}),
    "minimum": (_two("Minimum"), [ROWS, ROWS], {}),
    "concatenate": (_two("Concatenate", axis=1), [(2, 3, 2), (2, 1, 2)], {}),
    "dot": (_two("Dot", axes=1), [ROWS, ROWS], {}),
    "dot_normalized": (_two("Dot", axes=(2, 1), normalize=True), [(2, 3, 4), (2, 4, 2)], {}),
    "masking": (_layer("Masking"), masked(), {}),
    "zero_padding1d": (_layer("ZeroPadding1D", (1, 2)), STEPS, {}),
    "zero_padding2d": (_layer("ZeroPadding2D", ((1, 0), (2, 1))), IMAGES, {}),
    "cropping1d": (_layer("Cropping1D", (1, 2)), STEPS, {}),
    "cropping2d": (_layer("Cropping2D", ((1, 2), (0, 1))), IMAGES, {}),
    "up_sampling1d": (_layer("UpSampling1D", 2), STEPS, {}),
    "up_sampling2d": (_layer("UpSampling2D", (2, 3)), (1, 2, 3, 2), {}),
    "up_sampling2d_bilinear": (_layer("UpSampling2D", (2, 3), interpolation="bilinear"), (1, 2, 3, 2), {}),
    "rescaling": (_layer("Rescaling", 0.5, offset=1.0), ROWS, {}),
    "normalization": (_layer("Normalization", mean=[1.0, 2, 3, 4], variance=[4.0, 1, 1, 9]), ROWS, {}),
    "activity_regularization": (_layer("ActivityRegularization", l1=0.1, l2=0.2), ROWS, {}),
    "regularized_dense": (
        _layer("Dense", 2, kernel_regularizer="l2", bias_regularizer="l1", activity_regularizer="l1_l2"), ROWS, {},
    ),
    "conv3d": (_layer("Conv3D", 3, (2, 3, 2), activation="relu"), VOLUMES, {}),
    "conv3d_same_strided": (_layer("Conv3D", 2, 3, strides=(2, 1, 2), padding="same"), VOLUMES, {}),
    "conv3d_transpose": (_layer("Conv3DTranspose", 2, 2, strides=2), (2, 2, 3, 2, 3), {}),
    "conv3d_transpose_same": (
        _layer("Conv3DTranspose", 2, 3, strides=2, padding="same", use_bias=False), (2, 2, 3, 2, 3), {},
    ),
    "max_pool3d": (_layer("MaxPooling3D"), VOLUMES, {}),
    "max_pool3d_overlapping": (_layer("MaxPool3D", 3, strides=(1, 2, 1), padding="same"), VOLUMES, {}),
    "average_pool3d": (_layer("AveragePooling3D", (2, 3, 1), strides=1, padding="same"), VOLUMES, {}),
    "global_max_pool3d": (_layer("GlobalMaxPooling3D"), VOLUMES, {}),
    "global_average_pool3d": (_layer("GlobalAveragePooling3D", keepdims=True), VOLUMES, {}),
    "zero_padding3d": (_layer("ZeroPadding3D", ((1, 0), (2, 1), (0, 1))), VOLUMES, {}),
    "cropping3d": (_layer("Cropping3D", ((1, 0), (0, 1), (1, 1))), VOLUMES, {}),
    "up_sampling3d": (_layer("UpSampling3D", (2, 1, 2)), (1, 2, 3, 2, 2), {}),
    "attention": (_two("Attention"), [STEPS, (2, 4, 3)], {}),
    "attention_scaled": (_two("Attention", use_scale=True), [STEPS, (2, 4, 2), (2, 4, 3)], {}),
    "attention_causal": (_two("Attention", score_mode="concat"), [STEPS, STEPS], {"use_causal_mask": True}),
    "attention_scores": (_two("Attention"), [STEPS, (2, 4, 3)], {"return_attention_scores": True}),
    "additive_attention": (_two("AdditiveAttention"), [STEPS, (2, 4, 3)], {}),
    "additive_attention_plain": (_two("AdditiveAttention", use_scale=False), [STEPS, (2, 4, 3)], {}),
    "multi_head_attention": (_heads(use_bias=False), [STEPS, (2, 4, 3)], {}),
    "multi_head_attention_causal": (
        _heads(value_dim=2, use_bias=False, output_shape=5), [STEPS, (2, 4, 3), (2, 4, 3)],
        {"use_causal_mask": True, "return_attention_scores": True},
    ),
    "multi_head_attention_axes": (_heads(attention_axes=(1, 2)), [IMAGES, IMAGES], {}),
    "einsum_dense": (_layer("EinsumDense", "abc,cde->abde", (None, 2, 3), bias_axes="de"), STEPS, {}),
    "einsum_dense_elided": (
        _layer("EinsumDense", "...x,xy->...y", output_shape=4, bias_axes="y", activation="relu"), STEPS, {},
    ),
    "group_normalization": (_layer("GroupNormalization", 2), (2, 3, 4), {}),
    "group_normalization_images": (_layer("GroupNormalization", groups=-1, epsilon=1e-5), IMAGES, {}),
    "unit_normalization": (_layer("UnitNormalization", axis=[1, 2]), STEPS, {}),
    "identity": (_layer("Identity"), ROWS, {}),
    "mobile_block": (
        lambda tf: _stack(
            tf, tf.keras.layers.DepthwiseConv2D(3, padding="same", use_bias=False),
            tf.keras.layers.BatchNormalization(), tf.keras.layers.ReLU(6.0),
            tf.keras.layers.Conv2D(4, 1, use_bias=False), tf.keras.layers.BatchNormalization(),
            tf.keras.layers.GlobalAveragePooling2D(), tf.keras.layers.Dense(2, activation="softmax"),
        ),
        IMAGES, TRAINING,
    ),
}  # fmt: skip
