"""A script with tapes in several threads, in the window."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from tests.ui.conftest import Person

pytestmark = pytest.mark.qt_log_ignore("does not support (raise|grabbing)", extend=True)

WORK = """\
import threading
import tensorflow as tf
w = tf.Variable(3.0, name="w")
turn = threading.Barrier(2)

def work(k):
    with tf.GradientTape() as tape:
        loss = w * k
        turn.wait()
    tape.gradient(loss, w)

one = threading.Thread(target=work, args=(1.0,), name="ThreadPoolExecutor-0_0", daemon=True)
two = threading.Thread(target=work, args=(2.0,), name="일꾼 2", daemon=True)
one.start()
two.start()
one.join()
two.join()
"""


def test_the_step_s_thread_is_written_and_another_can_be_chosen(person: Person) -> None:
    person.open(WORK)
    person.press(Qt.Key.Key_F5)
    person.until(lambda: person.workspace.state == "finished")
    dock, step = person.docks.tape, person.window.toolbar.position.step
    dock.raise_()
    person.until(lambda: dock.threads.isVisible() and dock.threads.count() == 2)
    names = [dock.threads.itemText(place) for place in range(2)]
    assert sorted(names) == ["ThreadPoolExecutor-0_0", "일꾼 2"]
    written = {"ThreadPoolExecutor-0_0": "· …xecutor-0_0 ·", "일꾼 2": "· 일꾼 2 ·"}
    for place, name in enumerate(names):
        dock.threads.activated.emit(place)
        person.until(lambda name=name: written[name] in step.text())
