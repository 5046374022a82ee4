"""Whether a script is of TensorFlow 1 or 2: seen from the names it uses, before it runs, unless the user decides.

The eras differ in what names mean (``tf.losses``) and in when functions work: at once, or in sessions, once a graph is
built. A script of TensorFlow 2 may still ask for graphs itself (``tf.compat.v1.disable_eager_execution()``).
"""

from __future__ import annotations

import argparse
import ast
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tapeview.debuggee import static_check
from tapeview.debuggee.static_check import Use
from tapeview.tensorflow import names

AUTOMATIC = ""
"""The script's names decide; else "1" or "2"."""

_MODULES = 40
_V1 = "tf.compat.v1"

_SWITCHES = {"disable_eager_execution", "disable_v2_behavior"}
_EAGER_SWITCHES = {
    "enable_eager_execution", "enable_v2_behavior", "contrib.eager.enable_eager_execution",
    "contrib.eager.enable_v2_behavior",
}  # fmt: skip
_GRAPH_WORDS = {
    "InteractiveSession", "Session", "get_default_session", "global_variables_initializer", "initialize_all_variables",
    "local_variables_initializer", "placeholder", "placeholder_with_default", "sparse_placeholder",
    "train.MonitoredTrainingSession", "train.Supervisor",
}  # fmt: skip
"""What makes sense in graphs only."""
_LIKELY_WORDS = (
    "app.", "assign", "contrib.", "flags.", "get_variable", "layers.", "metrics.accuracy", "summary.FileWriter",
    "summary.merge_all", "train.AdagradOptimizer", "train.AdamOptimizer", "train.GradientDescentOptimizer",
    "train.MomentumOptimizer", "train.RMSPropOptimizer", "train.Saver", "variable_scope",
)  # fmt: skip
"""What TensorFlow 2 has not, and what in TensorFlow 1 may also work eagerly."""
_EAGER_WORDS = {"GradientTape", "function", "Graph", "contrib.eager.GradientTape"}


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options that decide otherwise than the script's names."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        "--tf1",
        dest="mode",
        action="store_const",
        const="1",
        default=AUTOMATIC,
        help="the script is one of TensorFlow 1: names mean what they did, graphs are built and run in sessions "
        "(default: what its names say)",
    )
    group.add_argument(
        "--tf2",
        dest="mode",
        action="store_const",
        const="2",
        help="the script is one of TensorFlow 2: it runs eagerly, whatever its names say",
    )


def arguments(mode: str) -> list[str]:
    """The options again, for another process."""
    return [f"--tf{mode}"] if mode else []


@dataclass(frozen=True)
class Mode:
    """How a script is run.

    Attributes:
        tf1: names mean what they did in TensorFlow 1.
        deferred: from the first line on functions build a graph.
        eager: they never do, whatever the script says.
        asks: the script asks for graphs itself when it runs.
        sentence: what the user is told; "" if there is nothing to say.
    """

    tf1: bool = False
    deferred: bool = False
    eager: bool = False
    asks: bool = False
    sentence: str = ""

    @property
    def version(self) -> str:
        """The version that the script is told."""
        return names.TENSORFLOW_1_VERSION if self.tf1 else names.TENSORFLOW_VERSION

    @property
    def knows_tf1(self) -> bool:
        """Whether ``tf.placeholder`` is found under that name."""
        return self.tf1 or (self.asks and not self.eager)


@dataclass(frozen=True)
class _Sign:
    use: Use
    file: str

    def told(self, path: str) -> str:
        """``tf.Session (line 7)``: as the script writes it."""
        name = min(self.use.names)
        shown = "tf" + name[len(_V1) :] if self.use.root == _V1 else name
        where = "" if self.file == path else f" of {os.path.basename(self.file)}"
        return f"{shown} (line {self.use.line}{where})"


