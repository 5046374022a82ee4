"""A process that writes a recording: run with a path and what to do. Talks to the test by lines on stdin and stdout.

steps     for ever: one training step, one commit, then the number of steps committed on stdout
ask       waits for a line on stdin before each step and commit, and ends well at "end" or without a sound at "exit"
full      see ``full``
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tapeview.trace.schema import RecordingError
from tests.helpers.recordings import Regression, run_info


def say(text: object) -> None:
    print(text, flush=True)


def steps(scene: Regression) -> None:
    while True:
        scene.train()
        scene.flush()
        scene.writer.commit()
        say(scene.step + 1)


def ask(scene: Regression) -> None:
    for line in sys.stdin:
        match line.strip():
            case "end":
                scene.finish()
                say("ended")
            case "exit":
                os._exit(3)
            case "step":
                scene.train()
                scene.flush()
                scene.writer.commit()
                say(scene.step + 1)


def full(scene: Regression) -> None:
    """Commit steps until no file may grow any more, then let it grow again, and end."""
    import resource
    import signal

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, hard))
    failed = 0
    while failed < 3:
        scene.train()
        scene.flush()
        try:
            scene.writer.commit()
        except RecordingError as error:
            failed += 1
            say(error)
    say(f"committed before: {scene.step + 1 - failed}")
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    scene.train()
    scene.finish()
    say(f"steps: {scene.step + 1}")


if __name__ == "__main__":
    scene = Regression(Path(sys.argv[1]), run_info(pid=os.getpid()))
    scene.flush()
    scene.writer.commit()
    {"steps": steps, "ask": ask, "full": full}[sys.argv[2]](scene)
