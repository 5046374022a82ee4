"""Scripts that draw with matplotlib, in real processes: what they draw is in the recording, and they notice nothing."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tapeview.debuggee import figures
from tapeview.trace.check import check
from tapeview.trace.records import Figure
from tests.helpers.scripts import Run, record, record_source, run_python, write_script

pytest.importorskip("matplotlib")

TRAIN = """
    import matplotlib.pyplot as plt
    import tensorflow as tf
    w = tf.Variable(3.0)
    def train():
        with tf.GradientTape() as tape:
            loss = w * w
        w.assign_sub(0.1 * tape.gradient(loss, w))
        return float(loss)
"""


class Seen(NamedTuple):
    figure: int
    title: str
    step: int
    how: str
    line: int


def seen(run: Run) -> list[Seen]:
    """The figures of a run that has to have gone well for the recorder."""
    assert check(run.path) == []
    with run.recording() as recording:
        return [
            Seen(
                one.figure,
                one.title,
                one.step,
                one.how,
                frames[0].line if (frames := recording.frames(one.site)) else 0,
            )
            for _, one in recording.figures.entries()
        ]


def entries(run: Run) -> list[Figure]:
    with run.recording() as recording:
        return [entry for _, entry in recording.figures.entries()]


def drawn(folder: Path, text: str, **variables: str | None) -> Run:
    """A script with a training in it, run to its end. The environment names no backend."""
    variables = {"MPLBACKEND": None, "DISPLAY": None, **variables}
    return record_source(
        folder, "\n".join((TRAIN, *(f"    {line}" for line in text.strip().splitlines()))), **variables
    )


def test_show_does_not_wait_and_the_figures_are_gone_after_it(tmp_path: Path) -> None:
    run = drawn(
        tmp_path,
        """
train(); train()
plt.plot([1, 2]); plt.title("data")
plt.figure("losses"); plt.plot([3, 1])
plt.show()
print(plt.get_fignums(), plt.get_backend())
""",
    )
    assert (run.code, run.err, run.out) == (0, "", "[] module://tapeview.figures.backend\n")
    assert [(one.figure, one.title, one.step, one.how, one.line) for one in seen(run)] == [
        (1, "data", 1, "shown", 14), (2, "", 1, "shown", 14),
    ]  # fmt: skip
    first, second = entries(run)
    assert (first.number, first.label, second.number, second.label) == (1, "", 2, "losses")
    assert (first.width, first.height) == (640.0, 480.0)
    assert (first.step, first.position) == (1, 2)  # Mul forward, its rule, the update


def test_what_is_drawn_anew_in_a_loop_is_the_history_of_one_figure(tmp_path: Path) -> None:
    run = drawn(
        tmp_path,
        """
for i in range(3):
    plt.plot([train()], "o"); plt.title(f"round {i}")
    plt.show()
plt.plot([1]); plt.title("another"); plt.show()
""",
    )
    shown = seen(run)
    assert [(one.figure, one.title, one.step) for one in shown] == [
        (1, "round 0", 0), (1, "round 1", 1), (1, "round 2", 2), (2, "another", 2),
    ]  # fmt: skip


def test_interactive_figures_stay_and_are_drawn_when_the_script_says_so(tmp_path: Path) -> None:
    run = drawn(
        tmp_path,
        """
plt.ion()
figure, axes = plt.subplots()
line, = axes.plot([0, 1], [0, 0])
for i in range(1, 4):
    line.set_ydata([0, train()]); axes.set_title(str(i))
    figure.canvas.draw(); figure.canvas.flush_events()
axes.set_title("after a pause"); plt.pause(0.01)
plt.show()
print(plt.get_fignums())
print(figure.canvas.buffer_rgba().shape)
""",
    )
    assert (run.code, run.err, run.out) == (0, "", "[1]\n(480, 640, 4)\n")
    told = [one for one in seen(run) if one.how != "left"]
    assert {one.figure for one in told} == {1}
    assert [one.title for one in told] == ["1", "2", "3", "after a pause"]
    assert [one.step for one in told] == [0, 1, 2, 2]


def test_equal_drawings_are_one_entry_and_one_picture(tmp_path: Path) -> None:
    run = drawn(
        tmp_path,
        """
