"""How far predicted and true regions overlap: intersection over union."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tapeview.engine.convert import to_tensor
from tapeview.engine.tensor import Array, EagerTensor
from tapeview.keras.metrics.base import Metric, array, divided, tensor


class IoU(Metric):
    """The mean intersection over union of some classes.

    Args:
        num_classes: how many classes there are.
        target_class_ids: those that count.
        ignore_class: labels of this class do not count.
        sparse_y_true, sparse_y_pred: class numbers, not one score per class.
        axis: where the scores are.

    Raises:
        ValueError: a target class that does not exist.
    """

    def __init__(
        self, num_classes: int, target_class_ids: Sequence[int], name: str | None = None, dtype: Any = None,
        ignore_class: int | None = None, sparse_y_true: bool = True, sparse_y_pred: bool = True, axis: int = -1,
    ) -> None:  # fmt: skip
        super().__init__(name, dtype)
        if max(target_class_ids) >= num_classes:
            raise ValueError(f"Target class id {max(target_class_ids)} is out of range, which is [0, {num_classes}).")
        self.num_classes, self.target_class_ids = num_classes, list(target_class_ids)
        self.ignore_class, self.axis = ignore_class, axis
        self.sparse_y_true, self.sparse_y_pred = sparse_y_true, sparse_y_pred
        self.total_cm = self.add_weight("total_confusion_matrix", (num_classes, num_classes))

    def _numbers(self, values: Any, sparse: bool) -> Array:
        found = to_tensor(values)._array
        return (found if sparse else np.argmax(found, self.axis)).astype(np.int64)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Takes in a batch of labels and predictions."""
        true, pred = self._numbers(y_true, self.sparse_y_true), self._numbers(y_pred, self.sparse_y_pred)
        weight = np.ones(true.shape, self._dtype.numpy)
        if sample_weight is not None:
            weight = np.broadcast_to(array(sample_weight, self._dtype), true.shape)
        if self.ignore_class is not None:
            kept = true != self.ignore_class
            true, pred, weight = true[kept], pred[kept], weight[kept]
        matrix = np.zeros((self.num_classes, self.num_classes), self._dtype.numpy)
        np.add.at(matrix, (true, pred), weight)
        self.total_cm._add(matrix)  # type: ignore[attr-defined]

    def result(self) -> EagerTensor:
        """The mean over those of the classes that occur."""
        matrix = self.total_cm._array
        chosen = self.target_class_ids
        right = np.diagonal(matrix)[chosen]
        union = (matrix.sum(0) + matrix.sum(1))[chosen] - right
        occurring = (union != 0).sum(dtype=matrix.dtype)
        return tensor(divided(divided(right, union).sum(), occurring), self._dtype)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal metric."""
        return {
            **super().get_config(), "num_classes": self.num_classes, "target_class_ids": self.target_class_ids,
            "ignore_class": self.ignore_class, "sparse_y_true": self.sparse_y_true,
            "sparse_y_pred": self.sparse_y_pred, "axis": self.axis,
        }  # fmt: skip


class MeanIoU(IoU):
    """The mean intersection over union of all classes; arguments as in :class:`IoU`."""

    def __init__(
        self, num_classes: int, name: str | None = None, dtype: Any = None, ignore_class: int | None = None,
        sparse_y_true: bool = True, sparse_y_pred: bool = True, axis: int = -1,
    ) -> None:  # fmt: skip
        super().__init__(num_classes, range(num_classes), name, dtype, ignore_class, sparse_y_true, sparse_y_pred, axis)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal metric."""
        return {key: value for key, value in super().get_config().items() if key != "target_class_ids"}


class BinaryIoU(IoU):
    """The intersection over union of what is below and above a threshold."""

    def __init__(
        self, target_class_ids: Sequence[int] = (0, 1), threshold: float = 0.5, name: str | None = None,
        dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(2, target_class_ids, name, dtype)
        self.threshold = threshold

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Takes in a batch of labels (0 and 1) and predictions."""
        sides = array(y_pred, self._dtype) >= self.threshold
        super().update_state(y_true, EagerTensor(sides.astype(np.int64)), sample_weight)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal metric."""
        base = Metric.get_config(self)
        return {**base, "target_class_ids": self.target_class_ids, "threshold": self.threshold}


class OneHotIoU(IoU):
    """:class:`IoU` for labels with one score per class."""

    def __init__(
        self, num_classes: int, target_class_ids: Sequence[int], name: str | None = None, dtype: Any = None,
        ignore_class: int | None = None, sparse_y_pred: bool = False, axis: int = -1,
    ) -> None:  # fmt: skip
        super().__init__(num_classes, target_class_ids, name, dtype, ignore_class, False, sparse_y_pred, axis)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal metric."""
        return {key: value for key, value in super().get_config().items() if key != "sparse_y_true"}


class OneHotMeanIoU(MeanIoU):
    """:class:`MeanIoU` for labels with one score per class."""

    def __init__(
        self, num_classes: int, name: str | None = None, dtype: Any = None, ignore_class: int | None = None,
        sparse_y_pred: bool = False, axis: int = -1,
    ) -> None:  # fmt: skip
        super().__init__(num_classes, name, dtype, ignore_class, False, sparse_y_pred, axis)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal metric."""
        return {key: value for key, value in super().get_config().items() if key != "sparse_y_true"}
