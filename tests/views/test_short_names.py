from __future__ import annotations

import pytest

from tapeview.views.short_names import short_names


@pytest.mark.parametrize(
    ("names", "short"),
    [
        (["net/conv2d/kernel:0", "net/dense/bias:0"], ["conv2d/kernel", "dense/bias"]),
        (["net/conv2d/kernel:0"], ["conv2d/kernel"]),
        (["a/b/conv/kernel", "a/b/dense/kernel", "w"], ["conv/kernel", "dense/kernel", "w"]),
        (["net/block/conv/kernel", "net/dense/kernel"], ["block/conv/kernel", "dense/kernel"]),
        (["conv2d/kernel:0", "dense/kernel:0"], ["conv2d/kernel", "dense/kernel"]),
        (["net/conv/kernel", "net/scale"], ["net/conv/kernel", "net/scale"]),
        (["net/conv/kernel", "Adam/m/net/conv/kernel"], ["conv/kernel", "Adam/m/net/conv/kernel"]),
        (["net/conv/kernel", "conv/kernel"], ["net/conv/kernel", "conv/kernel"]),
        (["w", "b:0"], ["w", "b"]),
        ([], []),
    ],
)
def test_what_all_names_begin_with_goes(names: list[str], short: list[str]) -> None:
    assert short_names(names) == short