for i in range(3):
    train()
    plt.plot([1, 2]); plt.show()
plt.plot([1, 2]); plt.show()
""",
    )
    first, second = entries(run)
    assert (first.figure, second.figure) == (1, 2)
    assert first.picture == second.picture


def test_a_figure_that_is_only_saved_is_there_and_so_is_the_file(tmp_path: Path) -> None:
    run = drawn(
        tmp_path,
        """
plt.plot([1, 2]); plt.title("kept")
plt.savefig("out.png"); plt.savefig("out.pdf"); plt.close()
""",
    )
    assert [(one.title, one.how, one.line) for one in seen(run)] == [("kept", "saved", 12)]
    assert (tmp_path / "out.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "out.pdf").read_bytes().startswith(b"%PDF")


def test_a_figure_is_kept_as_it_was_when_the_script_went_on_computing(tmp_path: Path) -> None:
    run = drawn(
        tmp_path,
        """
train()
plt.plot([1, 2], "ro"); plt.title("data")
train()
plt.plot([2, 1]); plt.title("data and line")
plt.show()
""",
    )
    assert [(one.figure, one.title, one.step, one.how, one.line) for one in seen(run)] == [
        (1, "data", 0, "left", 12), (1, "data and line", 1, "shown", 15),
    ]  # fmt: skip


@pytest.mark.parametrize(("end", "code"), [("", 0), ("1 / 0", 1), ("import sys; sys.exit(3)", 3)])
def test_figures_that_are_open_at_the_end_are_kept_however_it_ends(tmp_path: Path, end: str, code: int) -> None:
    run = drawn(tmp_path, f"plt.plot([1, 2]); plt.title('open')\nplt.subplots()\n{end}")
    assert run.code == code
    assert [(one.title, one.how) for one in seen(run)] == [("open", "left")]
    assert ("ZeroDivisionError" in run.err) == (code == 1)


def test_subplots_and_images_are_one_picture(tmp_path: Path) -> None:
    run = drawn(
        tmp_path,
        """
figure, axes = plt.subplots(2, 2, layout="constrained")
for one in axes.flat: one.imshow([[1, 2], [3, 4]])
figure.suptitle("four"); plt.show()
""",
    )
    assert [one.title for one in seen(run)] == ["four"]
    with run.recording() as recording:
        picture = recording.figures.picture(1)
    assert picture is not None
    assert sum(type(item).__name__ == "Image" for item in picture.items) == 4


@pytest.mark.parametrize(("choice", "by"), [("import matplotlib; matplotlib.use('svg')", None), ("", "svg")])
def test_a_backend_that_was_chosen_is_left_alone(tmp_path: Path, choice: str, by: str | None) -> None:
    text = "\n".join((f"    {choice}", TRAIN, "    plt.plot([1, 2]); print(plt.get_backend())"))
    run = record_source(tmp_path, text, MPLBACKEND=by, DISPLAY=None)
    assert (run.code, run.err, run.out) == (0, "", "svg\n")
    # What is open at the end is kept all the same.
    assert [one.how for one in seen(run)] == ["left"]


def test_a_window_backend_without_a_screen_fails_as_under_python(tmp_path: Path) -> None:
    text = "import matplotlib\nmatplotlib.use('qtagg')\nimport matplotlib.pyplot as plt\nplt.figure()"
    script = write_script(tmp_path, text)
    run = record_source(tmp_path, text, MPLBACKEND=None, DISPLAY=None)
    code, _, err = run_python([sys.executable, str(script)], tmp_path, MPLBACKEND=None)
    assert (run.code, run.err.splitlines()[-1]) == (code, err.splitlines()[-1])
    assert code == 1


NO_MATPLOTLIB = """
    import sys
    sys.path[:] = [folder for folder in sys.path if "site-packages" not in folder]
    import importlib.util
    print(importlib.util.find_spec("matplotlib"))
    try:
        import matplotlib.pyplot
    except ModuleNotFoundError as error:
        print(error.name)
    import matplotlib
