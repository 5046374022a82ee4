"""The process that looks at a growing recording: how much it may do, in which order it looks, what it tells."""

from __future__ import annotations

import subprocess
import sys

import msgspec
import pytest

from tapeview.explain import patrol
from tapeview.explain.patrol import Hit, Orders, Pace, Patrol, Refused, Seen, Trained, Watch, hits, settings_of
from tapeview.explain.rules import OFF, RULES, SettingError
from tests.explain.reading import BEGIN
from tests.explain.test_rules import CASES, TRAIN
from tests.helpers.scripts import Run, record_source


@pytest.fixture(scope="module")
def sick(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A training in which two rules fire, of three steps."""
    body = CASES["exploding-gradient"][0].replace("train(2", "train(3")
    dead = "b = b.assign(b)\nwith tf.GradientTape() as tape:\n    hidden = tf.nn.relu(x @ a - 1e4)\n"
    source = BEGIN + TRAIN + "\n".join(line.strip() for line in body.splitlines()) + f"\n{dead}"
    run = record_source(tmp_path_factory.mktemp("sick"), source)
    assert run.code == 0, run.err
    return run


class Time:
    """A clock and how long was worked, as the test wants them."""

    now = worked = 0.0


def test_no_more_is_done_than_a_share_of_the_time() -> None:
    time = Time()
    pace = Pace(0.03, 0.3, lambda: time.now, lambda: time.worked)
    assert pace.wait() == 0.0
    time.worked += 0.36  # what was saved up, and twice what a second gives
    assert pace.wait() == pytest.approx(2.0)
    time.now += 1.0
    assert pace.wait() == pytest.approx(1.0)
    time.now += 1.5
    assert pace.wait() == 0.0
    time.now += 1e6
    assert pace.wait() == 0.0
    time.worked += 0.6  # hours of rest do not allow for more than was said
    assert pace.wait() == pytest.approx(10.0)


def test_what_is_the_same_is_told_once_and_the_newest_step_is_looked_at_first(sick: Run) -> None:
    told: list[patrol.News] = []
    with sick.recording() as recording:
        one = Patrol(recording, told.append)
        one.order(Orders((Watch(3, "dead-relu"), Watch(5, "explod*"), Watch(7, "nonsense")), ("dead-relu=error",)))
        while one.work():
            pass
        assert one.over
        assert [(news.watch, news.step) for news in told if isinstance(news, Hit)] == [(5, 0), (3, 3)]
        assert [news.step for news in told if isinstance(news, Seen)] == [3, 2, 1, 0]
        (trained,) = (news for news in told if isinstance(news, Trained))
        assert (trained.steps, [finding.cause for finding in trained.found]) == (4, ["exploding-gradient"])
        seen = next(news for news in told if isinstance(news, Seen))
        assert [(finding.cause, finding.level) for finding, _ in seen.found] == [("dead-relu", "error")]
        (refused,) = (news for news in told if isinstance(news, Refused))
        assert refused.watch == 7
        assert "there is no rule “nonsense”" in refused.sentence
        told.clear()
        # Others are asked for: who was there before hears nothing twice.
        one.order(Orders((Watch(3, "dead-relu"), Watch(5, "exploding-gradient"))))
        while one.work():
            pass
        assert [(news.watch, news.step) for news in told if isinstance(news, Hit)] == [(5, 0)]


def test_the_process_answers_on_its_stdout_and_ends_with_the_run(sick: Run) -> None:
    orders = msgspec.json.encode(Orders((Watch(1, "dead-relu"),))) + b"\n"
    command = [sys.executable, "-P", patrol.__file__, str(sick.path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"nonsense\n" + orders)
        process.stdin.flush()
        lines = process.stdout.read().splitlines()
    (hit,) = (msgspec.json.decode(line, type=patrol.News) for line in lines)
    assert isinstance(hit, Hit)
    assert (hit.watch, hit.step) == (1, 3)
    assert hit.text.startswith("the rule dead ReLU fires in step 4: 100% of the 10 units of “hidden” (Relu)")


def test_the_process_ends_with_its_stdin(sick: Run) -> None:
    command = [sys.executable, "-P", patrol.__file__, str(sick.path)]
    done = subprocess.run(command, input=b"", capture_output=True, check=True, timeout=60)
    assert (done.stdout, done.stderr) == (b"", b"")


def test_what_rules_say_of_a_run_that_is_over(sick: Run) -> None:
    with sick.recording() as recording:
        assert [(one.cause, one.step) for one in hits(recording, settings_of("*"))] == [
            ("exploding-gradient", 0),
            ("dead-relu", 3),
        ]
        assert list(hits(recording, settings_of("dead-relu"), until=0.0)) == []


def test_settings_of_a_glob() -> None:
    one = settings_of("dead-relu", "units=65%, rows=4")
    assert one.limits == {("dead-relu", "units"): 0.65, ("dead-relu", "rows"): 4}
    assert {name for name in RULES if one.levels.get(name) != OFF} == {"dead-relu"}
    assert settings_of("unreachable").level(RULES["unreachable"]) == "note"
    every = settings_of("*", "dead-relu.units=0.5,saturated=off,steps=7")
    assert every.level(RULES["unreachable"]) == every.level(RULES["saturated"]) == OFF
    assert every.level(RULES["none-gradient"]) == OFF
    assert every.limits["vanishing-gradient", "steps"] == every.limits["constant-loss", "steps"] == 7


@pytest.mark.parametrize(
    ("rule", "limits", "says"),
    [
        ("nonsense", "", "there is no rule"),
        ("not-finite", "", "take nan, inf, zero"),
        ("dead-relu", "window=3", "has no threshold “window”"),
        ("dead-relu", "units=-1", "take a number from 0 on"),
        ("dead-*", "saturated=loud", "is no level"),
    ],
)
def test_what_cannot_be_watched_for(rule: str, limits: str, says: str) -> None:
    with pytest.raises(SettingError, match=says):
        settings_of(rule, limits)
