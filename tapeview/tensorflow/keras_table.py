"""The part of the table that is Keras's: each namespace's modules and words, in the form of `table`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_K = "tapeview.keras."
_DATA = "tapeview.engine.data."

_INITIALIZERS = """
    Constant GlorotNormal GlorotUniform HeNormal HeUniform Identity Initializer LecunNormal LecunUniform Ones Orthogonal
    RandomNormal RandomUniform TruncatedNormal VarianceScaling Zeros constant deserialize get glorot_normal
    glorot_uniform he_normal he_uniform identity lecun_normal lecun_uniform ones orthogonal random_normal random_uniform
    serialize truncated_normal variance_scaling zeros
"""
_LOSS_FUNCTIONS = """
    KLD MAE MAPE MSE MSLE binary_crossentropy binary_focal_crossentropy categorical_crossentropy
    categorical_focal_crossentropy categorical_hinge cosine_similarity hinge huber kl_divergence kld
    kullback_leibler_divergence log_cosh logcosh mae mape mean_absolute_error mean_absolute_percentage_error
    mean_squared_error mean_squared_logarithmic_error mse msle poisson sparse_categorical_crossentropy squared_hinge
"""
_LOSSES = f"""
    {_LOSS_FUNCTIONS} BinaryCrossentropy BinaryFocalCrossentropy CategoricalCrossentropy CategoricalFocalCrossentropy
    CategoricalHinge CosineSimilarity Hinge Huber KLDivergence LogCosh Loss MeanAbsoluteError
    MeanAbsolutePercentageError MeanSquaredError MeanSquaredLogarithmicError Poisson Reduction
    SparseCategoricalCrossentropy SquaredHinge deserialize get serialize
"""
_METRICS = """
    KLD MAE MAPE MSE MSLE binary_crossentropy binary_focal_crossentropy categorical_crossentropy
    categorical_focal_crossentropy hinge kl_divergence kld kullback_leibler_divergence log_cosh logcosh mae mape
    mean_absolute_error mean_absolute_percentage_error mean_squared_error mean_squared_logarithmic_error mse msle
    poisson sparse_categorical_crossentropy squared_hinge
    Accuracy BinaryAccuracy BinaryCrossentropy CategoricalAccuracy CategoricalCrossentropy CategoricalHinge
    CosineSimilarity Hinge KLDivergence LogCoshError Mean MeanAbsoluteError MeanAbsolutePercentageError
    MeanMetricWrapper MeanRelativeError MeanSquaredError MeanSquaredLogarithmicError MeanTensor Metric Poisson
    RootMeanSquaredError SparseCategoricalAccuracy SparseCategoricalCrossentropy SparseTopKCategoricalAccuracy
    SquaredHinge Sum TopKCategoricalAccuracy binary_accuracy categorical_accuracy deserialize get serialize
    sparse_categorical_accuracy sparse_top_k_categorical_accuracy top_k_categorical_accuracy
"""
_OPTIMIZERS = """
    Adadelta Adagrad Adam AdamW Adamax Ftrl Lion Nadam Optimizer RMSprop SGD deserialize get serialize
"""
_SCHEDULES = """
    CosineDecay CosineDecayRestarts ExponentialDecay InverseTimeDecay LearningRateSchedule PiecewiseConstantDecay
    PolynomialDecay deserialize serialize
"""

_SHARED: Final[Mapping[str, Mapping[str, str]]] = {
    "initializers": {_K + "initializers": _INITIALIZERS},
    "losses": {_K + "losses": _LOSSES},
    "metrics": {_K + "metrics": _METRICS},
    "optimizers": {_K + "optimizers": _OPTIMIZERS},
    "optimizers.experimental": {_K + "optimizers": _OPTIMIZERS},
    "optimizers.legacy": {
        _K + "optimizers.legacy": "Adadelta Adagrad Adam Adamax Ftrl Nadam Optimizer RMSprop SGD",
    },
    "optimizers.schedules": {_K + "optimizers.schedules": _SCHEDULES},
}
"""What stands both in ``tf`` and in ``tf.keras``."""

KERAS: Final[Mapping[str, Mapping[str, str]]] = {
    prefix + space: modules for prefix in ("tf.", "tf.keras.") for space, modules in _SHARED.items()
} | {
    "tf.keras.activations": {
        _K + "activations": """
            deserialize elu exponential gelu get hard_sigmoid linear mish relu selu serialize sigmoid softmax softplus
            softsign swish tanh
        """
    },
    "tf.keras.regularizers": {
        _K + "regularizers": """
            L1 L1L2 L2 OrthogonalRegularizer Regularizer deserialize get l1 l1_l2 l2 orthogonal_regularizer serialize
        """
    },
    "tf.keras.constraints": {
        _K + "constraints": """
            Constraint MaxNorm MinMaxNorm NonNeg RadialConstraint UnitNorm deserialize get max_norm min_max_norm
            non_neg radial_constraint serialize unit_norm
        """
    },
    "tf.keras.datasets.boston_housing": {_K + "datasets.boston_housing": "load_data"},
    "tf.keras.datasets.cifar10": {_K + "datasets.cifar10": "load_data"},
    "tf.keras.datasets.cifar100": {_K + "datasets.cifar100": "load_data"},
    "tf.keras.datasets.fashion_mnist": {_K + "datasets.fashion_mnist": "load_data"},
    "tf.keras.datasets.imdb": {_K + "datasets.imdb": "get_word_index load_data"},
    "tf.keras.datasets.mnist": {_K + "datasets.mnist": "load_data"},
    "tf.keras.datasets.reuters": {_K + "datasets.reuters": "get_label_names get_word_index load_data"},
    "tf.keras.utils": {
        _K + "objects": """
            CustomObjectScope custom_object_scope deserialize_keras_object get_custom_objects get_registered_name
            get_registered_object register_keras_serializable serialize_keras_object
        """,
        _K + "models.progress": "Progbar",
        _K + "rng": "set_random_seed",
        _K + "utils.files": "get_file",
        _K + "utils.numbers": "normalize pad_sequences to_categorical to_ordinal",
    },
    "tf.keras.saving": {
        _K + "objects": """
            CustomObjectScope custom_object_scope deserialize_keras_object get_custom_objects get_registered_name
            get_registered_object register_keras_serializable serialize_keras_object
        """,
    },
    "tf.keras.utils.np_utils": {_K + "utils.numbers": "normalize to_categorical"},
    "tf.keras.preprocessing.sequence": {_K + "utils.numbers": "pad_sequences"},
    "tf.data": {_DATA + "dataset": "Dataset Options"},
    "tf.data.experimental": {
        _DATA + "dataset": "cardinality",
        _DATA + "sources": "choose_from_datasets sample_from_datasets",
    },
    "tf.compat.v1.data": {_DATA + "dataset": "Dataset make_one_shot_iterator"},
}
"""For each namespace: module -> the words of the objects that live there."""