"""


def test_without_matplotlib_the_error_says_how_to_get_it(tmp_path: Path) -> None:
    run = record_source(tmp_path, NO_MATPLOTLIB)
    assert run.code == 1
    assert run.out == "None\nmatplotlib\n"
    assert run.err.splitlines()[-1] == (
        f"ModuleNotFoundError: No module named 'matplotlib': install it with `{sys.executable} -m pip install "
        "matplotlib`, and its figures are shown in the Figures dock"
    )


def test_what_cannot_be_drawn_is_told_and_the_script_goes_on(tmp_path: Path) -> None:
    run = drawn(tmp_path, "plt.title('$\\\\frac$'); plt.plot([1])\nplt.show()\nprint('on')")
    assert (run.code, run.out) == (0, "on\n")
    assert run.err.startswith("tapeview: figure 1 cannot be drawn, so it is not in the recording: ValueError: ")
    assert len(run.err.splitlines()) == 1
    assert seen(run) == []


def test_warnings_of_drawing_are_the_scripts_own_once(tmp_path: Path) -> None:
    run = drawn(tmp_path, "plt.plot([1]); plt.title('한')\ntrain()\nplt.show()")
    assert run.err.count("UserWarning: Glyph 54620") == 1


def test_nobody_clicks_so_nobody_is_waited_for_and_closing_is_told(tmp_path: Path) -> None:
    run = drawn(
        tmp_path,
        """
plt.plot([1]); print(plt.ginput(1, timeout=0), plt.waitforbuttonpress(timeout=0))
plt.gcf().canvas.mpl_connect("close_event", lambda event: print("closed"))
plt.show()
""",
    )
    assert run.out == "[] None\nclosed\n"


def test_a_forked_child_writes_nothing(tmp_path: Path) -> None:
    run = drawn(
        tmp_path,
        """
import os
plt.plot([1, 2]); plt.title("parent")
child = os.fork()
if not child:
    plt.title("child"); plt.show(); os._exit(0)
os.waitpid(child, 0)
plt.show()
""",
    )
    assert [one.title for one in seen(run)] == ["parent"]


def test_where_a_script_is_held_its_figures_are_there(tmp_path: Path) -> None:
    script = write_script(
        tmp_path,
        """\
        import matplotlib.pyplot as plt
        import tensorflow as tf
        w = tf.Variable(3.0)
        with tf.GradientTape() as tape:
            plt.plot([1, 2]); plt.title("drawn under the tape")
            loss = w * w
        """,
    )
    run = record(tmp_path, str(script), options=["--break=line:script.py:6"], variables={"MPLBACKEND": None})
    assert run.code == 3
    assert [(one.title, one.step, one.how, one.line) for one in seen(run)] == [("drawn under the tape", 0, "left", 5)]


def test_the_frames_of_an_animation_are_the_history_of_its_figure(tmp_path: Path) -> None:
    run = drawn(
        tmp_path,
        """
from matplotlib.animation import FuncAnimation
def animated(**options):
    figure, axes = plt.subplots()
    line, = axes.plot([0, 1], [0, 0])
    def draw(frame):
        line.set_ydata([0, frame / 10]); axes.set_title(f"frame {frame}")
        return line,
    animation = FuncAnimation(figure, draw, frames=4, **options)
    plt.show()
    return animation
kept = [animated(repeat=False), animated(), animated(blit=True)]
figure, axes = plt.subplots()
axes.plot([1, 2])
timer = figure.canvas.new_timer(interval=100_000); timer.add_callback(lambda: 1 / 0); timer.start()
plt.show()
print("end")
""",
    )
    assert (run.code, run.out) == (0, "end\n")
    assert run.err.splitlines()[-1] == "ZeroDivisionError: division by zero"
    assert "tapeview" not in run.err.replace(str(Path(figures.__file__).parents[2]), "")
    shown = seen(run)
    for number in (1, 2, 3):
        assert [one.title for one in shown if one.figure == number] == [f"frame {frame}" for frame in range(4)]
    assert len(shown) == 13
