"""``Embedding``: a row of numbers for each whole number."""

from __future__ import annotations

from typing import Any

from tapeview.engine.convert import to_tensor
from tapeview.engine.ops.comparison import not_equal
from tapeview.engine.ops.elementwise import cast
from tapeview.engine.ops.nn import embedding_lookup
from tapeview.engine.shapes import TensorShape
from tapeview.keras import constraints, initializers, regularizers
from tapeview.keras.backend.config import floatx
from tapeview.keras.layers.arguments import config_of
from tapeview.keras.layers.base import Layer


class Embedding(Layer):
    """Row ``k`` of a table for each number ``k``. With ``mask_zero`` zeros are padding.

    Raises:
        ValueError: a table without rows or columns, an input of another length than was given.
    """

    _knows_its_shapes = True

    def __init__(
        self, input_dim: int, output_dim: int, embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None, activity_regularizer: Any = None, embeddings_constraint: Any = None,
        mask_zero: bool = False, input_length: Any = None, sparse: bool = False, **kwargs: Any,
    ) -> None:  # fmt: skip
        if "input_shape" not in kwargs and "batch_input_shape" not in kwargs:
            kwargs["input_shape"] = (input_length,) if input_length else (None,)
        if input_dim <= 0 or output_dim <= 0:
            raise ValueError(
                "Both `input_dim` and `output_dim` should be positive, Received input_dim = "
                f"{input_dim} and output_dim = {output_dim}"
            )
        kwargs.setdefault("dtype", floatx())
        kwargs["autocast"] = False
        super().__init__(**kwargs)
        self.__dict__["_activity_regularizer"] = regularizers.get(activity_regularizer)
        self.input_dim, self.output_dim = input_dim, output_dim
        self.embeddings_initializer = initializers.get(embeddings_initializer)
        self.embeddings_regularizer = regularizers.get(embeddings_regularizer)
        self.embeddings_constraint = constraints.get(embeddings_constraint)
        self.mask_zero = mask_zero
        self.supports_masking = mask_zero
        self.input_length = input_length

    def build(self, input_shape: Any = None) -> None:
        """Makes ``embeddings``."""
        self.embeddings = self.add_weight(
            shape=(self.input_dim, self.output_dim), initializer=self.embeddings_initializer, name="embeddings",
            regularizer=self.embeddings_regularizer, constraint=self.embeddings_constraint,
            experimental_autocast=False,
        )  # fmt: skip
        self.built = True

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """True where the number is not 0, with ``mask_zero``."""
        return not_equal(inputs, 0) if self.mask_zero else None

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The shape with the rows' length at its end."""
        shape = list(input_shape)
        if self.input_length is None:
            return TensorShape([*shape, self.output_dim])
        given = self.input_length
        lengths = list(given) if isinstance(given, (list, tuple)) else [given]
        if len(lengths) != len(shape) - 1:
            raise ValueError(
                f'"input_length" is {given}, but received input has shape {tuple(shape)}',
            )
        for k, (wanted, found) in enumerate(zip(lengths, shape[1:], strict=True)):
            if wanted is not None and found is not None and wanted != found:
                raise ValueError(f'"input_length" is {given}, but received input has shape {tuple(shape)}')
            lengths[k] = found if wanted is None else wanted
        return TensorShape([shape[0], *lengths, self.output_dim])

    def call(self, inputs: Any) -> Any:
        """The rows."""
        numbers = to_tensor(inputs)
        if numbers.dtype.name not in ("int32", "int64"):
            numbers = cast(numbers, "int32")
        rows = embedding_lookup(self.embeddings, numbers)
        kind = self.compute_dtype
        return rows if kind is None or rows.dtype.name == kind else cast(rows, kind)

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return super().get_config() | config_of(
            self, "input_dim", "output_dim", "embeddings_initializer", "embeddings_regularizer",
            "activity_regularizer", "embeddings_constraint", "mask_zero", "input_length",
        )  # fmt: skip
