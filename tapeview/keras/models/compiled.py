"""The losses and the metrics that a model was compiled with, one or more for each output."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from tapeview.engine.ops.arithmetic import add_n
from tapeview.engine.ops.elementwise import cast
from tapeview.engine.ops.shape import expand_dims
from tapeview.engine.scripting import structure
from tapeview.keras import losses as known_losses
from tapeview.keras.losses import reduction
from tapeview.keras.losses.classes import Loss, LossFunctionWrapper


def metrics_module() -> Any:
    """``keras.metrics``, which in turn needs layers."""
    return importlib.import_module("tapeview.keras.metrics")


def output_names(y_pred: Any) -> list[str]:
    """``output_1`` ... for the outputs of a model that gives them no names."""
    if not structure.is_nested(y_pred):
        return ["output_1"]
    names = []
    for path, _ in structure.flatten_with_paths(y_pred):
        steps = [k + 1 if isinstance(k, int) else k for k in path]
        name = "_".join(str(k) for k in steps)
        names.append(f"output_{name}" if isinstance(path[0], int) else name)
    return names


def per_output(given: Any, y_pred: Any, names: list[str]) -> list[Any]:
    """What was given for each output: by name, by place, or one for all.

    Raises:
        ValueError: a name that is no output's, or another number of them.
    """
    count = len(structure.flatten(y_pred))
    if isinstance(given, dict):
        keys = sorted(y_pred) if isinstance(y_pred, dict) else names
        left = {k: v for k, v in given.items() if k not in keys}
        if left:
            raise ValueError(
                f"Found unexpected losses or metrics that do not correspond to any Model output: {left.keys()}. "
                f"Valid mode output names: {keys}. Received struct is: {left}."
            )
        return [given.get(k) for k in keys]
    if isinstance(given, (list, tuple)):
        flat = list(given)
        if len(flat) == count:
            return flat
        if len(flat) == 1:
            return flat * count
        if count == 1:
            return flat[:1]  # as Keras does; the others go unused
        raise ValueError(f"The model has {count} outputs, but {len(flat)} were given: {given}.")
    return [given] * count


def matched(y_true: Any, y_pred: Any, weight: Any) -> tuple[Any, Any, Any]:
    """Labels and weights with the rank and the type of the predictions."""
    if y_true._array.ndim == 1 and y_pred._array.ndim == 2:
        y_true = expand_dims(y_true, -1)
    if weight is not None and weight._array.ndim == 1 and y_pred._array.ndim == 2:
        weight = expand_dims(weight, -1)
    if (y_true.dtype.is_floating and y_pred.dtype.is_floating) or (y_true.dtype.is_integer and y_pred.dtype.is_integer):
        y_true = cast(y_true, y_pred.dtype)
    if weight is not None:
        weight = cast(weight, y_pred.dtype)
    return y_true, y_pred, weight


def _with_mask(y_pred: Any, weight: Any) -> Any:
    mask = reduction.mask_of(y_pred)
    if mask is None:
        return weight
    kept = cast(mask, y_pred.dtype)
    return kept if weight is None else reduction.fitting_weight(weight, kept._array.ndim) * kept


class Losses:
    """The losses, and their running means."""

    def __init__(self, given: Any, weights: Any, names: list[str] | None) -> None:
        self._given, self._given_weights, self._names = given, weights, names
        self._losses: list[Any] = []
        self._weights: list[Any] = []
        self._means: list[Any] = []
        self._mean = metrics_module().Mean(name="loss")
        self.built = False

    @property
    def metrics(self) -> list[Any]:
        """The running means: of the whole loss, and of each output's where there are several."""
        return [self._mean, *(m for m in self._means if m is not None)] if self.built else []

    def _build(self, y_pred: Any) -> None:
        names = self._names or output_names(y_pred)
        self._losses = [_loss_object(x) for x in per_output(self._given, y_pred, names)]
        self._weights = per_output(self._given_weights, y_pred, names)
        several = len(names) > 1
        mean = metrics_module().Mean
        self._means = [
            mean(name=f"{name}_loss") if several and x is not None else None
            for x, name in zip(self._losses, names, strict=True)
        ]
        self._names = names
        self.built = True

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None, regularization_losses: Any = None) -> Any:
        """The whole loss; None if there is none."""
        if not self.built:
            self._build(y_pred)
        names = self._names or []
        labels, weights = per_output(y_true, y_pred, names), per_output(sample_weight, y_pred, names)
        found: list[Any] = []
        size: Any = None
        rows = zip(labels, structure.flatten(y_pred), weights, self._losses, self._weights, self._means, strict=True)
        for t, p, w, loss, share, mean in rows:
            if t is None or loss is None:
                continue
            t, p, w = matched(t, p, w)
            value = loss(t, p, sample_weight=_with_mask(p, w))
            if size is None:
                size = t._array.shape[0] if t._array.ndim else 1
            if mean is not None:
                mean.update_state(value, sample_weight=size)
            found.append(value if share is None else value * share)
        if regularization_losses:
            found.append(add_n(_one_type(regularization_losses)))
        if not found:
            return None
        total = add_n(_one_type(found))
        self._mean.update_state(total, sample_weight=size)
        return total

    def reset_state(self) -> None:
        """The means begin anew."""
        for metric in self.metrics:
            metric.reset_state()


