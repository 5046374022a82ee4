"""Deferred graphs for tests: ``tf`` as a script of TensorFlow 1 gets it, and nothing of it left behind."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from tapeview.engine import observe
from tapeview.engine.deferred import custom_rules, mode
from tapeview.keras import naming
from tapeview.tensorflow import loader


@pytest.fixture
def begin() -> Iterator[Callable[..., Any]]:
    """Begins a deferred mode; gives ``tf``."""
    options = np.get_printoptions()
    rules = dict(custom_rules._registered)
    naming.forget()  # other tests' layers have taken names

    def started(v2_behaviour: bool = False) -> Any:
        loader.install(tf1=True)
        mode.enable(v2_behaviour)
        return importlib.import_module("tensorflow")

    yield started
    mode.disable()
    mode.local.sessions.clear()
    mode.local.graphs.clear()
    custom_rules._registered.clear()
    custom_rules._registered.update(rules)
    observe.listen(None)
    loader.uninstall()
    options["legacy"] = options["legacy"] or False
    np.set_printoptions(**options)


@pytest.fixture
def tf(begin: Callable[..., Any]) -> Any:
    """TensorFlow 1: references, ``Dimension`` objects."""
    return begin()


@pytest.fixture
def tf_resources(begin: Callable[..., Any]) -> Any:
    """With only eager execution switched off."""
    return begin(v2_behaviour=True)
