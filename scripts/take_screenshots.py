"""Takes the pictures that the README and docs/reading.md show: the window on an example after a run, in the backward
pass, light and dark, on another one that a breakpoint has stopped, on a CNN while it trains and afterwards, and what is
explained of it.

xvfb-run -s "-screen 0 1600x1000x24" python scripts/take_screenshots.py [FOLDER]
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QDeadlineTimer, Qt
from PySide6.QtTest import QTest

from tapeview.breakpoints import parse
from tapeview.explain import why
from tapeview.trace.records import BackwardStep
from tapeview.ui.app import application, make_window
from tapeview.ui.main_window import MainWindow
from tapeview.ui.settings import Settings
from tapeview.ui.workbench import Workbench
from tapeview.views.examples import examples

SIZE = (1440, 900)
STEP = 142
ROOM = 300
"""Pixels from which on the bars of a path are there."""
EXAMPLE, WRONG, NETWORK, GRAPH = "linear_regression", "nan_loss", "shapes_cnn", "deferred_graph"
WRONG_RULE = "wrong_custom_gradient"
TRAINED = 100
SPOILED = """\
optimizer = tf.keras.optimizers.SGD(20.0)
for step in range(5):
    rows = slice(32 * step, 32 * step + 32)
    with tf.GradientTape() as tape:
        probabilities = model(pictures[rows])
        right = tf.gather(probabilities, labels[rows], batch_dims=1)
        loss = -tf.reduce_mean(tf.math.log(right))
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
"""
"""In place of the CNN's own training: a learning rate far too large, and a logarithm that nothing protects from 0."""

FEW_STEPS = """\
optimizer = tf.keras.optimizers.SGD(0.1)
for step in range(3):
    rows = slice(32 * step, 32 * step + 32)
    with tf.GradientTape() as tape:
        predicted = model(pictures[rows])
        losses = tf.keras.losses.sparse_categorical_crossentropy(labels[rows], predicted)
        loss = tf.reduce_mean(losses)
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
"""
OTHER = (
    'tf.keras.layers.Conv2D(16, 3, activation="relu"),',
    'tf.keras.layers.Conv2D(16, 3, activation="tanh"), tf.keras.layers.BatchNormalization(),',
)
"""What is another one in the second of two runs that are compared."""


def until(done: Callable[[], bool], milliseconds: int = 60_000) -> None:
    """Lets the window work until something is true."""
    deadline = QDeadlineTimer(milliseconds)
    while not done():
        if deadline.hasExpired():
            sys.exit("the window did not get there")
        QTest.qWait(20)


def main(folder: Path) -> None:
    """Runs the examples and saves ``window_light.png``, ``window_dark.png``, ``window_paused.png``,
    ``training_layers.png``, ``training_ops.png``, ``reading_path.png``, ``reading_nan.png`` and ``reading_none.png``,
    ``reading_changed.png``, ``reading_whatif.png``, ``reading_check.png``, ``reading_rules.png``,
    ``deferred_graph.png``.
    """
    application()
    with tempfile.TemporaryDirectory() as scratch:
        for kind in ("CONFIG", "STATE"):
            os.environ[f"XDG_{kind}_HOME"] = scratch  # breakpoints and history of nobody
        window = make_window(Settings(Path(scratch) / "settings.ini"))
        window.resize(*SIZE)
        window.open(example(EXAMPLE))
        window.show()
        until(lambda: QTest.qWaitForWindowExposed(window))
        window.session.run()
        workspace = window.workspace
        until(lambda: workspace.state == "finished")
        step = min(STEP, workspace.step_count - 1)
        assert workspace.recording is not None
        positions = workspace.recording.step(step).positions
        square = next(p.index for p in positions if isinstance(p.record, BackwardStep)) + 1
        workspace.move_to(step, square)
        bench = window.workbench
        assert bench is not None
        until(lambda: not bench.graph_model.laying_out)
        for theme in ("dark", "light"):
            window.set_theme(theme)
            QTest.qWait(800)
            save(window, folder / f"window_{theme}.png")
        paused(window, folder)
        window.session.stop()
        until(lambda: not window.session.running)
        training(window, folder)
        explained(window, folder, Path(scratch))
        changed(window, folder, Path(scratch))
        what_if(window, folder)
        checked(window, folder)
        rules(window, folder)
        deferred(window, folder)
        window.close()
        until(lambda: not window.isVisible())


