"""What all engine tests share: texts as the scripts see them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

NUMPY_2 = int(np.__version__.split(".")[0]) >= 2


@pytest.fixture(autouse=True)
def _printed_as_numpy_1() -> Iterator[None]:
    """Scripts run with NumPy 1's print options; texts that show NumPy values are those."""
    with np.printoptions(legacy="1.25" if NUMPY_2 else False):
        yield
