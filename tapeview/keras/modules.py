"""Where Keras 2 keeps its classes: what ``print(layer)`` and ``type(optimizer)`` show.

A class of ours says that it comes from there. Of a module that is named like its only class, in snake case, the last
part is left out here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tapeview.keras.naming import snake_case

_SOURCE: Final = "keras.src."

_HOMES: Final[Mapping[str, Mapping[str, str]]] = {
    "callbacks": {
        "callbacks": """
            BackupAndRestore BaseLogger CSVLogger Callback CallbackList EarlyStopping History LambdaCallback
            LearningRateScheduler ModelCheckpoint ProgbarLogger ReduceLROnPlateau RemoteMonitor TensorBoard
            TerminateOnNaN
        """,
    },
    "constraints": {
        "constraints": "Constraint MaxNorm MinMaxNorm NonNeg RadialConstraint UnitNorm",
    },
    "layers": {
        "engine.base_layer": "Layer",
        "engine.": "InputLayer InputSpec",
        "layers.activation.": "ELU Softmax",
        "layers.activation.leaky_relu": "LeakyReLU",
        "layers.activation.prelu": "PReLU",
        "layers.activation.relu": "ReLU",
        "layers.activation.thresholded_relu": "ThresholdedReLU",
        "layers.attention.": "AdditiveAttention Attention MultiHeadAttention",
        "layers.convolutional.": """
            Conv1D Conv1DTranspose Conv2D Conv2DTranspose Conv3D Conv3DTranspose DepthwiseConv1D DepthwiseConv2D
            SeparableConv1D SeparableConv2D
        """,
        "layers.core.": "Activation Dense EinsumDense Embedding Identity Masking",
        "layers.core.lambda_layer": "Lambda",
        "layers.locally_connected.": "LocallyConnected1D LocallyConnected2D",
        "layers.merging.": "Add Average Concatenate Dot Maximum Minimum Multiply Subtract",
        "layers.normalization.": """
            BatchNormalization GroupNormalization LayerNormalization SpectralNormalization UnitNormalization
        """,
        "layers.pooling.": """
            AveragePooling1D AveragePooling2D AveragePooling3D GlobalAveragePooling1D GlobalAveragePooling2D
            GlobalAveragePooling3D GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D MaxPooling1D MaxPooling2D
            MaxPooling3D
        """,
        "layers.preprocessing.": """
            CategoryEncoding Discretization HashedCrossing Hashing IntegerLookup Normalization StringLookup
            TextVectorization
        """,
        "layers.preprocessing.image_preprocessing": """
            CenterCrop RandomBrightness RandomContrast RandomCrop RandomFlip RandomHeight RandomRotation
            RandomTranslation RandomWidth RandomZoom Rescaling Resizing
        """,
        "layers.regularization.": """
            ActivityRegularization AlphaDropout Dropout GaussianDropout GaussianNoise SpatialDropout1D
            SpatialDropout2D SpatialDropout3D
        """,
        "layers.reshaping.": """
            Cropping1D Cropping2D Cropping3D Flatten Permute RepeatVector Reshape UpSampling1D UpSampling2D
            UpSampling3D ZeroPadding1D ZeroPadding2D ZeroPadding3D
        """,
        "layers.rnn.": """
            AbstractRNNCell Bidirectional ConvLSTM1D ConvLSTM2D ConvLSTM3D StackedRNNCells TimeDistributed
        """,
        "layers.rnn.base_rnn": "RNN",
        "layers.rnn.base_wrapper": "Wrapper",
        "layers.rnn.gru": "GRU GRUCell",
        "layers.rnn.lstm": "LSTM LSTMCell",
        "layers.rnn.simple_rnn": "SimpleRNN SimpleRNNCell",
    },
    "models": {
        "engine.": "Sequential Functional",
        "engine.training": "Model",
    },
    "initializers": {
        "initializers.initializers": """
            Constant GlorotNormal GlorotUniform HeNormal HeUniform Identity Initializer LecunNormal LecunUniform Ones
            Orthogonal RandomNormal RandomUniform TruncatedNormal VarianceScaling Zeros
        """,
    },
    "losses": {
        "losses": """
            BinaryCrossentropy BinaryFocalCrossentropy CategoricalCrossentropy CategoricalFocalCrossentropy
            CategoricalHinge CosineSimilarity Hinge Huber KLDivergence LogCosh Loss MeanAbsoluteError
            MeanAbsolutePercentageError MeanSquaredError MeanSquaredLogarithmicError Poisson
            SparseCategoricalCrossentropy SquaredHinge
        """,
    },
    "metrics": {
        "metrics.accuracy_metrics": """
            Accuracy BinaryAccuracy CategoricalAccuracy SparseCategoricalAccuracy SparseTopKCategoricalAccuracy
            TopKCategoricalAccuracy
        """,
        "metrics.base_metric": "Mean MeanMetricWrapper MeanTensor Metric Sum",
        "metrics.confusion_metrics": """
            AUC FalseNegatives FalsePositives Precision PrecisionAtRecall Recall RecallAtPrecision
            SensitivityAtSpecificity SpecificityAtSensitivity TrueNegatives TruePositives
        """,
        "metrics.f_score_metrics": "F1Score FBetaScore",
        "metrics.hinge_metrics": "CategoricalHinge Hinge SquaredHinge",
        "metrics.iou_metrics": "BinaryIoU IoU MeanIoU OneHotIoU OneHotMeanIoU",
        "metrics.probabilistic_metrics": """
            BinaryCrossentropy CategoricalCrossentropy KLDivergence Poisson SparseCategoricalCrossentropy
        """,
        "metrics.regression_metrics": """
            CosineSimilarity LogCoshError MeanAbsoluteError MeanAbsolutePercentageError MeanRelativeError
            MeanSquaredError MeanSquaredLogarithmicError R2Score RootMeanSquaredError
        """,
    },
    "optimizers": {
        "optimizers.": "Adadelta Adafactor Adagrad Adam Adamax Ftrl Lion Nadam Optimizer SGD",
        "optimizers.adamw": "AdamW",
        "optimizers.rmsprop": "RMSprop",
        "optimizers.schedules.learning_rate_schedule": """
            CosineDecay CosineDecayRestarts ExponentialDecay InverseTimeDecay LearningRateSchedule
            PiecewiseConstantDecay PolynomialDecay
        """,
    },
    "legacy": {
        "optimizers.legacy.": "Adadelta Adagrad Adam Adamax Ftrl Nadam",
        "optimizers.legacy.gradient_descent": "SGD",
        "optimizers.legacy.rmsprop": "RMSprop",
    },
    "preprocessing": {
        "preprocessing.image": "DirectoryIterator ImageDataGenerator Iterator NumpyArrayIterator",
        "preprocessing.sequence": "TimeseriesGenerator",
        "preprocessing.text": "Tokenizer",
    },
    "regularizers": {
        "regularizers": "L1 L1L2 L2 OrthogonalRegularizer Regularizer",
    },
}


def _by_name(homes: Mapping[str, str]) -> dict[str, str]:
    return {
        word: _SOURCE + (home + snake_case(word) if home.endswith(".") else home)
        for home, words in homes.items()
        for word in words.split()
    }


_MODULES: Final = {kind: _by_name(homes) for kind, homes in _HOMES.items()}


class Settled:
    """A class of ours whose subclasses of ours say that they come from where Keras has them."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        parts = cls.__module__.split(".")
        if parts[:2] == ["tapeview", "keras"]:
            found = _MODULES.get("legacy" if "legacy" in parts else parts[2], {})
            cls.__module__ = found.get(cls.__name__, cls.__module__)


def is_ours(thing: Any) -> bool:
    """Whether a class or function is tapeview's and not a script's."""
    return str(getattr(thing, "__module__", "")).startswith(("tapeview.", _SOURCE))
