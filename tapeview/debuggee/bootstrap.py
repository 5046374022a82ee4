"""Starts a script under the recorder: the entry point of the script's process.

``python -P .../tapeview/debuggee/__main__.py --recording FILE [--control PORT [--paused]] [--wait [--port PORT]]
[--break SPEC]... [--progress] [--tf1 | --tf2] [-m] PROGRAM [ARGUMENTS...]``
"""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import sys
import time
import types
from pathlib import Path
from types import CodeType, TracebackType

from msgspec import structs

import tapeview
from tapeview import protocol
from tapeview.breakpoints import BreakpointError, parse
from tapeview.debuggee import blame, control, figures, modes, quiet, static_check
from tapeview.debuggee.adapters import keeping
from tapeview.debuggee.adapters.shelf import Shelf
from tapeview.debuggee.door import Door, DoorError
from tapeview.debuggee.gate import Gate
from tapeview.debuggee.modes import Mode
from tapeview.debuggee.program import (
    REAL_SENTENCE,
    REAL_VARIABLE,
    Program,
    ProgramError,
    find_module,
    find_script,
    put_first,
)
from tapeview.debuggee.recorder import Recorder
from tapeview.debuggee.session import INTERRUPTED_EXIT, Session
from tapeview.joining.listener import HOST
from tapeview.tensorflow import loader, names
from tapeview.trace import records
from tapeview.trace.store import RecordingError, Writer

USAGE_EXIT = 2


def main(arguments: list[str] | None = None) -> int:
    """Runs what the arguments say and returns the exit code of the script, or 2 if there was nothing to run."""
    options = _parser().parse_args([*keeping.handed_over(), *(sys.argv[1:] if arguments is None else arguments)])
    token = os.environ.pop(protocol.TOKEN_VARIABLE, "")

    def refuse(sentence: str) -> int:
        if options.control:
            control.refuse(options.control, token, sentence)
        return _refuse(sentence)

    if options.real_tensorflow or os.environ.get(REAL_VARIABLE, "") == "real":
        return refuse(REAL_SENTENCE)
    if options.module:
        put_first(os.getcwd())
    door = None
    try:
        breakpoints = [structs.replace(parse(text), id=k) for k, text in enumerate(options.breakpoints, 1)]
        program = find_module(options.program) if options.module else find_script(options.program)
        source = static_check.decode(program.source())
        mode = modes.decide(source, program.path, program.folder, options.mode)
        run = _run_info(program, options.arguments, mode)
        door = Door(Path(options.recording), program.path, run.started, token=token, port=options.port)
        if options.wait:
            door.reserve()
        writer = Writer(Path(options.recording), run)
    except (ProgramError, RecordingError, DoorError, BreakpointError) as error:
        if door is not None:
            door.finish(0.0)
        return refuse(str(error))

    gate = Gate()
    recorder = Recorder(writer, gate, keeping.keeper_of(options), shelf=Shelf(keeping.memory_of(options)))
    session = Session(recorder, gate)
    unsupported = _check(writer, program, source, mode)
    channel = None
    if options.control:
        recording = os.path.abspath(options.recording)
        channel = control.connect(options.control, token, recording=recording, started=run.started)
    if channel is not None or options.wait:
        session.door = door
    if breakpoints:
        session.break_at(breakpoints)
    session.start(forgiving=channel is not None, progress=Path(program.path).name if options.progress else "")
    if options.wait:
        session.wait_for_window()
        door.open(session.attach)
        session.tell(f"{_how_to_join(door, program)}\n")
    if channel is not None:
        if options.paused:
            gate.pause()
        session.attach(channel)
    if mode.sentence:
        print(f"tapeview: {mode.sentence}", file=sys.stderr)
    if unsupported:
        print(unsupported, file=sys.stderr)
    quiet.install()
    session.on_finish = figures.install(recorder).finish
    loader.install(mode.tf1, deferred=mode.deferred, eager=mode.eager)
    if not options.module:
        put_first(program.folder)
    return _run(program, options.arguments, session, recorder)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tapeview.debuggee", description="Runs a script under tapeview's recorder.")
    parser.add_argument("--recording", required=True, metavar="FILE", help="the recording to write")
    parser.add_argument("--control", type=int, default=0, metavar="PORT", help="where the debugger listens")
    parser.add_argument("--paused", action="store_true", help="wait before the script's first line")
    parser.add_argument("--wait", action="store_true", help="wait before the script's first line for a window to join")
    parser.add_argument("--port", type=int, default=0, metavar="PORT", help="where to listen for it (0: a free port)")
    parser.add_argument(
        "--break", dest="breakpoints", action="append", default=[], metavar="SPEC", help="end where this would stop"
    )
    parser.add_argument("--progress", action="store_true", help="draw a progress line if stderr is a terminal")
    keeping.add_options(parser)
    modes.add_options(parser)
    parser.add_argument("--real-tensorflow", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("-m", dest="module", action="store_true", help="PROGRAM is a module, as with python -m")
    parser.add_argument("program", metavar="PROGRAM")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, metavar="ARGUMENTS")
    return parser