def paused(window: MainWindow, folder: Path) -> None:
    """Runs the example whose loss turns NaN until a breakpoint stops it, and saves ``window_paused.png``."""
    window.open(example(WRONG))
    workspace, bench = window.workspace, window.workbench
    assert bench is not None
    for text in ("nan", "w:norm>100", "loss rises 20%"):
        workspace.breakpoints.add(parse(f"gradient:{text}" if ":" in text else text))
    workspace.breakpoints.add(parse(f"line:{workspace.script}:34 if step > 50"))
    window.session.run()
    until(lambda: workspace.state == "paused" and window.session.settled)
    until(lambda: not bench.graph_model.laying_out)
    bench.watches.watch("loss")
    bench.watches.watch("1.0 - p")
    bench.bring_up(bench.breakpoints)
    bench.bring_up(bench.stack)
    window.live.focus_prompt()
    QTest.keyClicks(bench.console.prompt.line, "tf.reduce_max(p)")
    QTest.keyClick(bench.console.prompt.line, Qt.Key.Key_Return)
    QTest.qWait(1200)
    save(window, folder / "window_paused.png")


def training(window: MainWindow, folder: Path) -> None:
    """Runs the CNN: its layers while it trains, and the ops of its first one with their feature maps afterwards."""
    window.open(example(NETWORK))
    workspace, bench = window.workspace, window.workbench
    assert bench is not None
    bench.bring_up(bench.plots)
    bench.bring_up(bench.variables)
    window.session.run()
    until(lambda: workspace.step_count >= TRAINED and not bench.graph_model.laying_out)
    QTest.qWait(600)
    save(window, folder / "training_layers.png")
    until(lambda: workspace.state == "finished")
    workspace.move_to(workspace.step_count - 1, 0)
    model = bench.graph_model
    model.fold_all(False)
    until(lambda: not model.laying_out)
    step = workspace.step
    assert step is not None
    pool = next(op for op in step.ops.values() if op.op == "MaxPool")
    workspace.move_to(workspace.cursor.step, step.position_of_op[pool.seq])
    QTest.qWait(1500)
    save(window, folder / "training_ops.png")


def explained(window: MainWindow, folder: Path, scratch: Path) -> None:
    """Saves the way of a gradient through the CNN, a NaN's way through it, and a path that breaks."""
    workspace, bench = window.workspace, window.workbench
    assert bench is not None
    assert workspace.recording is not None
    model = bench.graph_model

    def settle() -> None:
        until(lambda: not model.laying_out and not bench.explained.busy)
        QTest.qWait(800)

    model.fold_all(True)
    bench.bring_up(bench.path)
    workspace.select("none")
    row = bench.path.bars
    workspace.move_to(2, 0)
    until(lambda: row.height() > ROOM)
    QTest.mouseClick(row, Qt.MouseButton.LeftButton, pos=row.row_rect(8).center().toPoint())
    settle()
    bench.resizeDocks([bench.timeline, bench.plots], [62, 420], Qt.Orientation.Vertical)
    settle()
    save(window, folder / "reading_path.png")
    bench.fit_sizes()
    script = scratch / "cnn.py"
    script.write_text(
        example(NETWORK).read_text(encoding="utf-8").split("model.compile")[0] + SPOILED, encoding="utf-8"
    )
    window.open(script)
    window.session.run()
    until(lambda: workspace.state == "finished")
    settle()
    recording = workspace.recording
    assert recording is not None
    (call,) = recording.step(1).calls.values()
    assert call.finished is not None
    kernel = call.finished.results[0].tensor
    bench.explained.ask(lambda: why(recording, 1, kernel))
    until(lambda: bench.explained.trail is not None)
    for _ in range(3):
        window.commands.action("along_path").trigger()
    settle()
    save(window, folder / "reading_nan.png")
    ran(window, "custom_gradient")
    settle()
    window.commands.action("previous_finding").trigger()  # the oldest one
    until(lambda: bench.explained.trail is not None)
    settle()
    save(window, folder / "reading_none.png")


