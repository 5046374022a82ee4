"""``import tensorflow`` in a script."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from tapeview.tensorflow import loader
from tests.helpers.scripts import write_script

HERE = Path(__file__).name


@pytest.fixture(autouse=True)
def tf() -> Iterator[Any]:
    """TensorFlow as a script gets it; the print options of this process are put back."""
    options = np.get_printoptions()
    loader.install()
    yield importlib.import_module("tensorflow")
    loader.uninstall()
    options["legacy"] = options["legacy"] or False
    np.set_printoptions(**options)


def run(source: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    exec(compile(source, "script.py", "exec"), found)
    return found


def test_every_way_of_importing_leads_to_the_same_objects() -> None:
    found = run(
        "import tensorflow as tf\n"
        "import tensorflow\n"
        "from tensorflow import math\n"
        "import tensorflow.math as m2\n"
        "import tensorflow.math\n"
        "from tensorflow.math import square\n"
        "from tensorflow import square as s2\n"
    )
    assert found["tf"] is found["tensorflow"] is sys.modules["tensorflow"]
    assert found["math"] is found["m2"] is found["tf"].math is sys.modules["tensorflow.math"]
    assert found["square"] is found["s2"] is found["tf"].square
    assert float(found["square"](3.0)) == 9.0


def test_versions(tf: Any) -> None:
    assert tf.__version__ == "2.15.0"
    assert tf.version.VERSION == "2.15.0"
    assert tf.keras.__version__ == "2.15.0"


def test_keras_by_itself_is_tensorflows(tf: Any) -> None:
    assert importlib.import_module("keras") is tf.keras
    tf.keras.mine = 3
    assert run("from keras import mine")["mine"] == 3


def test_other_names_for_the_same_namespace(tf: Any) -> None:
    v2 = importlib.import_module("tensorflow.compat.v2")
    assert v2.square is tf.square
    assert v2.__version__ == "2.15.0"


def test_everything_may_be_imported_at_once() -> None:
    found = run("from tensorflow import *")
    assert "square" in found
    assert "GradientTape" in found


@pytest.mark.parametrize("path", ["tf.no_such_name", "tf.math.no_such_name", "tf.keras.no_such_name"])
def test_a_missing_name_says_what_and_where(path: str) -> None:
    with pytest.raises(AttributeError, match=rf"^tapeview does not support {path} yet \(line 3 of script.py\)$"):
        run(f"import tensorflow as tf\n\n{path}\n")


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("from tensorflow.no_such import bar", "tf.no_such"),
        ("from tensorflow import no_such", "tf.no_such"),
        ("import tensorflow.no_such", "tf.no_such"),
        ("import tensorflow.no_such.deeper as x", "tf.no_such"),
        ("from tensorflow.math import no_such", "tf.math.no_such"),
        ("from keras import no_such", "tf.keras.no_such"),
    ],
)
def test_a_missing_import_says_what_and_where(statement: str, name: str) -> None:
    with pytest.raises(ImportError, match=rf"^tapeview does not support {name} yet \(line 2 of script.py\)$"):
        run(f"\n{statement}\n")
    # and scripts that are prepared for it go on
    assert run(f"try:\n    {statement}\nexcept ImportError:\n    ok = True")["ok"]


def test_questions_about_names_get_plain_answers(tf: Any) -> None:
    assert not hasattr(tf, "no_such_name")
    assert hasattr(tf, "square")
    assert getattr(tf, "no_such_name", 7) == 7
    assert "square" in dir(tf)
    assert "math" in dir(tf)
    with pytest.raises(AttributeError, match=r"^module 'tensorflow' has no attribute '__no_such__'$"):
        _ = tf.__no_such__


def test_a_near_miss_is_told(tf: Any) -> None:
    with pytest.raises(AttributeError) as caught:
        _ = tf.sqare
    assert caught.value.name == "sqare"
    assert caught.value.obj is tf


def test_scripts_may_write_and_delete_attributes(tf: Any) -> None:
    tf.model = [1, 2]
    tf.math.mine = "x"
    assert run("import tensorflow as tf\nfrom tensorflow.math import mine\nm = tf.model")["m"] == [1, 2]
    del tf.model
    assert not hasattr(tf, "model")


def test_each_run_begins_afresh(tf: Any) -> None:
    tf.model = 1
    tf.square = None
    loader.install()
    fresh = importlib.import_module("tensorflow")
    assert fresh is not tf
    assert not hasattr(fresh, "model")
    assert callable(fresh.square)
    assert sum(isinstance(finder, loader.Finder) for finder in sys.meta_path) == 1


def test_after_uninstall_nothing_of_it_is_left() -> None:
    importlib.import_module("tensorflow.math")
    importlib.import_module("keras")
    loader.uninstall()
    assert not [name for name, module in sys.modules.items() if isinstance(module, loader.Namespace)]
    assert not any(isinstance(finder, loader.Finder) for finder in sys.meta_path)


def test_a_tensorflow_beside_the_script_is_not_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_script(tmp_path, "raise SystemExit('the wrong one')", "tensorflow.py")
    monkeypatch.syspath_prepend(tmp_path)
    loader.install()
    assert importlib.import_module("tensorflow").__version__ == "2.15.0"


def test_other_modules_are_not_ours() -> None:
    finder = loader.Finder()
    assert finder.find_spec("tensorflow_probability") is None
    assert finder.find_spec("kerastuner") is None
    assert finder.find_spec("numpy") is None


def test_it_is_a_module_like_others(tf: Any) -> None:
    assert isinstance(tf, ModuleType)
    assert repr(tf) == "<module 'tensorflow' (tapeview)>"
    assert tf.__name__ == "tensorflow"
    assert tf.math.__name__ == "tensorflow.math"
    assert importlib.util.find_spec("tensorflow") is not None
    assert tf.__doc__


def test_scalars_print_as_numpy_1_did_in_every_thread() -> None:
    texts: list[str] = []
    thread = threading.Thread(target=lambda: texts.append(repr([np.float32(0.1), np.int64(3)])))
    thread.start()
    thread.join()
    assert [*texts, repr([np.float32(0.1), np.int64(3)])] == ["[0.1, 3]"] * 2