def _refuse(sentence: str) -> int:
    print(f"tapeview: {sentence}", file=sys.stderr)
    return USAGE_EXIT


def _how_to_join(door: Door, program: Program) -> str:
    port = door.invitation.port
    return (
        f"tapeview: {Path(program.path).name} waits for a window: run `tapeview attach {HOST}:{port}` (on another "
        f"machine after `ssh -L {port}:{HOST}:{port} {platform.node()}`, with the token in {door.word})"
    )


def _run_info(program: Program, arguments: list[str], mode: Mode) -> records.RunInfo:
    return records.RunInfo(
        tapeview=tapeview.__version__,
        python=platform.python_version(),
        framework=f"tensorflow {mode.version} (tapeview)",
        script=program.path,
        argv=(program.name, *arguments),
        cwd=os.getcwd(),
        pid=os.getpid(),
        started=time.time(),
    )


def _check(writer: Writer, program: Program, source: str, mode: Mode) -> str:
    """Writes the script's source and the names that it will not find into the recording. Returns a text for the
    user."""
    file = writer.add_source(program.path, source)
    found = static_check.unsupported_names(source, mode.knows_tf1)
    for name in found:
        line = name.lines[0]
        frame = records.Frame(file=file, function="<module>", line=line, end_line=line, column=-1, end_column=-1)
        writer.add_failure(
            records.Failure(
                kind="unsupported",
                type="AttributeError",
                message=names.unsupported_sentence(name.name, line, program.path),
                traceback="",
                site=writer.add_stack((frame,)),
                step=records.SETUP,
            )
        )
    return static_check.summary(found, program.path)


def _run(program: Program, arguments: list[str], session: Session, recorder: Recorder) -> int:
    """Runs the program as ``__main__``; says how it ended to ``session`` and to the user."""
    main = program.prepare(arguments)
    try:
        code = program.compile()
    except ProgramError as error:
        session.exit = USAGE_EXIT
        return _refuse(str(error))
    except (SyntaxError, ValueError) as error:
        error.__traceback__ = None
        return _failed(error, session, recorder)
    try:
        session.await_orders()
        try:
            _execute(program, code, main)
        finally:
            figures.take_left()
        session.how, session.exit = "finished", 0
    except SystemExit as error:
        session.how, session.exit = "exited", _exit_code(error)
    except KeyboardInterrupt as error:
        blame.report(blame.clean(error))
        session.how, session.exit, session.interrupted = "stopped", INTERRUPTED_EXIT, True
    except BaseException as error:
        whole = error.__traceback__
        return _failed(blame.clean(error), session, recorder, whole)
    return session.exit


def _execute(program: Program, code: CodeType, main: types.ModuleType) -> None:
    if program.spec is not None and program.spec.parent:
        importlib.import_module(program.spec.parent)
    exec(code, main.__dict__)


def _exit_code(error: SystemExit) -> int:
    """What ``sys.exit(...)`` means; a message goes to stderr."""
    match error.code:
        case None:
            return 0
        case int() as code:
            return code & 0xFF
        case message:
            print(message, file=sys.stderr)
            return 1


def _failed(error: BaseException, session: Session, recorder: Recorder, whole: TracebackType | None = None) -> int:
    recorder.failure((type(error), error, error.__traceback__), whole)
    try:
        blame.report(error)
    except SystemExit as wish:
        session.exit = _exit_code(wish)
    session.post_mortem(error)
    return session.exit
