"""The form for a breakpoint: every kind can be filled in, comes back as it was, and says what is wrong."""

from __future__ import annotations

import pytest

from tapeview.breakpoints import Breakpoint, BreakpointError, describe, parse
from tapeview.views.breakpoint_form import Form, build, changed, choices, fields_of, form_of, kinds, preview

TEXTS = (
    "line:train.py:31",
    "line:train.py:31:11-19",
    "op:Conv2D*",
    "node:y_pred",
    "nan",
    "inf",
    "zero",
    "max>1000000",
    "value:value.min() < 0",
    "gradient:none",
    "gradient:w:norm>10",
    "gradient:nan",
    "gradient:norm<1e-08",
    "loss>100",
    "b<-2.5",
    "loss rises 20%",
    "step:120",
    "every:50",
    "exception",
    "rule:dead-relu",
    "rule:dead-relu:units=0.6,rows=4",
    "rule:*",
    "rule:*-gradient if step > 3",
    "nan if step > 3 after 2 log value is {value.max()}",
)


@pytest.mark.parametrize("text", TEXTS)
def test_a_breakpoint_fills_the_form_and_comes_back(text: str) -> None:
    breakpoint = parse(text)
    form = form_of(breakpoint)
    assert form.kind in {choice.id for choice in kinds()}
    assert form.kind in ("line", "exception") or form.test in {choice.id for choice in choices(form.kind)}
    assert build(form) == breakpoint
    assert preview(form) == (describe(breakpoint), "")


def test_an_edited_breakpoint_keeps_its_id_and_switch() -> None:
    before = Breakpoint("op", name="Mul", enabled=False, id=7)
    after = build(changed(form_of(before), name="Add*"), before)
    assert (after.id, after.enabled, after.name) == (7, False, "Add*")


@pytest.mark.parametrize(
    ("form", "words"),
    [
        (Form("line", file="a.py", line="x"), "whole number"),
        (Form("line", line="3"), "file"),
        (Form("line", file="a.py", line="0"), "whole number"),
        (Form("op", "op"), "type"),
        (Form("op", "node"), "name"),
        (Form("value", "above", limit="much"), "number"),
        (Form("value", "above", limit="inf"), "number"),
        (Form("value", "expression"), "expression"),
        (Form("value", "expression", expression="value +"), "not a Python expression"),
        (Form("scalar", "every", limit="0"), "whole number"),
        (Form("exception", condition="1 +"), "not a Python expression"),
        (Form("exception", logs=True), "text"),
        (Form("rule", "names"), "name"),
        (Form("rule", "names", name="nonsense"), "There is no rule"),
        (Form("rule", "dead-relu", expression="window=3"), "no threshold"),
        (Form("rule", "dead-relu", expression="units=lots"), "number"),
        (Form("exception", after="0"), "whole number"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(form: Form, words: str) -> None:
    text, problem = preview(form)
    assert not text
    assert words in problem
    with pytest.raises(BreakpointError):
        build(form)


def test_another_kind_begins_with_its_first_test() -> None:
    form = changed(Form("scalar", "rises", name="loss", limit="20"), kind="gradient")
    assert (form.test, form.name, form.limit) == ("none", "", "")
    assert fields_of(form) == {"name"}
    with pytest.raises(KeyError):
        changed(form, colour="red")


def test_an_empty_series_is_the_loss_and_an_empty_variable_any() -> None:
    assert preview(Form("scalar", "above", limit="3"))[0] == "loss>3"
    assert preview(Form("gradient", "none"))[0] == "gradient:none"
