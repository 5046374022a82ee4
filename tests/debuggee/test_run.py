"""A script runs under the recorder as it runs under python: same output, same exit code, same traceback."""

from __future__ import annotations

import re
import signal
import sys
from pathlib import Path

import pytest

from tests.helpers.scripts import TAPE, Run, record, record_source, run_python, running, write_script

ADDRESS = re.compile("0x[0-9a-f]+")

SAME = {
    "names": "print(__name__, __spec__, __package__, __cached__, __doc__, __annotations__, type(__loader__).__name__)",
    "file": "print(__file__); import inspect; print(inspect.getsourcefile(inspect.currentframe()))",
    "arguments": "import sys; print(sys.argv)",
    "path": "import sys; print(sys.path)",
    "main module": "import sys; print(sys.modules['__main__'].__dict__ is globals())",
    "local import": "import helper; print(helper.value)",
    "unfinished line": "print('no newline at the end', end='')",
    "end of a function": "def f():\n    return 1\nprint(f())\nif __name__ == '__main__':\n    print('main')",
    "exit 0": "import sys; sys.exit()",
    "exit 3": "import sys; sys.exit(3)",
    "exit -1": "import sys; sys.exit(-1)",
    "exit with words": "import sys; sys.exit('that went wrong')",
    "exception": "def f(x):\n    return 1 / x\nf(0)",
    "exception with a cause": "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    raise ValueError('나쁨') from e",
    "exception group": "raise ExceptionGroup('several', [ValueError(1), TypeError(2)])",
    "exception without a traceback of its own": "raise KeyError('k').with_traceback(None)",
    "assertion": "assert 1 == 2, 'no'",
    "syntax error": "x = 1\ny = (2,\nz = 3 3\n",
    "indentation error": "if True:\nprint(1)\n",
    "own excepthook": "import sys\nsys.excepthook = lambda *a: print('hook', a[0].__name__)\n1 / 0",
    "excepthook that fails": "import sys\nsys.excepthook = lambda a: None\n1 / 0",
    "exit handlers": "import atexit\natexit.register(print, 'first')\natexit.register(print, 'second')\nprint('body')",
    "exit handler that fails": "import atexit\n@atexit.register\ndef f():\n    1 / 0\nprint('body')",
    "threads that outlive the script": (
        "import threading\ngo = threading.Event()\n"
        "threading.Thread(target=lambda: (go.wait(), print('thread'))).start()\nprint('body')\ngo.set()"
    ),
    "exception in a thread": (
        "import threading\ndef f():\n    1 / 0\n"
        "t = threading.Thread(target=f, name='T')\nt.start()\nt.join()\nprint('end')"
    ),
    "pickling": "import pickle\nclass P:\n    x = 1\nprint(pickle.loads(pickle.dumps(P())).x)",
    "input at the end of input": "try:\n    input('name? ')\nexcept EOFError:\n    print('no input')",
    "interrupted": "raise KeyboardInterrupt",
    "module attributes": "import sys\nprint(sorted(k for k in globals() if k != 'sys'))",
    "ResourceWarning is silent": "open(__file__)",
    "stderr": "import sys; print('to stderr', file=sys.stderr); sys.stderr.write('half')",
    "multiprocessing": (
        "import multiprocessing as mp\ndef double(x):\n    return 2 * x\n"
        "if __name__ == '__main__':\n    with mp.get_context('fork').Pool(2) as pool:\n"
        "        print(pool.map(double, [1, 2, 3]))"
    ),
    "spawned processes": (
        "import multiprocessing as mp\ndef double(x):\n    return 2 * x\n"
        "if __name__ == '__main__':\n    with mp.get_context('spawn').Pool(1) as pool:\n"
        "        print(pool.map(double, [1, 2, 3]))"
    ),
    "subprocess": (
        "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'import sys; print(sys.flags.safe_path)'])"
    ),
    "token is gone": "import os; print(sorted(k for k in os.environ if 'TAPEVIEW' in k and 'RECORDINGS' not in k))",
    "open files": "import os; print(os.path.samefile('.', os.getcwd()))",
}


@pytest.mark.parametrize("source", SAME.values(), ids=SAME.keys())
def test_a_script_behaves_as_under_python(tmp_path: Path, source: str) -> None:
    # given a script with a space and Korean in its path, and a neighbour to import
    script = write_script(tmp_path, source, "내 스크립트/a script.py")
    write_script(script.parent, "value = 7", "helper.py")
    # when it runs under python and under the recorder
    code, out, err = run_python([sys.executable, str(script), "a", "-o", "--json"], tmp_path)
    run = record(tmp_path, str(script), ["a", "-o", "--json"])
    # then nobody can tell the difference
    assert (run.code, run.out) == (code, out)
    assert ADDRESS.sub("0x", run.err) == ADDRESS.sub("0x", err)
    # and the recording has what it wrote itself
    assert run.recorded("stdout") == ("" if "subprocess" in source else out)


