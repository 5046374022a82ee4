"""The table behind `names`: TensorFlow name -> where tapeview's object lives, by namespace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_E = "tapeview.engine."

NAMES: Final[Mapping[str, Mapping[str, str]]] = {
    "tf": {
        "Variable": _E + "variable:Variable",
        "GradientTape": _E + "tape:GradientTape",
        "name_scope": _E + "names:name_scope",
        "Tensor": _E + "tensor:Tensor",
    },
}
