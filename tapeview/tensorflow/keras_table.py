"""The part of the table that is Keras's: each namespace's modules and words, in the form of `table`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_K = "tapeview.keras."
_DATA = "tapeview.engine.data."
_OPS = "tapeview.engine.ops."
_SUMMARIES = "tapeview.engine.scripting.summaries"

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
    AUC Accuracy BinaryAccuracy BinaryCrossentropy BinaryIoU CategoricalAccuracy CategoricalCrossentropy
    CategoricalHinge
    CosineSimilarity F1Score FBetaScore FalseNegatives FalsePositives Hinge IoU KLDivergence LogCoshError Mean
    MeanAbsoluteError MeanAbsolutePercentageError MeanIoU OneHotIoU OneHotMeanIoU Precision PrecisionAtRecall R2Score
    Recall RecallAtPrecision SensitivityAtSpecificity SpecificityAtSensitivity TrueNegatives TruePositives
    MeanMetricWrapper MeanRelativeError MeanSquaredError MeanSquaredLogarithmicError MeanTensor Metric Poisson
    RootMeanSquaredError SparseCategoricalAccuracy SparseCategoricalCrossentropy SparseTopKCategoricalAccuracy
    SquaredHinge Sum TopKCategoricalAccuracy binary_accuracy categorical_accuracy deserialize get serialize
    sparse_categorical_accuracy sparse_top_k_categorical_accuracy top_k_categorical_accuracy
"""
_OPTIMIZERS = """
    Adadelta Adafactor Adagrad Adam AdamW Adamax Ftrl Lion Nadam Optimizer RMSprop SGD deserialize get serialize
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
        _K + "utils.images": "array_to_img img_to_array load_img save_img",
        _K + "utils.numbers": "normalize pad_sequences to_categorical to_ordinal",
        _K + "utils.sequence": "Sequence",
        _K + "utils.timeseries": "timeseries_dataset_from_array",
    },
    "tf.keras.saving": {
        _K + "objects": """
            CustomObjectScope custom_object_scope deserialize_keras_object get_custom_objects get_registered_name
            get_registered_object register_keras_serializable serialize_keras_object
        """,
    },
    "tf.keras.utils.np_utils": {_K + "utils.numbers": "normalize to_categorical"},
    "tf.keras.preprocessing": {_K + "utils.timeseries": "timeseries_dataset_from_array"},
    "tf.keras.preprocessing.sequence": {
        _K + "preprocessing.sequence": "TimeseriesGenerator make_sampling_table skipgrams",
        _K + "utils.numbers": "pad_sequences",
    },
    "tf.keras.preprocessing.text": {
        _K + "preprocessing.text": "Tokenizer hashing_trick one_hot text_to_word_sequence tokenizer_from_json",
    },
    "tf.keras.preprocessing.image": {
        _K + "preprocessing.image": "ImageDataGenerator Iterator NumpyArrayIterator apply_affine_transform",
        _K + "layers.preprocessing.images": "smart_resize",
        _K + "utils.images": "array_to_img img_to_array load_img save_img",
    },
    "tf.keras.callbacks": {
        _K + "callbacks": """
            CSVLogger Callback CallbackList EarlyStopping History LambdaCallback LearningRateScheduler ModelCheckpoint
            ProgbarLogger ReduceLROnPlateau TensorBoard TerminateOnNaN
        """
    },
    "tf.keras.backend": {
        _K + "activations": "elu hard_sigmoid relu sigmoid softplus softsign tanh",
        _K + "backend.config": """
            epsilon floatx image_data_format set_epsilon set_floatx set_image_data_format
        """,
        _K + "models.functional": "function=function_of",
        _K + "backend.graphs": """
            count_params in_test_phase in_train_phase moving_average_update update update_add update_sub
        """,
        _K + "backend.functions": """
            all=all_ any=any_ arange argmax argmin batch_dot batch_flatten batch_get_value batch_set_value
            binary_crossentropy cast_to_floatx categorical_crossentropy clear_session clip concatenate constant dot
            dtype=dtype_name eval=get_value expand_dims eye flatten gather get_uid get_value in_top_k int_shape
            is_keras_tensor l2_normalize mean ndim one_hot ones permute_dimensions print_tensor random_bernoulli
            random_normal random_uniform repeat repeat_elements reset_uids reverse set_value softmax
            sparse_categorical_crossentropy sqrt squeeze stack std sum=sum_ switch tile truncated_normal var variable
            zeros
        """,
        _OPS + "cumulative": "cumprod cumsum",
        _OPS + "comparison": "equal greater greater_equal less less_equal not_equal",
        _OPS + "elementwise": "abs cast ones_like pow=power sign square stop_gradient zeros_like",
        _OPS + "exponential": "exp log",
        _OPS + "extremes": "maximum minimum",
        _OPS + "nn": "bias_add dropout",
        _OPS + "reduction": """
            logsumexp=reduce_logsumexp max=reduce_max min=reduce_min prod=reduce_prod
        """,
        _OPS + "rounding": "round",
        _OPS + "shape": "reshape shape transpose",
        _OPS + "trigonometric": "cos sin",
        "tapeview.engine.names": "name_scope",
    },
    "tf.summary": {
        _SUMMARIES: """
            SummaryWriter create_file_writer flush histogram image scalar text trace_export trace_off trace_on
        """
    },
    "tf.summary.experimental": {_SUMMARIES: "get_step set_step"},
    "tf.examples.tutorials.mnist.input_data": {_K + "datasets.tutorial": "DataSet read_data_sets"},
    "tf.data": {_DATA + "dataset": "Dataset Options"},
    "tf.data.experimental": {
        _DATA + "dataset": "cardinality",
        _DATA + "sources": "choose_from_datasets sample_from_datasets",
    },
    "tf.compat.v1.data": {
        _DATA + "dataset": "Dataset make_initializable_iterator make_one_shot_iterator",
        "tapeview.engine.deferred.iterators": "Iterator=GraphIterator",
    },
}
"""For each namespace: module -> the words of the objects that live there."""
