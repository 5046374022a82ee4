"""Every kind of breakpoint has a sentence of its own."""

from __future__ import annotations

import pytest

from tapeview.breakpoints import KINDS, TESTS, Breakpoint, parse
from tapeview.views.breakpoint_words import condition_words, in_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("line:/srv/u/train.py:31", "line 31 of train.py"),
        ("line:train.py:31:11-19", "line 31 of train.py, columns 12–19"),
        ("op:Conv2D*", "every op Conv2D*"),
        ("node:y_pred", "the result y_pred"),
        ("nan", "an output holds NaN"),
        ("max>1e6", "an output’s magnitude is above 1e+06"),
        ("value:value.min() < 0", "an output with value.min() < 0"),
        ("gradient:none", "any gradient is None"),
        ("gradient:w:norm>10", "the gradient of w has a norm above 10"),
        ("loss>100", "loss is above 100"),
        ("loss rises 20%", "loss rises by 20 %"),
        ("step:120", "training step 120"),
        ("every:50", "every 50 training steps"),
        ("exception", "an exception"),
        ("rule:*", "any rule fires"),
        ("rule:dead-relu:units=0.6", "the rule dead-relu fires (units=0.6)"),
        ("nan log it is {value}", "an output holds NaN · writes “it is {value}”"),
    ],
)
def test_words(text: str, words: str) -> None:
    assert in_words(parse(text)) == words


def test_no_two_tests_share_their_words() -> None:
    every = [Breakpoint(kind, test, file="f.py", line=1, name="n", limit=2.0) for kind in KINDS for test in TESTS[kind]]
    assert len({in_words(one) for one in every}) == len(every)


def test_the_condition_and_the_hit_it_counts_from() -> None:
    assert condition_words(parse("nan")) == ""
    assert condition_words(parse("nan if i > 3 after 2")) == "i > 3 · from hit 2"
