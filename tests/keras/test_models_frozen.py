"""Names, summaries, graphs and error texts against TensorFlow 2.15's Keras (``frozen/make_models.py``)."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tapeview.keras import naming
from tests.engine.names import tf
from tests.keras.frozen.model_cases import ERRORS, NAMES, evaluated

FROZEN: dict[str, Any] = json.loads((Path(__file__).parent / "frozen" / "models.json").read_text(encoding="utf-8"))


def plain(value: Any) -> Any:
    return json.loads(json.dumps(value, default=str))


@pytest.mark.parametrize("name", NAMES)
def test_what_a_script_sees(name: str) -> None:
    assert plain(evaluated(tf, NAMES[name], naming.forget)) == FROZEN[name]


@pytest.mark.parametrize("name", ERRORS)
def test_error(name: str) -> None:
    found = str(evaluated(tf, ERRORS[name], naming.forget))

    assert unaddressed(found) == unaddressed(FROZEN[name])


def unaddressed(text: str) -> str:
    """A text without addresses in memory."""
    return re.sub(r"0x[0-9a-f]+", "0x", text)
