"""A person who debugs a TensorFlow 1 script in a real window, as a program. Prints what the window said, as one line of
JSON.

    python deferred_story.py SCRIPT SCREENSHOT-FOLDER LINE-OF-THE-FIRST-RUN
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

# The folder of this file is where a script's modules are looked for.
from live_story import Key, Modifier, Story
from PySide6.QtTest import QTest

from tapeview.breakpoints import parse
from tapeview.views.graph_runs import DeferredScene


class Picture:
    """What the graph shows."""

    def __init__(self, story: Story) -> None:
        bench = story.window.workbench
        assert bench is not None
        self.model, self.view, self._story = bench.graph_model, bench.graph.view, story

    def scene(self) -> DeferredScene:
        self._story.until(lambda: isinstance(self.model.scene, DeferredScene) and not self.model.laying_out)
        assert isinstance(self.model.scene, DeferredScene)
        return self.model.scene

    def told(self) -> dict[str, object]:
        scene, state = self.scene(), self.model.state
        assert state is not None
        nodes = scene.graph.nodes
        current = nodes[state.current].label if state.current >= 0 else ""
        lit = [node.label for node, one in zip(nodes, state.executed.tolist(), strict=True) if one]
        grey = [node.label for node, one in zip(nodes, state.absent.tolist(), strict=True) if one]
        return {"nodes": len(nodes), "current": current, "lit": lit, "grey": grey}


def main(script: Path, shots: Path, line: int) -> None:
    """Tells the story."""
    story, said = Story(script), {}
    workspace = story.workspace
    workspace.breakpoints.add(parse(f"line:{script.name}:{line}"))
    said["at the first run"] = story.stop(Key.Key_F5)
    picture = Picture(story)
    said["before it"] = picture.told()
    shoot(story, shots / "before.png")
    said["one op"] = story.stop(Key.Key_F10)
    said["lit by it"] = picture.told()
    workspace.breakpoints.add(parse("node:loss"))
    said["at the node"] = story.stop(Key.Key_F5)
    said["why"] = workspace.stopped.text if workspace.stopped is not None else ""
    said["there"] = picture.told()
    shoot(story, shots / "node.png")
    said["back"] = press(story, Key.Key_F10, Modifier.ShiftModifier)
    for one in workspace.breakpoints.items:
        workspace.breakpoints.remove([one.id])
    story.press(Key.Key_F5)
    story.until(lambda: workspace.state == "finished")
    bench = story.window.workbench
    assert bench is not None
    said["timeline"] = [bench.timeline.view._model.step_tip(step) for step in range(workspace.step_count)]
    workspace.move_to(2, 0)
    scene = picture.scene()
    mul = next(number for number, node in enumerate(scene.graph.nodes) if node.label == "mul")
    picture.model.select(mul)
    said["picked"] = bench.inspector._model.sheet.where
    said["lines"] = [bench.source._model.mark.line, *bench.source._model.mark.callers]
    said["curves"] = {name: len(one.steps) for name, one in workspace.recording.scalars().items()}
    story.window.set_theme("dark")
    shoot(story, shots / "after.png")
    story.close()
    print(json.dumps(said))


def press(story: Story, key: Key, modifier: Modifier) -> str:
    story.press(key, modifier)
    return story.workspace.position_text()


def shoot(story: Story, path: Path) -> None:
    """What the display shows."""
    QTest.qWait(100)  # for curves and docks to find their places
    picture = story.window.screen().grabWindow(0)
    assert picture.save(str(path))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
