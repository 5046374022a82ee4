"""Loss objects: a function of labels and predictions with its arguments and its reduction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tapeview.engine.convert import is_tensor_like
from tapeview.engine.tensor import EagerTensor
from tapeview.engine.variable import ResourceVariable
from tapeview.keras.losses import crossentropy, functions
from tapeview.keras.losses.reduction import Reduction, compute_weighted_loss, mask_of, masked_weight, squeezed
from tapeview.keras.modules import Settled


class Loss(Settled):
    """The base of losses: ``loss(y_true, y_pred, sample_weight)``; subclasses define ``call(y_true, y_pred)``.

    Args:
        reduction: see :class:`Reduction`.
        name: what the loss is called in logs.

    Raises:
        ValueError: an unknown reduction.
    """

    _keras_module = "keras.losses"

    def __init__(self, reduction: str = Reduction.AUTO, name: str | None = None) -> None:
        Reduction.validate(reduction)
        self.reduction = reduction
        self.name = name

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The reduced loss: a scalar tensor, or one loss per sample for ``Reduction.NONE``."""
        losses = self.call(y_true, y_pred)
        mask, own = mask_of(y_pred), mask_of(losses)
        if own is not None:
            mask = own if mask is None else mask & own
        weight = masked_weight(losses, sample_weight, mask, self.reduction) if mask is not None else sample_weight
        reduction = Reduction.SUM_OVER_BATCH_SIZE if self.reduction == Reduction.AUTO else self.reduction
        return compute_weighted_loss(losses, weight, reduction)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The losses of the samples."""
        raise NotImplementedError("Must be implemented in subclasses.")

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal loss."""
        return {"reduction": self.reduction, "name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """The loss with these arguments."""
        return cls(**{key: value for key, value in config.items() if key != "fn"})


class LossFunctionWrapper(Loss):
    """A loss made of a function and the arguments it gets besides labels and predictions."""

    def __init__(
        self, fn: Callable[..., Any], reduction: str = Reduction.AUTO, name: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(reduction, name)
        self.fn = fn
        self._fn_kwargs = kwargs

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The losses of the samples; tensors whose ranks differ by one are made to fit."""
        tensors = (EagerTensor, ResourceVariable)
        if isinstance(y_pred, tensors) and isinstance(y_true, tensors):
            true, pred = y_true.shape, y_pred.shape
            # Class numbers (n,) go with scores (n, classes) as they are.
            if len(true) != len(pred) and (len(pred) - len(true) != 1 or pred[-1] == 1):
                y_true, y_pred = squeezed(y_true, y_pred)
        return self.fn(y_true, y_pred, **self._fn_kwargs)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal loss."""
        plain = {key: value.numpy() if is_tensor_like(value) else value for key, value in self._fn_kwargs.items()}
        return {**super().get_config(), **plain}


class _Simple(LossFunctionWrapper):
    """A function without further arguments."""

    _function: Callable[..., Any]
    _title: str

    def __init__(self, reduction: str = Reduction.AUTO, name: str | None = None) -> None:
        super().__init__(type(self)._function, reduction, self._title if name is None else name)


class MeanSquaredError(_Simple):
    """The mean of squared differences."""

    _function, _title = functions.mean_squared_error, "mean_squared_error"


class MeanAbsoluteError(_Simple):
    """The mean of differences."""

    _function, _title = functions.mean_absolute_error, "mean_absolute_error"


class MeanAbsolutePercentageError(_Simple):
    """The mean of differences in percent of the label."""

    _function, _title = functions.mean_absolute_percentage_error, "mean_absolute_percentage_error"


class MeanSquaredLogarithmicError(_Simple):
    """The mean of squared differences of ``log(1 + y)``."""

    _function, _title = functions.mean_squared_logarithmic_error, "mean_squared_logarithmic_error"


class Hinge(_Simple):
    """``max(1 - y_true * y_pred, 0)``."""

    _function, _title = functions.hinge, "hinge"


class SquaredHinge(_Simple):
    """``max(1 - y_true * y_pred, 0) ** 2``."""

    _function, _title = functions.squared_hinge, "squared_hinge"


class CategoricalHinge(_Simple):
    """The highest score of a wrong class against that of the right one."""

    _function, _title = functions.categorical_hinge, "categorical_hinge"


class Poisson(_Simple):
    """``y_pred - y_true * log(y_pred)``."""

    _function, _title = functions.poisson, "poisson"


class LogCosh(_Simple):
    """``log(cosh(y_pred - y_true))``."""

    _function, _title = functions.log_cosh, "log_cosh"


class KLDivergence(_Simple):
    """``sum(y_true * log(y_true / y_pred))``."""

    _function, _title = functions.kl_divergence, "kl_divergence"


class Huber(LossFunctionWrapper):
    """Half the squared difference up to ``delta``, a straight line beyond."""

    def __init__(self, delta: Any = 1.0, reduction: str = Reduction.AUTO, name: str = "huber_loss") -> None:
        super().__init__(functions.huber, reduction, name, delta=delta)


class CosineSimilarity(LossFunctionWrapper):
    """The cosine between labels and predictions, with the sign changed."""

    def __init__(self, axis: Any = -1, reduction: str = Reduction.AUTO, name: str = "cosine_similarity") -> None:
        super().__init__(functions.cosine_similarity, reduction, name, axis=axis)


class BinaryCrossentropy(LossFunctionWrapper):
    """The cross entropy of yes and no."""

    def __init__(
        self, from_logits: bool = False, label_smoothing: Any = 0.0, axis: Any = -1, reduction: str = Reduction.AUTO,
        name: str = "binary_crossentropy",
    ) -> None:  # fmt: skip
        super().__init__(
            crossentropy.binary_crossentropy, reduction, name,
            from_logits=from_logits, label_smoothing=label_smoothing, axis=axis,
        )  # fmt: skip
        self.from_logits = from_logits


class CategoricalCrossentropy(LossFunctionWrapper):
    """The cross entropy between shares of classes."""

    def __init__(
        self, from_logits: bool = False, label_smoothing: Any = 0.0, axis: Any = -1, reduction: str = Reduction.AUTO,
        name: str = "categorical_crossentropy",
    ) -> None:  # fmt: skip
        super().__init__(
            crossentropy.categorical_crossentropy, reduction, name,
            from_logits=from_logits, label_smoothing=label_smoothing, axis=axis,
        )  # fmt: skip


class SparseCategoricalCrossentropy(LossFunctionWrapper):
    """The cross entropy between a class number and predicted shares. ``ignore_class``: samples of it do not count."""

    def __init__(
        self, from_logits: bool = False, ignore_class: Any = None, reduction: str = Reduction.AUTO,
        name: str = "sparse_categorical_crossentropy",
    ) -> None:  # fmt: skip
        super().__init__(
            crossentropy.sparse_categorical_crossentropy, reduction, name,
            from_logits=from_logits, ignore_class=ignore_class,
        )  # fmt: skip


class BinaryFocalCrossentropy(LossFunctionWrapper):
    """The binary cross entropy with well predicted samples counting less, by ``gamma``."""

    def __init__(
        self, apply_class_balancing: bool = False, alpha: Any = 0.25, gamma: Any = 2.0, from_logits: bool = False,
        label_smoothing: Any = 0.0, axis: Any = -1, reduction: str = Reduction.AUTO,
        name: str = "binary_focal_crossentropy",
    ) -> None:  # fmt: skip
        super().__init__(
            crossentropy.binary_focal_crossentropy, reduction, name,
            apply_class_balancing=apply_class_balancing, alpha=alpha, gamma=gamma, from_logits=from_logits,
            label_smoothing=label_smoothing, axis=axis,
        )  # fmt: skip
        self.from_logits, self.apply_class_balancing, self.alpha, self.gamma = (
            from_logits, apply_class_balancing, alpha, gamma,
        )  # fmt: skip


class CategoricalFocalCrossentropy(LossFunctionWrapper):
    """The categorical cross entropy with well predicted samples counting less, by ``gamma``."""

    def __init__(
        self, alpha: Any = 0.25, gamma: Any = 2.0, from_logits: bool = False, label_smoothing: Any = 0.0,
        axis: Any = -1, reduction: str = Reduction.AUTO, name: str = "categorical_focal_crossentropy",
    ) -> None:  # fmt: skip
        super().__init__(
            crossentropy.categorical_focal_crossentropy, reduction, name,
            alpha=alpha, gamma=gamma, from_logits=from_logits, label_smoothing=label_smoothing, axis=axis,
        )  # fmt: skip
        self.from_logits, self.alpha, self.gamma = from_logits, alpha, gamma
