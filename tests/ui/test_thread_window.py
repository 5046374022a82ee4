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
    person.until(dock.threads.isVisible)
    names = [dock.threads.itemText(place) for place in range(dock.threads.count())]
    assert sorted(names) == ["ThreadPoolExecutor-0_0", "일꾼 2"]
    written = {}
    for place, name in enumerate(names):
        dock.threads.setCurrentIndex(place)
        dock.threads.activated.emit(place)
        written[name] = step.text().split(" · ")[1].removesuffix(" ·")
    assert written == {"ThreadPoolExecutor-0_0": "…xecutor-0_0", "일꾼 2": "일꾼 2"}
