"""As test_frozen.py: shapes, indexing, creation, sorting, convolutions, losses and what is no op, beside TensorFlow."""

from __future__ import annotations

import pytest

from tests.engine.frozen.cases_nn import CASES
from tests.engine.frozen.error_cases_nn import ERRORS
from tests.engine.frozen.evaluate import raised
from tests.engine.frozen.signatures import arguments
from tests.engine.frozen.signatures_nn import FUNCTIONS
from tests.engine.names import tf
from tests.engine.ops.test_frozen import agrees, frozen

FROZEN = {group: frozen(group) for group in CASES}
NAMED = [pytest.param(group, name, id=f"{group}: {name}") for group, cases in CASES.items() for name in cases]
REFUSALS = frozen("nn_errors")
SIGNATURES = frozen("nn_signatures")


@pytest.mark.parametrize(("group", "name"), NAMED)
def test_frozen(group: str, name: str) -> None:
    agrees(*CASES[group][name], FROZEN[group][name])


@pytest.mark.parametrize("name", ERRORS)
def test_refusals(name: str) -> None:
    assert raised(lambda: ERRORS[name](tf)) == REFUSALS[name]


@pytest.mark.parametrize("path", FUNCTIONS)
def test_arguments(path: str) -> None:
    assert arguments(tf, path) == SIGNATURES[path]


def test_all_of_it_is_frozen() -> None:
    assert {group: list(cases) for group, cases in FROZEN.items()} == {g: list(c) for g, c in CASES.items()}
    assert list(REFUSALS) == list(ERRORS)
    assert not [name for name, text in REFUSALS.items() if text.startswith("no exception")]
    assert list(SIGNATURES) == FUNCTIONS
