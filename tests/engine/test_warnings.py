"""TensorFlow's warnings on standard error, as a script's user sees them."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
from tapeview.tensorflow import loader
loader.install()
import tensorflow as tf
"""
WATCHED = "WARNING:tensorflow:The dtype of the watched tensor must be floating (e.g. tf.float32), got tf.int32\n"


def said(script: str) -> str:
    """What a script prints on standard error."""
    done = subprocess.run([sys.executable, "-c", PROGRAM + script], capture_output=True, text=True, check=True)
    return done.stderr


def test_a_warning_is_printed_with_its_level_and_logger() -> None:
    text = said("with tf.GradientTape() as tape: tape.watch(tf.constant(1))")

    assert text == WATCHED


def test_a_line_is_warned_of_five_times() -> None:
    text = said("with tf.GradientTape() as tape:\n    for _ in range(9): tape.watch(tf.constant(1))")

    assert text == WATCHED * 5


def test_a_persistent_tape_used_inside_its_block_is_warned_of_once() -> None:
    text = said(
        "x = tf.Variable(1.0)\nwith tf.GradientTape(persistent=True) as tape:\n"
        "    for _ in range(3): tape.gradient(x * x, x)"
    )

    assert text.count("\n") == 1
    assert text.startswith(
        "WARNING:tensorflow:Calling GradientTape.gradient on a persistent tape inside its context is "
    )


def test_variables_without_a_gradient_are_warned_of_twice() -> None:
    text = said(
        "w = tf.Variable(1.0, name='w')\nb = tf.Variable(1.0, name='b')\n"
        "tf.optimizers.SGD().apply_gradients([(tf.constant(1.0), w), (None, b)])"
    )

    assert text == (
        "WARNING:tensorflow:Gradients do not exist for variables ['b:0'] when minimizing the loss. If you're using "
        "`model.compile()`, did you forget to provide a `loss` argument?\n" * 2
    )


def test_the_lr_trap_is_warned_of_under_another_name() -> None:
    text = said("tf.keras.optimizers.SGD(lr=0.1)")

    assert text == (
        "WARNING:absl:`lr` is deprecated in Keras optimizer, please use `learning_rate` or use the legacy optimizer, "
        "e.g.,tf.keras.optimizers.legacy.SGD.\n"
    )


def test_a_script_that_logs_itself_gets_each_warning_once() -> None:
    text = said("import logging\nlogging.basicConfig()\nwith tf.GradientTape() as tape: tape.watch(tf.constant(1))")

    assert text == WATCHED


@pytest.mark.parametrize(
    "silence",
    ["tf.get_logger().setLevel('ERROR')", "import logging\nlogging.getLogger('tensorflow').setLevel(logging.ERROR)"],
    ids=["tensorflow", "logging"],
)
def test_warnings_can_be_silenced(silence: str) -> None:
    text = said(f"{silence}\nwith tf.GradientTape() as tape: tape.watch(tf.constant(1))")

    assert text == ""


def test_a_warning_goes_to_where_standard_error_is_directed() -> None:
    text = said(
        "import contextlib, io\nheard = io.StringIO()\n"
        "with contextlib.redirect_stderr(heard), tf.GradientTape() as tape: tape.watch(tf.constant(1))\n"
        "assert heard.getvalue().startswith('WARNING:tensorflow:The dtype')"
    )

    assert text == ""


@pytest.mark.parametrize("strict", ["warnings.simplefilter('error')", "np.seterr(all='raise')"])
def test_what_a_script_wants_to_be_errors_concerns_its_own_numbers_only(strict: str) -> None:
    text = said(
        f"import warnings\nimport numpy as np\n{strict}\n"
        "x = tf.Variable(0.0)\n"
        "with tf.GradientTape() as tape: y = tf.math.log(x) + 1.0 / x + tf.nn.sigmoid(x - 1e30) * tf.exp(x + 1000.0)\n"
        "assert np.isnan(tape.gradient(y, x).numpy()), tape\n"
        "try: np.log(np.zeros(1))\n"
        "except (RuntimeWarning, FloatingPointError): print('its own', file=__import__('sys').stderr)\n"
    )

    assert text == "its own\n"
