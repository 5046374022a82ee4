"""Where Keras's layers and models live; see `table`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_LAYERS = "tapeview.keras.layers."
_MODELS = "tapeview.keras.models."

_PREPROCESSING = {
    _LAYERS + "preprocessing.encoding": "CategoryEncoding Discretization Hashing",
    _LAYERS + "preprocessing.images": """
        CenterCrop RandomBrightness RandomContrast RandomCrop RandomFlip RandomRotation RandomTranslation RandomZoom
        Resizing
    """,
    _LAYERS + "preprocessing.lookup": "IntegerLookup StringLookup",
    _LAYERS + "preprocessing.text_vectorization": "TextVectorization",
    _LAYERS + "special": "Normalization Rescaling",
}

_BOTH = {
    _MODELS + "model": "Model",
    _MODELS + "sequential": "Sequential",
}

KERAS: Final[Mapping[str, Mapping[str, str]]] = {
    "tf.keras": {**_BOTH, _LAYERS + "input_layer": "Input"},
    "tf.keras.models": {
        **_BOTH,
        _MODELS + "loading": "clone_model load_model model_from_config model_from_json save_model",
    },
    "tf.train": {
        _MODELS + "checkpoint": """
            Checkpoint CheckpointManager get_checkpoint_state latest_checkpoint load_checkpoint
        """,
    },
    "tf.saved_model": {_MODELS + "saved": "LoadOptions SaveOptions load save"},
    "tf.keras.saving": {_MODELS + "loading": "load_model save_model"},
    "tf.keras.layers": {
        **_PREPROCESSING,
        _MODELS + "configs": "deserialize serialize",
        _LAYERS + "activation": "ELU Activation LeakyReLU PReLU ReLU Softmax ThresholdedReLU",
        _LAYERS + "base": "Layer",
        _LAYERS + "cells": "GRUCell LSTMCell SimpleRNNCell StackedRNNCells",
        _LAYERS + "attention": "AdditiveAttention Attention MultiHeadAttention",
        _LAYERS + "conv": """
            Conv1D Conv2D Conv3D Convolution1D=Conv1D Convolution2D=Conv2D Convolution3D=Conv3D
        """,
        _LAYERS + "einsum_dense": "EinsumDense",
        _LAYERS + "group_normalization": "GroupNormalization UnitNormalization",
        _LAYERS + "conv_transpose": """
            Conv1DTranspose Conv2DTranspose Conv3DTranspose Convolution1DTranspose=Conv1DTranspose
            Convolution2DTranspose=Conv2DTranspose Convolution3DTranspose=Conv3DTranspose
        """,
        _LAYERS + "dense": "Dense",
        _LAYERS + "depthwise": """
            DepthwiseConv1D DepthwiseConv2D SeparableConv1D SeparableConv2D
            SeparableConvolution1D=SeparableConv1D SeparableConvolution2D=SeparableConv2D
        """,
        _LAYERS + "dropout": """
            ActivityRegularization AlphaDropout Dropout GaussianDropout GaussianNoise
            SpatialDropout1D SpatialDropout2D SpatialDropout3D
        """,
        _LAYERS + "embedding": "Embedding",
        _LAYERS + "input_layer": "Input InputLayer",
        _LAYERS + "input_spec": "InputSpec",
        _LAYERS + "merging": """
            Add Average Concatenate Dot Maximum Minimum Multiply Subtract add average concatenate
            dot maximum=maximum_of minimum=minimum_of multiply subtract
        """,
        _LAYERS + "normalization": "BatchNormalization LayerNormalization",
        _LAYERS + "pooling": """
            AveragePooling1D AveragePooling2D AvgPool1D AvgPool2D GlobalAveragePooling1D
            GlobalAveragePooling2D GlobalAvgPool1D GlobalAvgPool2D GlobalMaxPool1D GlobalMaxPool2D
            GlobalMaxPooling1D GlobalMaxPooling2D MaxPool1D MaxPool2D MaxPooling1D MaxPooling2D AveragePooling3D
            AvgPool3D GlobalAveragePooling3D GlobalAvgPool3D GlobalMaxPool3D GlobalMaxPooling3D MaxPool3D MaxPooling3D
        """,
        _LAYERS + "recurrent": "CuDNNGRU CuDNNLSTM GRU LSTM SimpleRNN",
        _LAYERS + "reshaping": "Flatten Permute RepeatVector Reshape",
        _LAYERS + "rnn": "RNN",
        _LAYERS + "spatial": """
            Cropping1D Cropping2D Cropping3D UpSampling1D UpSampling2D UpSampling3D ZeroPadding1D ZeroPadding2D
            ZeroPadding3D
        """,
        _LAYERS + "special": "Identity Lambda Masking Normalization Rescaling",
        _LAYERS + "wrappers": "Bidirectional TimeDistributed Wrapper",
    },
    "tf.keras.layers.experimental.preprocessing": _PREPROCESSING,
    "tf.keras.mixed_precision": {
        "tapeview.keras.policy": "Policy global_policy set_global_policy",
        "tapeview.keras.optimizers.loss_scale": "LossScaleOptimizer",
    },
    "tf.keras.backend": {_LAYERS + "context": "learning_phase set_learning_phase"},
    "tf.keras.utils": {
        _MODELS + "drawing": "model_to_dot plot_model",
        _MODELS + "progress": "Progbar",
        _MODELS + "data": "unpack_x_y_sample_weight=unpack",
    },
}
"""For each namespace its modules and their words, as in ``table.LOCAL``."""