def test_a_relative_name_is_what_the_script_was_called(tmp_path: Path) -> None:
    write_script(tmp_path, "import sys; print(sys.argv[0], __file__)", "here.py")
    run = record(tmp_path, "here.py")
    assert run.out == f"here.py {tmp_path / 'here.py'}\n"


def test_a_script_called_like_an_option_or_a_module_of_ours_runs(tmp_path: Path) -> None:
    write_script(tmp_path, "raise SystemExit('shadowed')", "numpy.py")
    write_script(tmp_path, "raise SystemExit('shadowed')", "sqlite3.py")
    write_script(tmp_path, "print('ran')", "-m.py")
    assert record(tmp_path, "-m.py").out == "ran\n"


MODULES = {
    "a module": ("tool", {"tool.py": "import sys; print(__name__, __spec__.name, __package__, sys.argv, sys.path[0])"}),
    "a module in a package": (
        "pack.tool",
        {"pack/__init__.py": "print('package')", "pack/tool.py": "from . import other; print(__name__, __package__)",
         "pack/other.py": "print('other')"},
    ),
    "a package": (
        "pack", {"pack/__init__.py": "", "pack/__main__.py": "import sys; print(__name__, __file__, sys.argv)"}
    ),
    "a module that raises": ("tool", {"tool.py": "def f():\n    1 / 0\nf()"}),
    "a package that raises": ("pack.tool", {"pack/__init__.py": "1 / 0", "pack/tool.py": "print('never')"}),
}  # fmt: skip


@pytest.mark.parametrize(("module", "files"), MODULES.values(), ids=MODULES.keys())
def test_a_module_behaves_as_under_python_m(tmp_path: Path, module: str, files: dict[str, str]) -> None:
    for name, source in files.items():
        write_script(tmp_path, source, name)
    code, out, err = run_python([sys.executable, "-m", module, "x"], tmp_path)
    run = record(tmp_path, module, ["x"], module=True)
    assert (run.code, run.out) == (code, out)
    # Python prefixes tracebacks of modules with frames of runpy, which have nothing to do with the user.
    shown = err[: err.find("  File")] + err[err.rfind("  File", 0, err.find("line 1")) :] if "runpy" in err else err
    assert run.err.splitlines()[-1:] == shown.splitlines()[-1:]
    assert "tapeview" not in run.err


def test_a_script_reads_its_own_input(tmp_path: Path) -> None:
    with running(tmp_path, "print('hello', input('name? '))\n") as (child, _):
        out, _ = child.communicate("세계\n", timeout=30)
    assert out == "name? hello 세계\n"


REFUSED = {
    "no such file": (["nowhere.py"], "there is no file 'nowhere.py' in"),
    "a folder": (["."], "is a folder"),
    "a recording": (["old.tapeview"], "tapeview open"),
    "no such module": (["-m", "nowhere.at.all"], "there is no module 'nowhere.at.all'"),
    "a module in C": (["-m", "_ctypes"], "is not Python source"),
    "the real thing": (["--real-tensorflow", "ok.py"], "cannot record an installed TensorFlow yet"),
}


