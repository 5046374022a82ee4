"""Of which TensorFlow a script is, seen from its names."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from tapeview.debuggee import modes
from tapeview.debuggee.modes import Mode
from tapeview.tensorflow import names
from tests.helpers.scripts import write_script


@pytest.fixture(autouse=True)
def _names(monkeypatch: pytest.MonkeyPatch) -> None:
    """What tapeview has grows; these tests are about how scripts are read."""
    spaces = {"tf", "tf.compat", "tf.compat.v1", "tf.contrib", "tf.compat.v1.contrib", "tf.compat.v1.contrib.eager"}
    monkeypatch.setattr(names, "_NAMESPACES", frozenset({*spaces, "tf.train", "tf.compat.v1.train"}))


def decide(source: str, wish: str = modes.AUTOMATIC, folder: Path = Path("/nowhere")) -> Mode:
    return modes.decide(dedent(source), str(folder / "s.py"), str(folder), wish)


OF_TF1 = {
    "a session": ("import tensorflow as tf\nx = tf.constant(1)\nprint(tf.Session().run(x))", "tf.Session (line 3)"),
    "a placeholder": ("import tensorflow as tf\ntf.placeholder(tf.float32)", "tf.placeholder (line 2)"),
    "by its own name": ("from tensorflow import placeholder\nplaceholder('float')", "tf.placeholder (line 1)"),
    "in a function": (
        "import tensorflow\ndef f():\n  tensorflow.InteractiveSession()",
        "tf.InteractiveSession (line 3)",
    ),
    "with a tape": ("import tensorflow as tf\ntf.GradientTape\ntf.Session", "tf.Session (line 3)"),
    "of the library": ("import tensorflow as tf\ntf.contrib.layers.flatten", "tf.contrib.layers.flatten (line 2)"),
    "layers": ("import tensorflow as tf\ntf.layers.dense(3)", "tf.layers.dense (line 2)"),
    "from another": ("import tensorflow as tf\ntf.train.AdamOptimizer(.1)", "tf.train.AdamOptimizer (line 2)"),
}


@pytest.mark.parametrize(("source", "told"), OF_TF1.values(), ids=OF_TF1)
def test_scripts_of_tensorflow_1(source: str, told: str) -> None:
    sentence = f"Runs in TensorFlow 1 mode: the script uses {told}. --tf2 runs it eagerly."
    assert decide(source) == Mode(tf1=True, deferred=True, sentence=sentence)


ASKING = {
    "tf.compat.v1.disable_eager_execution (line 2)": """\
        import tensorflow as tf
        tf.compat.v1.disable_eager_execution()
        tf.compat.v1.Session()
        """,
    "tf.disable_v2_behavior (line 2)": """\
        import tensorflow.compat.v1 as tf
        tf.disable_v2_behavior()
        tf.Session()
        """,
    "tf.disable_v2_behavior (line 3)": """\
        try:
            import tensorflow.compat.v1 as tf
            tf.disable_v2_behavior()
        except ImportError:
            import tensorflow as tf
        tf.Session()
        """,
    "tf.compat.v1.disable_v2_behavior (line 3)": """\
        import tensorflow as tf
        if tf.__version__[0] == "2":
            tf.compat.v1.disable_v2_behavior()
        """,
}


@pytest.mark.parametrize(("told", "source"), ASKING.items(), ids=ASKING)
def test_scripts_that_ask_for_graphs_themselves(told: str, source: str) -> None:
    mode = decide(source)
    assert (mode.tf1, mode.deferred, mode.asks, mode.version) == (False, False, True, names.TENSORFLOW_VERSION)
    assert mode.sentence == f"Runs in TensorFlow 1 mode: the script calls {told}. --tf2 runs it eagerly."
    assert mode.knows_tf1


def test_one_that_asks_under_the_name_of_tensorflow_1_is_one_of_it() -> None:
    mode = decide("import tensorflow as tf\ntf.disable_eager_execution()\ntf.Session()")
    assert (mode.tf1, mode.asks, mode.version) == (True, True, "1.15.5")


def test_one_that_takes_all_names_from_compat_v1() -> None:
    mode = decide("import tensorflow.compat.v1 as tf\ntf.Session()")
    assert (mode.tf1, mode.deferred) == (False, True)
    assert "the script uses tf.Session (line 2)." in mode.sentence


EAGER = {
    "nothing of TensorFlow": "print(1)",
    "no Python": "print 1",
    "a tape": "import tensorflow as tf\nwith tf.GradientTape() as t: pass",
    "old names of ops": "import tensorflow as tf\ntf.log(3.0)\ntf.random_normal([2])",
    "a session for Keras alone": """\
        import tensorflow as tf
        session = tf.compat.v1.InteractiveSession(config=tf.compat.v1.ConfigProto())
        """,
    "a graph of its own": """\
        import tensorflow.compat.v1 as tf
        with tf.Graph().as_default():
            tf.Session().run(tf.constant(1))
        """,
    "in case of an older version": """\
        import tensorflow as tf
        if tf.__version__.startswith("1."):
            tf.Session()
        one = tf.Session() if not tf.executing_eagerly() else None
        """,
    "if it has it": "import tensorflow as tf\nif hasattr(tf, 'Session'):\n    tf.Session()\n",
    "maybe": "import tensorflow as tf\ntry:\n    tf.enable_eager_execution()\nexcept AttributeError:\n    pass\n",
    "optimizers beside a tape": "import tensorflow as tf\ntf.GradientTape\ntf.train.AdamOptimizer(.1)",
    "its own Session": "import tensorflow as tf\nclass Session: pass\nSession()",
}


@pytest.mark.parametrize("source", EAGER.values(), ids=EAGER)
def test_scripts_of_tensorflow_2(source: str) -> None:
    assert decide(source) == Mode()


@pytest.mark.parametrize(
    "source",
    [
        "import tensorflow as tf\ntf.enable_eager_execution()\ntf.Session",
        "import tensorflow as tf\nimport tensorflow.contrib.eager as tfe\ntfe.enable_eager_execution()",
        "import tensorflow as tf\ntfe = tf.contrib.eager\ntfe.enable_eager_execution()\ntf.train.AdamOptimizer",
    ],
)
def test_eager_scripts_of_tensorflow_1(source: str) -> None:
    assert decide(source) == Mode(tf1=True)


def test_the_user_decides_otherwise() -> None:
    session = "import tensorflow as tf\ntf.Session()"
    assert decide(session, "2") == Mode(eager=True, sentence="Runs eagerly, as --tf2 says.")
    assert not decide(session, "2").knows_tf1
    asking = decide("import tensorflow as tf\ntf.compat.v1.disable_v2_behavior()", "2")
    assert (asking.eager, asking.knows_tf1) == (True, False)
    plain = decide("import tensorflow as tf", "1")
    assert plain == Mode(tf1=True, deferred=True, sentence="Runs in TensorFlow 1 mode, as --tf1 says.")
    assert decide("import tensorflow as tf", "2") == Mode(eager=True)


def test_modules_beside_the_script_are_read_too(tmp_path: Path) -> None:
    write_script(tmp_path, "from pack import deeper\nimport s\n", "pack/__init__.py")
    write_script(tmp_path, "import tensorflow as tf\nx = tf.placeholder('float')\n", "pack/deeper.py")
    write_script(tmp_path, "x = 가", "broken.py")
    mode = decide("import broken, pack, numpy\n", folder=tmp_path)
    assert "the script uses tf.placeholder (line 2 of deeper.py)." in mode.sentence
    assert not decide("import broken, numpy\n", folder=tmp_path).deferred
