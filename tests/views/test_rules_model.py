"""Levels and thresholds of rules as the user sets them: findings follow, breakpoints take them over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tapeview.breakpoints import describe, parse
from tapeview.explain.rules import RULES
from tapeview.trace.query import Recording
from tapeview.views.background import Immediate
from tapeview.views.breakpoint_book import BreakpointBook
from tapeview.views.explained import Explained
from tapeview.views.findings_model import FindingsModel
from tapeview.views.rule_book import RuleBook
from tapeview.views.rules_model import RulesModel
from tapeview.views.workspace import Workspace
from tests.debuggee.breakpoints.test_rules import ENDLESS
from tests.helpers.scripts import record_source
from tests.views.desk import Desk


class Bench:
    """A recording with a dead ReLU and large inputs in each of its four steps, and who looks at it."""

    def __init__(self, recording: Recording, *texts: str) -> None:
        self.workspace = Workspace()
        self.book = RuleBook(texts)
        self.explained = Explained(self.workspace, Immediate(), self.book)
        self.findings = FindingsModel(self.workspace, self.explained)
        self.workspace.open(recording)
        self.model = RulesModel(self.book, self.explained)

    def found(self) -> list[tuple[str, str]]:
        return sorted((one.rule, one.kind) for one in self.findings.findings)

    def row(self, name: str) -> tuple[str, bool, int]:
        row = next(row for row in self.model.rows if row.name == name)
        return row.level_words, row.changed, row.found

    def close(self) -> None:
        for one in (self.model, self.findings, self.explained):
            one.dispose()


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = ENDLESS.replace("while True", "for _ in range(4)").replace("([16, 10])", "([16, 10]) * 30.0")
    run = record_source(tmp_path_factory.mktemp("rules"), source.replace("[-50.0]", "[-5000.0]"))
    assert run.code == 0, run.err
    return run.path


@pytest.fixture
def bench(path: Path) -> Iterator[Bench]:
    with Recording.open(path) as recording:
        made = Bench(recording)
        yield made
        made.close()


BEFORE = [("dead-relu", "warning"), ("input-range", "note"), ("none-gradient", "error")]


def test_findings_follow_levels_and_thresholds_at_once(bench: Bench) -> None:
    before = [one for one in bench.found() if one[0] in dict(BEFORE)]
    assert before == [one for one in BEFORE if one[0] != "none-gradient"]
    model = bench.model
    model.set_level("dead-relu", "error")
    assert ("dead-relu", "error") in bench.found()
    assert bench.row("dead-relu") == ("Error (was warning)", True, 1)
    assert model.set_threshold("input-range", "most", "1000") == ""
    assert bench.row("input-range") == ("Note · limits changed", True, 0)
    assert "input-range" not in dict(bench.found())
    model.set_level("dead-relu", "off")
    assert bench.row("dead-relu") == ("Off (was warning)", True, -1)
    assert dict(bench.found()).keys().isdisjoint({"dead-relu", "input-range"})
    model.reset("input-range")
    assert bench.row("input-range") == ("Note", False, 1)
    assert model.any_changed
    model.reset_all()
    assert not model.any_changed
    assert before == [one for one in bench.found() if one[0] in dict(BEFORE)]
    assert bench.model.progress == f"{len(bench.findings.findings)} findings · 4 steps"


def test_who_looks_at_a_run_hears_of_every_rule(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    class Looking:
        def __init__(self) -> None:
            self.orders: list[list[str]] = []

        def order(self, rules: list[str]) -> None:
            self.orders.append(rules)

        def close(self) -> None:
            """It has no process."""

    looking = Looking()
    monkeypatch.setattr(bench.explained, "_following", looking)
    for name in ("loss-rising", "dead-relu"):
        bench.book.set(bench.book.settings.with_level(RULES[name], "off"))
    assert looking.orders == [["loss-rising=off"], ["loss-rising=off", "dead-relu=off"]]


def test_a_finding_says_by_which_rule_with_its_thresholds(bench: Bench) -> None:
    asked: list[str] = []
    bench.findings.show_rule.connect(asked.append)
    (card,) = [one for one in bench.findings.findings if one.rule == "dead-relu"]
    assert card.rule_words == "Rule “dead ReLU”: units 0.7, rows 8 …"
    bench.model.set_threshold("dead-relu", "units", "60%")
    (card,) = [one for one in bench.findings.findings if one.rule == "dead-relu"]
    assert card.rule_words == "Rule “dead ReLU”: units 0.6, rows 8 …"
    assert "(limit 60%)" in card.message


def test_what_is_looked_at_stays_while_the_others_are_found_anew(bench: Bench) -> None:
    (card,) = [one for one in bench.findings.findings if one.rule == "dead-relu"]
    bench.findings.go_to_step(card)
    bench.model.set_threshold("input-range", "most", "1000")
    assert bench.explained.trail is not None
    assert bench.findings.findings[bench.findings.chosen].rule == "dead-relu"


def test_the_page_of_a_rule(bench: Bench) -> None:
    model = bench.model
    model.choose("dead-relu")
    page = model.page
    assert (page.title, page.level, page.breakpoint) == ("Dead ReLU", "warning", "rule:dead-relu")
    assert [one.level for one in page.levels] == ["off", "note", "warning", "error"]
    assert [(one.name, one.text, one.default) for one in page.thresholds] == [
        ("units", "0.7", "0.7"),
        ("rows", "8", "8"),
    ]
    assert model.set_threshold("dead-relu", "rows", "2.5").startswith("“2.5” cannot be “rows”: take a whole number")
    model.shift_level("dead-relu", 1)
    model.shift_level("dead-relu", 1)
    assert model.page.level == "error"
    model.shift_level("dead-relu", -1)
    assert model.page.level == "warning"
    model.choose("not-finite")
    assert [one.level for one in model.page.levels] == ["off", "found", "note", "warning", "error"]
    assert model.page.breakpoint == ""
    model.choose("of tomorrow")
    assert model.page.name == "not-finite"


def test_settings_that_were_kept_hold_from_the_beginning(path: Path) -> None:
    with Recording.open(path) as recording:
        bench = Bench(recording, "dead-relu=error", "of-tomorrow=error", "input-range.most=1e6")
        assert ("dead-relu", "error") in bench.found()
        assert "input-range" not in dict(bench.found())
        assert bench.book.texts() == ["dead-relu=error", "input-range.most=1e+06"]
        bench.close()


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("rule:dead-relu", "rule:dead-relu:dead-relu.units=0.5"),
        ("rule:dead-relu:rows=4", "rule:dead-relu:dead-relu.units=0.5,rows=4"),
        ("rule:saturated", "rule:saturated"),
        ("rule:*", "rule:*:dead-relu=error,saturated=off,unreachable=note,dead-relu.units=0.5"),
        ("rule:s*", "rule:s*:saturated=off"),
        ("nan", "nan"),
    ],
)
def test_breakpoints_on_rules_take_over_what_is_set(text: str, sent: str) -> None:
    book = RuleBook(["dead-relu=error", "saturated=off", "unreachable=note", "not-finite=off", "dead-relu.units=0.5"])
    assert describe(book.applied(parse(text))) == sent


def test_scripts_hear_of_thresholds_that_change(tmp_path: Path) -> None:
    breakpoints, rules, sent = BreakpointBook(tmp_path), RuleBook(), list[str]()
    end = breakpoints.take_rules(rules)
    breakpoints.changed.connect(lambda: sent.extend(describe(one) for one in breakpoints.orders))
    units = RULES["dead-relu"].threshold("units")
    rules.set(rules.settings.with_limit(RULES["dead-relu"], units, 0.5))
    assert sent == []
    breakpoints.add(parse("rule:dead-relu"))
    rules.set(rules.settings.with_limit(RULES["dead-relu"], units, 0.25))
    assert sent == ["rule:dead-relu:dead-relu.units=0.5", "rule:dead-relu:dead-relu.units=0.25"]
    end()


def test_a_script_is_held_where_a_rule_fires_and_goes_on(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.load(ENDLESS)
    book = desk.workspace.breakpoints
    id = book.add(parse("rule:dead-relu"))
    book.add(parse("rule:nonsense"))
    desk.session.run()
    desk.paused()
    stopped = desk.workspace.stopped
    assert stopped is not None
    assert (stopped.reason, stopped.breakpoint) == ("breakpoint", id)
    assert stopped.text.startswith("the rule dead ReLU fires in step ")
    assert "75% of the 8 units of “hidden” (Relu) are zero for all 16 rows of the batch (limit 70%)" in stopped.text
    hits = {one.breakpoint: one for one in book.hits.values()}
    assert hits[id].hits == 1
    assert hits[id + 1].error.startswith("there is no rule “nonsense”")
    # The same is told once: the script goes on, until somebody wants it to stop.
    desk.session.go_on()
    desk.until(lambda: desk.workspace.step_count > stopped.step + 200)
    assert book.hits[id].hits == 1
    desk.session.end()


def test_a_script_that_runs_is_looked_at_by_a_process_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tapeview.views.explained.SOON", 0.0)
    monkeypatch.setattr("tapeview.views.explained.TELL_EVERY", 0.0)
    desk = Desk(tmp_path)
    book = RuleBook()
    explained = Explained(desk.workspace, Immediate(), book)
    # All steps are looked at when it is held, so there should not be thousands.
    desk.load(ENDLESS.replace("while True:", "import time\nwhile True:\n    time.sleep(0.03)"))

    def found() -> list[tuple[str, str]]:
        return [(one.finding.cause, one.finding.level) for one in explained.findings()]

    desk.session.run()
    desk.until(lambda: ("dead-relu", "warning") in found())
    assert desk.workspace.state == "running"
    assert explained.progress == (0, 0)  # not by this process
    (one,) = [one for one in explained.findings() if one.finding.cause == "dead-relu"]
    assert explained.counts(one.finding.step).worst == "warning"
    # Other levels hold while it runs, too.
    book.set(book.settings.with_level(RULES["dead-relu"], "error"))
    desk.until(lambda: ("dead-relu", "error") in found() and ("dead-relu", "warning") not in found())
    desk.session.pause()
    desk.paused()
    steps = desk.workspace.step_count - 1
    (one,) = [one for one in explained.findings() if one.finding.cause == "dead-relu"]
    assert (one.finding.step, one.finding.steps, one.finding.last) == (0, steps, steps - 1)
    desk.session.end()
    explained.dispose()