@pytest.mark.parametrize(("arguments", "sentence"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_run_is_refused_in_one_sentence(tmp_path: Path, arguments: list[str], sentence: str) -> None:
    write_script(tmp_path, "print('ran')", "ok.py")
    (tmp_path / "old.tapeview").write_bytes(b"")
    *options, program = arguments
    run = record(tmp_path, program, options=options)
    assert run.code == 2
    assert run.out == ""
    assert run.err.startswith("tapeview: ")
    assert run.err.count("\n") == 1
    assert sentence in run.err
    assert not run.path.exists()


def test_the_environment_can_ask_for_the_real_tensorflow_too(tmp_path: Path) -> None:
    run = record_source(tmp_path, "print('ran')", TAPEVIEW_TENSORFLOW="real")
    assert run.code == 2
    assert "cannot record an installed TensorFlow yet" in run.err


def test_a_recording_that_cannot_be_made_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "run.tapeview").write_text("not a recording, and precious")
    run = record_source(tmp_path, "print('ran')")
    assert run.code == 2
    assert run.err.count("\n") == 1
    assert (tmp_path / "run.tapeview").read_text() == "not a recording, and precious"


def test_the_recording_says_who_made_it_and_has_the_source(tmp_path: Path) -> None:
    run = record_source(tmp_path, f"# 한국어\n{TAPE}", ["a b"])
    assert (run.code, run.out) == (0, "gradient 6.0\n")
    with run.recording() as recording:
        assert recording.state == "finished"
        assert recording.run.exit == 0
        assert recording.run.script == str(tmp_path / "script.py")
        assert recording.run.argv == (str(tmp_path / "script.py"), "a b")
        assert recording.run.cwd == str(tmp_path)
        assert recording.sources()[0].text.startswith("# 한국어")
        assert recording.step_count == 1


def test_an_exception_is_recorded_with_its_traceback(tmp_path: Path) -> None:
    run = record_source(tmp_path, "def f(x):\n    return 1 / x\n\nf(0)\n")
    assert run.code == 1
    with run.recording() as recording:
        (failure,) = recording.failures()
        assert recording.state == "failed"
        assert recording.run.exit == 1
        assert (failure.type, failure.message) == ("ZeroDivisionError", "division by zero")
        assert failure.traceback == run.err
        assert [frame.line for frame in recording.frames(failure.site)] == [2, 4]


def test_an_error_of_the_engine_is_shown_without_the_engine(tmp_path: Path) -> None:
    source = "import tensorflow as tf\na = tf.Variable([1.0, 2.0])\n\ndef f():\n    return a + [1.0, 2.0, 3.0]\n\nf()\n"
    run = record_source(tmp_path, source)
    assert run.code == 1
    assert "Incompatible shapes" in run.err
    assert "tapeview" not in run.err.replace(str(tmp_path), "")
    full = record_source(tmp_path, source, TAPEVIEW_FULL_TRACEBACK="1")
    assert "engine" in full.err


def test_a_syntax_error_is_a_failure_without_frames(tmp_path: Path) -> None:
    run = record_source(tmp_path, "x = = 1\n")
    assert run.code == 1
    assert run.err.count("SyntaxError") == 1
    assert "Traceback" not in run.err
    with run.recording() as recording:
        assert [failure.type for failure in recording.failures()] == ["SyntaxError"]


def test_null_bytes_are_a_failure_too(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_bytes(b"x = 1\0\n")
    run = record(tmp_path, "script.py")
    assert run.code == 1
    assert "null bytes" in run.err
    assert "tapeview" not in run.err.replace(str(tmp_path), "")


def test_names_that_are_not_there_are_listed_before_the_run(tmp_path: Path) -> None:
    source = (
        "import tensorflow as tf\nprint('first')\nif False:\n    tf.no_such.rnn.GRUCell(3)\n    tf.nn.no_such_op(1)\n"
    )
    run = record_source(tmp_path, source)
    assert (run.code, run.out) == (0, "first\n")
    assert run.err == (
        "tapeview: script.py uses 2 names that tapeview does not support yet:\n"
        "  tf.no_such.rnn.GRUCell (line 4)\n"
        "  tf.nn.no_such_op (line 5)\n"
    )
    with run.recording() as recording:
        assert [failure.kind for failure in recording.failures()] == ["unsupported"] * 2
        sites = [recording.frames(failure.site)[0].line for failure in recording.failures()]
        assert sites == [4, 5]


def test_a_keyboard_interrupt_ends_it_as_under_python(tmp_path: Path) -> None:
    run = record_source(tmp_path, "print('working')\nraise KeyboardInterrupt")
    assert run.code == -signal.SIGINT
    assert run.err.endswith("KeyboardInterrupt\n")
    with run.recording() as recording:
        assert (recording.state, recording.run.exit) == ("stopped", 130)


def test_scalars_print_as_the_tutorials_show_them(tmp_path: Path) -> None:
    source = (
        "import tensorflow as tf, threading\nv = tf.Variable(0.1)\n"
        "threading.Thread(target=lambda: print([v.numpy()])).start()\nprint([v.numpy()], v.numpy())\n"
    )
    run: Run = record_source(tmp_path, source)
    assert sorted(run.out.split()) == ["0.1", "[0.1]", "[0.1]"]


def test_the_engine_warns_of_nothing_whatever_filters_a_script_sets(tmp_path: Path) -> None:
    source = """\
import warnings
warnings.simplefilter("always")
import numpy as np
import tensorflow as tf
print(tf.math.log(0.0).numpy())
with warnings.catch_warnings(record=True) as caught:
    warnings.resetwarnings()
    1.0 / tf.constant(0.0)
    np.log(np.zeros(1))
print([str(w.message) for w in caught])
"""
    run = record_source(tmp_path, source)
    assert run.err == ""
    assert run.out.splitlines() == ["-inf", "['divide by zero encountered in log']"]