def decide(source: str, path: str, folder: str, wish: str = AUTOMATIC) -> Mode:
    """The mode for a script's text; ``folder`` is where its own modules lie, ``wish`` what the user has said."""
    found = [_Sign(use, file) for file, tree in _own_modules(source, path, folder) for use in static_check.uses(tree)]
    mode = _seen(found, path)
    if wish == "2":
        graphs = mode.deferred or mode.asks
        return Mode(eager=True, asks=mode.asks, sentence="Runs eagerly, as --tf2 says." if graphs else "")
    if wish == "1":
        return Mode(tf1=True, deferred=True, sentence="Runs in TensorFlow 1 mode, as --tf1 says.")
    return mode


def _seen(found: Sequence[_Sign], path: str) -> Mode:
    """What the names say. The first of them that decides is told."""

    def first(words: set[str] | Sequence[str], *, ours: bool | None = None, guarded: bool = True) -> _Sign | None:
        """``ours``: whether it is said of ``tf`` itself (True) or of ``tf.compat.v1`` (False)."""
        return next((s for s in found if _is(s.use, words, ours) and (guarded or not s.use.guarded)), None)

    if sign := first(_SWITCHES):
        asked = f"Runs in TensorFlow 1 mode: the script calls {sign.told(path)}. --tf2 runs it eagerly."
        of_tf1 = first(_SWITCHES, ours=True, guarded=False) is not None
        return Mode(tf1=of_tf1, asks=True, sentence=asked)
    if first(_EAGER_SWITCHES):
        return Mode(tf1=first(_EAGER_SWITCHES, ours=True, guarded=False) is not None)
    if sign := first(_GRAPH_WORDS, ours=True, guarded=False):
        return Mode(tf1=True, deferred=True, sentence=_because(sign, path))
    if first(_EAGER_WORDS):
        return Mode()
    sign = next((s for s in found if s.use.root == _V1 and _is(s.use, _GRAPH_WORDS, False)), None)
    if sign is not None:
        return Mode(deferred=True, sentence=_because(sign, path))
    if sign := first(_LIKELY_WORDS, ours=True, guarded=False):
        return Mode(tf1=True, deferred=True, sentence=_because(sign, path))
    return Mode()


def _because(sign: _Sign, path: str) -> str:
    return f"Runs in TensorFlow 1 mode: the script uses {sign.told(path)}. --tf2 runs it eagerly."


def _is(use: Use, words: set[str] | Sequence[str], ours: bool | None) -> bool:
    """Whether each meaning of a use is one of ``words``; those of a sequence may end in a point and stand for more."""
    if ours is not None and ours == all(name.startswith(_V1 + ".") for name in use.names):
        return False
    return all(_matches(name.removeprefix(_V1).removeprefix("tf")[1:], words) for name in use.names)


def _matches(word: str, words: set[str] | Sequence[str]) -> bool:
    if isinstance(words, set):
        return word in words
    return any(word == one or (one.endswith(".") and word.startswith(one)) for one in words)


def _own_modules(source: str, path: str, folder: str) -> Iterator[tuple[str, ast.Module]]:
    """The script and what it imports from ``folder``, with their syntax trees."""
    todo, seen = [(path, source)], {os.path.realpath(path)}
    while todo:
        file, text = todo.pop(0)
        tree = static_check.parsed(text)
        if tree is None:
            continue
        yield file, tree
        for name in _imported(tree):
            beside = _module_file(folder, name)
            if beside is None or os.path.realpath(beside) in seen or len(seen) >= _MODULES:
                continue
            seen.add(os.path.realpath(beside))
            try:
                with open(beside, "rb") as opened:
                    todo.append((beside, static_check.decode(opened.read())))
            except OSError:
                continue


def _imported(tree: ast.Module) -> list[str]:
    found: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.ImportFrom):
            found += [alias.name for alias in node.names]
    return found


def _module_file(folder: str, name: str) -> str | None:
    base = os.path.join(folder, *name.split("."))
    return next((file for file in (f"{base}.py", os.path.join(base, "__init__.py")) if os.path.isfile(file)), None)
