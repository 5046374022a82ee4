"""Looks at a recording while it grows, in a process of its own, and says where rules fire.

Whoever runs the script or paints the window has something better to do, and Python lets only one of their threads work
at a time. This process takes a small share of the time that goes by, and the newest whole step first. Started by file
name, so that no folder of the script's can hide a module of ours:

``python -P .../tapeview/explain/patrol.py RECORDING [--apart]``

Orders come on stdin and news go to stdout, one JSON object a line; see `Orders` and `News`. It ends with stdin, or with
the run that is recorded.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

if __name__ == "__main__":
    if "--apart" in sys.argv and os.name == "posix" and os.fork():
        # The script must not find among its children a process that it did not start.
        os._exit(0)
    _root = str(Path(__file__).resolve().parents[2])
    if _root not in sys.path:
        sys.path.append(_root)

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase

import msgspec

from tapeview.explain import explain_step
from tapeview.explain.context import Context
from tapeview.explain.finding import NOTE, Finding
from tapeview.explain.places import position_of
from tapeview.explain.rules import OFF, RULES, SettingError, Settings, check_step, check_training, kept, parse
from tapeview.trace.query import Recording, RecordingError
from tapeview.trace.schema import KEPT

SHARE = 0.015
"""Of the time that goes by, how much may be spent on looking. The script's process and the window's may have one each.
"""
AHEAD = 0.15
"""Seconds of looking that are saved up while there is nothing to look at; so much there is at the beginning."""
LOOK_EVERY = 0.25
"""Seconds between two looks for something new."""


class Watch(msgspec.Struct, frozen=True):
    """Somebody who wants to hear when a rule fires: a number of their own, a glob of rules' names, and thresholds as
    `settings_of` reads them.
    """

    id: int
    rule: str
    limits: str = ""


class Orders(msgspec.Struct, frozen=True):
    """What is wanted from now on: ``watches``, and with ``settings`` (as `rules.parse` reads them) all findings, which
    then say the ``round`` to which they belong.
    """

    watches: tuple[Watch, ...] = ()
    settings: tuple[str, ...] | None = None
    round: int = 0


class Hit(msgspec.Struct, frozen=True, tag="hit"):
    """A rule has fired: of which watch, in which step (from 0), and `words` on it. What is the same in several steps is
    told once.
    """

    watch: int
    step: int
    text: str


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """There is nothing to watch for; the sentence says why."""

    watch: int
    sentence: str


class Seen(msgspec.Struct, frozen=True, tag="seen"):
    """The findings of a step, each with its position there."""

    round: int
    step: int
    found: tuple[tuple[Finding, int], ...]


class Trained(msgspec.Struct, frozen=True, tag="trained"):
    """What rules on the whole training say by now, with so many steps."""

    round: int
    steps: int
    found: tuple[Finding, ...]


News = Hit | Refused | Seen | Trained


def settings_of(rule: str, limits: str = "") -> Settings:
    """Settings under which only the rules look whose names a glob matches.

    Args:
        rule: a name, or a glob of names; those that are off are meant only by their whole name.
        limits: thresholds, such as ``units=0.6,rows=4``; with a glob also ``dead-relu.units=0.6``, ``dead-relu=off``.

    Raises:
        SettingError: there is no such rule, or none of them has such a threshold.
    """
    chosen = [one for name, one in RULES.items() if fnmatchcase(name, rule) and not one.finds]
    if not chosen:
        if rule in RULES:
            raise SettingError(f"{rule} cannot be stopped at as a rule: take nan, inf, zero, max> or gradient:none")
        names = ", ".join(name for name, one in RULES.items() if not one.finds)
        raise SettingError(f"there is no rule “{rule}”: take one of {names}")
    texts = list[str]()
    for item in filter(None, (one.strip() for one in limits.split(","))):
        left = item.partition("=")[0].strip()
        if "." in left or left in RULES:
            texts.append(item)
            continue
        having = [one for one in chosen if any(left == known.name for known in one.thresholds)]
        if not having:
            chosen[0].threshold(left)
        texts += [f"{one.name}.{item}" for one in having]
    said = parse(texts, RULES)
    levels = {name: OFF for name, one in RULES.items() if one not in chosen}
    if rule in RULES and chosen[0].level == OFF:
        levels[rule] = NOTE
    return Settings({**levels, **said.levels}, said.limits)


def words(finding: Finding) -> str:
    """Which rule fires, in which step, and what it saw there; no full stop."""
    rule = RULES[finding.cause]
    evidence = finding.text.removesuffix(f" {rule.meaning}").rstrip(".")
    return f"the rule {rule.title} fires in step {finding.step + 1}: {evidence}"


def hits(recording: Recording, settings: Settings, until: float = float("inf")) -> Iterator[Finding]:
    """What rules say of a recording that does not grow any more, what is the same in several steps once; ``until`` is
    a time of `time.monotonic`, after which no other step is looked at.
    """
    told = set[tuple[object, ...]]()
    yield from _news(told, check_training(recording, settings))
    for step in range(recording.step_count):
        if time.monotonic() > until:
            return
        if recording.step_info(step).kept != KEPT[-1]:
            yield from _news(told, check_step(Context(recording, recording.step(step)), settings))


def _news(told: set[tuple[object, ...]], found: list[Finding]) -> Iterator[Finding]:
    for one in found:
        key = one.cause, one.subject, one.file, one.line, one.op_name
        if key not in told:
            told.add(key)
            yield one


class Pace:
    """How much may be done: a share of the time that goes by, of which some can be saved up.

    Args:
        share: seconds of work for each second.
        ahead: the most seconds of work that can be saved up; so many there are at the beginning.
        clock, worked: the time, and how many seconds were worked so far.
    """

    def __init__(
        self,
        share: float = SHARE,
        ahead: float = AHEAD,
        clock: Callable[[], float] = time.monotonic,
        worked: Callable[[], float] = time.process_time,
    ) -> None:
        self._share, self._ahead, self._clock, self._worked = share, ahead, clock, worked
        self._credit, self._at, self._done = ahead, clock(), worked()

    def wait(self) -> float:
        """For how many seconds nothing may be done; 0.0 = something may be done now."""
        now, done = self._clock(), self._worked()
        saved = min(self._ahead, self._credit + self._share * (now - self._at))
        self._credit = saved - (done - self._done)
        self._at, self._done = now, done
        return max(0.0, -self._credit / self._share)


class Patrol:
    """Looks at one piece of a recording at a time.

    Attributes:
        over: whether the run that is recorded has ended.
    """

    def __init__(self, recording: Recording, tell: Callable[[News], object]) -> None:
        self._recording, self._tell = recording, tell
        self._watches: dict[int, tuple[Watch, Settings, set[tuple[object, ...]]]] = {}
        self._all: Settings | None = None
        self._todo: list[int] = []
        self._known = self._trained = self._round = 0
        self._on_training = self._on_steps = 0.0
        self.over = False

    def order(self, orders: Orders) -> None:
        """This is wanted from now on; what was told is not told again to who wants the same as before."""
        before, self._watches = self._watches, {}
        for watch in orders.watches:
            old = before.get(watch.id)
            if old is not None and old[0] == watch:
                self._watches[watch.id] = old
                continue
            try:
                self._watches[watch.id] = watch, settings_of(watch.rule, watch.limits), set()
            except SettingError as error:
                self._tell(Refused(watch.id, str(error)))
        self._round = orders.round
        self._all = None if orders.settings is None else kept(orders.settings, RULES)
        self._todo, self._known, self._trained = [], 0, 0

    def work(self) -> bool:
        """Look at the next piece. False if there is nothing new to look at."""
        recording = self._recording
        recording.refresh()
        # Of a run that has only just begun nobody can tell yet that it was not killed; of one that was, stdin ends.
        running = recording.state in ("running", "killed")
        count = recording.step_count - running  # the newest may not be whole
        for step in range(self._known, count):
            if recording.step_info(step).kept != KEPT[-1]:
                self._todo.append(step)
        self._known = max(self._known, count)
        self.over = not running
        began = time.process_time()
        # The longer a training, the longer it takes to look at the whole of it: its steps get as much time.
        if self._trained < count and (not self._todo or self._on_training <= self._on_steps):
            self._trained = count
            self._look_at_training(count)
            self._on_training += time.process_time() - began
        elif self._todo:
            self._look_at(self._todo.pop())
            self._on_steps += time.process_time() - began
        else:
            return False
        return True

    def _look_at(self, step: int) -> None:
        recording = self._recording
        context = Context(recording, recording.step(step))
        for watch, settings, told in self._watches.values():
            self._tell_hits(watch, told, check_step(context, settings))
        if self._all is not None:
            found = explain_step(recording, step, alone=False, rules=self._all)
            self._tell(Seen(self._round, step, tuple((one, position_of(context.step, one)) for one in found)))

    def _look_at_training(self, count: int) -> None:
        for watch, settings, told in self._watches.values():
            self._tell_hits(watch, told, check_training(self._recording, settings))
        if self._all is not None:
            self._tell(Trained(self._round, count, tuple(check_training(self._recording, self._all))))

    def _tell_hits(self, watch: Watch, told: set[tuple[object, ...]], found: list[Finding]) -> None:
        for one in _news(told, found):
            self._tell(Hit(watch.id, one.step, words(one)))


def main(path: str) -> None:
    """Serves stdin until it ends, or the run does."""
    waiting: queue.Queue[Orders | None] = queue.Queue()
    decoder, encoder = msgspec.json.Decoder(Orders), msgspec.json.Encoder()

    def read() -> None:
        for line in sys.stdin.buffer:
            with contextlib.suppress(msgspec.MsgspecError):
                waiting.put(decoder.decode(line))
        waiting.put(None)

    def tell(news: News) -> None:
        sys.stdout.buffer.write(encoder.encode(news) + b"\n")
        sys.stdout.buffer.flush()

    threading.Thread(target=read, daemon=True).start()
    with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
        patrol: Patrol | None = None
        orders = waiting.get()
        pace = Pace()
        wait = 0.0
        while orders is not None:
            with contextlib.suppress(queue.Empty):
                orders = waiting.get(timeout=wait) if wait else waiting.get_nowait()
                wait = 0.0
                if patrol is not None and orders is not None:
                    patrol.order(orders)
            if orders is None:
                return
            wait = pace.wait()
            if wait:
                continue
            if patrol is None:
                wait = LOOK_EVERY
                with contextlib.suppress(RecordingError):  # nothing was committed yet
                    patrol = Patrol(stack.enter_context(Recording.open(Path(path))), tell)
                    patrol.order(orders)
                    wait = 0.0
            elif not patrol.work():
                if patrol.over:
                    return
                wait = LOOK_EVERY


if __name__ == "__main__":
    main(sys.argv[1])
    os._exit(0)  # a thread may still wait for stdin