def changed(window: MainWindow, folder: Path, scratch: Path) -> None:
    """Runs the CNN for a few steps, and again with another activation and a layer more, and compares both:
    ``reading_changed.png``.
    """
    source = example(NETWORK).read_text(encoding="utf-8").split("model.compile")[0] + FEW_STEPS
    workspace, recordings = window.workspace, []
    for name, text in (("tanh", source.replace(*OTHER)), ("relu", source)):
        script = scratch / f"{name}.py"
        script.write_text(text, encoding="utf-8")
        window.open(script)
        window.session.run()
        until(lambda: workspace.state == "finished")
        recordings.append(scratch / f"{name}.tapeview")
        assert window.session.save_copy(recordings[-1])
    bench = window.workbench
    assert bench is not None
    comparing = bench.differing.comparing
    bench.bring_up(bench.differing.dock)
    comparing.open_other(1, recordings[0])
    until(lambda: not comparing.busy)
    for side in (0, 1):
        comparing.choose_step(side, 0)
    comparing.run()
    bench.graph_model.fold_all(False)
    until(lambda: bench.differences.shown is not None and not bench.graph_model.laying_out)
    bench.differing.dock.rows.setFocus()
    while (shown := bench.differences.shown) is not None and (shown.row is None or shown.row.state != "changed"):
        window.commands.action("next_difference").trigger()
    bench.resizeDocks([bench.timeline, bench.plots], [62, 384], Qt.Orientation.Vertical)
    QTest.qWait(1500)
    save(window, folder / "reading_changed.png")
    bench.differences.leave()
    bench.fit_sizes()


def what_if(window: MainWindow, folder: Path) -> None:
    """Runs the linear regression, sets its weight to another value and follows twenty steps: ``reading_whatif.png``."""
    bench = ran(window, EXAMPLE)
    workspace = window.workspace
    workspace.move_to(3, 9)
    weight = next(id for id, variable in workspace.recording.variables().items() if not variable.shape)
    workspace.select("variable", weight)
    bench.variables.raise_()
    experiment, form = bench.what_if.experiment, bench.inspector._model.form
    bench.what_if.begin()
    assert form is not None
    form.write("8", "")
    form.apply()
    experiment.follow(20)
    until(lambda: experiment.state == "shown" and not bench.graph_model.laying_out)
    QTest.qWait(1500)
    save(window, folder / "reading_whatif.png")
    experiment.reset()


def checked(window: MainWindow, folder: Path) -> None:
    """Runs the example with a wrong rule and checks all gradients of its first step: ``reading_check.png``."""
    bench = ran(window, WRONG_RULE)
    window.workspace.move_to(0, 0)
    bench.fit_sizes()
    model = bench.checks.model
    model.check_all()
    until(lambda: not model.running and not bench.graph_model.laying_out)
    model.results.look_at(1)
    model.go()
    bench.resizeDocks([bench.timeline, bench.plots], [62, 290], Qt.Orientation.Vertical)
    bench.graph.view.fit()
    QTest.qWait(1500)
    save(window, folder / "reading_check.png")
    bench.fit_sizes()


def rules(window: MainWindow, folder: Path) -> None:
    """Saves the dialog of the rules: ``reading_rules.png``."""
    bench = window.workbench
    assert bench is not None
    bench.show_rules("dead-relu")
    dialog = bench.rules
    assert dialog is not None
    until(lambda: QTest.qWaitForWindowExposed(dialog))
    QTest.qWait(800)
    if not dialog.grab().save(str(folder / "reading_rules.png")):
        sys.exit("the picture of the rules cannot be written")
    dialog.close()


def deferred(window: MainWindow, folder: Path) -> None:
    """Runs a graph of TensorFlow 1 and saves a run of it, half way: ``deferred_graph.png``."""
    window.open(example(GRAPH))
    workspace, bench = window.workspace, window.workbench
    assert bench is not None
    bench.bring_up(bench.plots)
    bench.bring_up(bench.variables)
    window.session.run()
    until(lambda: workspace.state == "finished")
    step = workspace.step_count // 3
    workspace.move_to(step, workspace.position_count(step) // 2)
    until(lambda: not bench.graph_model.laying_out)
    QTest.qWait(1500)
    save(window, folder / "deferred_graph.png")


def ran(window: MainWindow, name: str) -> Workbench:
    """Runs an example to its end."""
    window.open(example(name))
    window.session.run()
    until(lambda: window.workspace.state == "finished")
    bench = window.workbench
    assert bench is not None
    return bench


def example(name: str) -> Path:
    """Where one of the examples is."""
    return next(found.path for found in examples() if found.path.stem == name)


def save(window: MainWindow, path: Path) -> None:
    """A picture of the window as it is."""
    if not window.screen().grabWindow(window.winId()).save(str(path)):
        sys.exit(f"{path} cannot be written")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1] / "docs" / "images")