def _one_type(values: list[Any]) -> list[Any]:
    highest = max((v.dtype for v in values), key=lambda d: d.size)
    return [v if v.dtype == highest else cast(v, highest) for v in values]


def _loss_object(given: Any) -> Any:
    if given is None:
        return None
    loss = known_losses.get(given)
    if isinstance(loss, Loss):
        return loss
    if not callable(loss):
        raise ValueError(f"Loss should be a callable, received: {loss}")
    return LossFunctionWrapper(loss, name=getattr(loss, "__name__", type(loss).__name__))


class Metrics:
    """The metrics."""

    def __init__(self, given: Any, weighted: Any, names: list[str] | None) -> None:
        self._given, self._given_weighted, self._names = given, weighted, names
        self._plain: list[list[Any]] = []
        self._weighted: list[list[Any]] = []
        self.built = False

    @property
    def metrics(self) -> list[Any]:
        """All of them, output after output."""
        both = zip(self._plain, self._weighted, strict=True)
        return [m for plain, weighted in both for m in (*plain, *weighted)] if self.built else []

    def _build(self, y_pred: Any, y_true: Any) -> None:
        names = self._names or output_names(y_pred)
        labels = per_output(y_true, y_pred, names)
        outputs = structure.flatten(y_pred)
        self._plain, self._weighted = (
            [
                [_metric_object(m, t, p) for m in metrics]
                for metrics, t, p in zip(_for_outputs(given, y_pred, names), labels, outputs, strict=True)
            ]
            for given in (self._given, self._given_weighted)
        )
        self._name(names)
        self._names = names
        self.built = True

    def _name(self, names: list[str]) -> None:
        taken: set[str] = set()
        for output, plain, weighted in zip(names, self._plain, self._weighted, strict=True):
            for metric in plain:
                name = f"{output}_{metric.name}" if len(names) > 1 else metric.name
                if name in taken:
                    raise ValueError(
                        f"Found two metrics with the same name: {name}. All the metrics added to the model need to "
                        "have unique names."
                    )
                _rename(metric, name)
                taken.add(name)
            for metric in weighted:
                name = f"{output}_{metric.name}" if len(names) > 1 else metric.name
                if name in taken:
                    name = f"{output}_weighted_{metric.name}" if len(names) > 1 else f"weighted_{metric.name}"
                _rename(metric, name)
                taken.add(name)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Takes a batch into account."""
        if not self.built:
            self._build(y_pred, y_true)
        names = self._names or []
        labels, weights = per_output(y_true, y_pred, names), per_output(sample_weight, y_pred, names)
        rows = zip(labels, structure.flatten(y_pred), weights, self._plain, self._weighted, strict=True)
        for t, p, w, plain, weighted in rows:
            if t is None or not (plain or weighted):
                continue
            t, p, w = matched(t, p, w)
            mask = reduction.mask_of(p)
            for metric in plain:
                metric.update_state(t, p, sample_weight=mask)
            w = _with_mask(p, w)
            for metric in weighted:
                metric.update_state(t, p, sample_weight=w)

    def reset_state(self) -> None:
        """All begin anew."""
        for metric in self.metrics:
            metric.reset_state()


def _for_outputs(given: Any, y_pred: Any, names: list[str]) -> list[list[Any]]:
    """For each output a list of metrics; one list without lists in it is for all of them."""
    outputs = len(structure.flatten(y_pred))
    if given is None:
        return [[] for _ in range(outputs)]
    simple = not structure.is_nested(given) or (
        isinstance(given, (list, tuple)) and not any(structure.is_nested(m) for m in given)
    )
    if simple:
        listed = list(given) if isinstance(given, (list, tuple)) else [given]
        return [[_copied(m) if k else m for m in listed if m is not None] for k in range(outputs)]
    found = per_output(given, y_pred, names)
    return [[m for m in (x if isinstance(x, (list, tuple)) else [x]) if m is not None] for x in found]


def _copied(metric: Any) -> Any:
    return type(metric).from_config(metric.get_config()) if hasattr(metric, "update_state") else metric


def _rename(metric: Any, name: str) -> None:
    if metric.name != name:
        metric._name = name


def _metric_object(given: Any, y_true: Any, y_pred: Any) -> Any:
    module = metrics_module()
    word = given.lower() if isinstance(given, str) else ""
    if word in ("accuracy", "acc", "crossentropy", "ce"):
        true, pred = y_true._array.shape, y_pred._array.shape
        kind = "categorical"
        if pred[-1:] == (1,):
            kind = "binary"
        elif len(true) < len(pred) or (true[-1] == 1 and pred[-1] > 1):
            kind = "sparse_categorical"
        found = getattr(module, f"{kind}_{'accuracy' if word[0] == 'a' else 'crossentropy'}")
    else:
        found = module.get(given)
    if isinstance(found, module.Metric):
        return found
    name = given if isinstance(given, str) else getattr(given, "__name__", getattr(given, "name", None))
    if not callable(found) or name is None:
        raise ValueError(f"Metric should be a callable, received: {given}")
    return module.MeanMetricWrapper(found, name=name)


def as_number(value: Any) -> Any:
    """A tensor's value as a Python number, or as an array."""
    if isinstance(value, dict):
        return {k: as_number(v) for k, v in value.items()}
    array = value._array if hasattr(value, "_array") else value
    if isinstance(array, (np.ndarray, np.generic)):
        return array.item() if array.ndim == 0 else array
    return array
