"""``tapeview record`` on scripts of TensorFlow 1: it says so, and the user may decide otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from tapeview.trace.query import Recording
from tests.cli.test_record import tapeview
from tests.helpers.scripts import write_script

SESSION = """
import tensorflow as tf
x = tf.constant(3.0)
with tf.Session() as sess:
    print(sess.run(x * x), x, tf.__version__, int(tf.__version__.split(".")[0]))
"""
EAGER = "import tensorflow as tf\nx = tf.constant(3.0)\nprint(float(x * x), tf.__version__)\n"
ASKING = """
import tensorflow.compat.v1 as tf
tf.disable_v2_behavior()
print(tf.executing_eagerly(), tf.__version__, tf.Variable(1.0).dtype)
"""


def test_a_script_with_a_session_runs_as_one_of_tensorflow_1(tmp_path: Path) -> None:
    write_script(tmp_path, SESSION)
    code, out, err = tapeview(tmp_path, "record", "-o", "r.tapeview", "script.py")
    assert (code, out) == (0, '9.0 Tensor("Const:0", shape=(), dtype=float32) 1.15.5 1\n')
    assert err == ("tapeview: Runs in TensorFlow 1 mode: the script uses tf.Session (line 4). --tf2 runs it eagerly.\n")
    with Recording.open(tmp_path / "r.tapeview") as recording:
        assert recording.run.framework == "tensorflow 1.15.5 (tapeview)"
        assert recording.step_count == 1


def test_run_eagerly_it_learns_what_to_do(tmp_path: Path) -> None:
    write_script(tmp_path, SESSION)
    code, out, err = tapeview(tmp_path, "record", "--tf2", "script.py")
    assert (code, out) == (1, "")
    assert err.startswith(
        "tapeview: Runs eagerly, as --tf2 says.\n"
        "tapeview: script.py uses a name that only TensorFlow 1 has (--tf1 runs it as a script of that):\n"
        "  tf.Session (line 4)\n"
    )
    assert (
        "AttributeError: tf.Session is a name of TensorFlow 1 (line 4 of script.py): run the script with --tf1" in err
    )


def test_an_eager_script_may_be_run_as_one_of_tensorflow_1(tmp_path: Path) -> None:
    write_script(tmp_path, EAGER)
    assert tapeview(tmp_path, "record", "script.py")[:2] == (0, "9.0 2.15.0\n")
    code, _, err = tapeview(tmp_path, "record", "--tf1", "script.py")
    assert code == 1
    assert err.startswith("tapeview: Runs in TensorFlow 1 mode, as --tf1 says.\n")
    assert "TypeError: float() argument must be a string or a real number, not 'SymbolicTensor'" in err


@pytest.mark.parametrize(("options", "out"), [((), "False 2.15.0 <dtype: 'float32_ref'>"), (("--tf2",), "True 2.15.0")])
def test_a_script_that_asks_for_graphs_itself(options: tuple[str, ...], out: str, tmp_path: Path) -> None:
    write_script(tmp_path, ASKING)
    code, printed, err = tapeview(tmp_path, "record", *options, "script.py")
    assert (code, printed.startswith(out)) == (0, True)
    assert ("the script calls tf.disable_v2_behavior (line 3)" in err) == (not options)


def test_both_at_once_are_refused(tmp_path: Path) -> None:
    code, _, err = tapeview(tmp_path, "record", "--tf1", "--tf2", "script.py")
    assert code == 2
    assert "--tf2" in err
