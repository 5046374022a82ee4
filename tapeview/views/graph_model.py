"""What the Graph dock shows: the tape at the cursor as a graph, what of it has happened, and where a click leads."""

from __future__ import annotations

from tapeview.graph.fold import Group, GroupKey
from tapeview.views.background import Background, Immediate
from tapeview.views.graph_card import Card, Entry
from tapeview.views.graph_drawing import Drawing
from tapeview.views.graph_face import Measure, count_words
from tapeview.views.graph_node_card import card, legend
from tapeview.views.graph_runs import NO_STEP, DeferredScene
from tapeview.views.graph_scene import Scene
from tapeview.views.graph_state import State
from tapeview.views.graph_subject import USUAL, Folding, GraphChoice, Subject
from tapeview.views.runs import run_number
from tapeview.views.signal import Signal
from tapeview.views.text import tr
from tapeview.views.workspace import NOTHING, Reasons, Workspace


def by_characters(text: str, title: bool) -> float:
    """A rough width of a text, for when nobody has told how to measure."""
    return len(text) * (7.5 if title else 6.0)


WORTH_FOLDING = 12
"""Tapes with fewer ops are read as they are."""


class GraphModel:
    """``changed`` carries what changed: some of ``scene`` (other nodes, or other places), ``texts`` (another step of
    the same structure), ``state`` (what has happened, what is picked), ``matches``, ``reveal`` (bring node ``reveal``
    into view), ``layout`` (a layout began, ended or was given up).

    Nothing is worked out before somebody looks: ``scene`` and ``state`` are found on demand.
    """

    def __init__(
        self, workspace: Workspace, background: Background | None = None, measure: Measure = by_characters
    ) -> None:
        self.changed: Signal[Reasons] = Signal()
        self.measure = measure
        self.matches: tuple[int, ...] = ()
        self.match = -1
        self.reveal = -1
        self.given_up = False
        self._workspace = workspace
        self._choice = GraphChoice(workspace)
        self._drawing = Drawing(background or Immediate(), self._drawn)
        self._awaited = False
        self._scene: Scene | None = None
        self._subject = Subject()
        self._stale = True
        self._state: tuple[Scene, int, State] | None = None
        self._picked_group: GroupKey | None = None
        self._folding = Folding()
        self._search = ""
        self._disconnect = workspace.changed.connect(self._workspace_changed)

    def dispose(self) -> None:
        """Stop listening to the workspace and give up what is being laid out."""
        self._disconnect()
        self._drawing.stop()

    # -- what is shown -----------------------------------------------------------------------------------------------

    @property
    def scene(self) -> Scene | None:
        """What to draw; None if there is nothing, or nothing yet. While a new layout is made, the old scene stays."""
        if self._stale:
            self._update()
        return self._scene

    @property
    def state(self) -> State | None:
        """What of ``scene`` has happened at the cursor."""
        scene = self.scene
        if scene is None:
            return None
        at_cursor = scene.step is self._workspace.step
        index = self._workspace.cursor.position if at_cursor else len(scene.step.positions) - 1
        if self._state is None or self._state[0] is not scene or self._state[1] != index:
            self._state = scene, index, scene.states.at(index)
        return self._state[2]

    @property
    def laying_out(self) -> bool:
        """Whether a layout is being made."""
        return self._drawing.busy

    @property
    def title(self) -> str:
        """``tape 142 · 5 ops · laid out in 2 ms``; "" without a step."""
        scene, step = self.scene, self._workspace.step
        if self._subject.graph:
            words = [run_number(self._workspace.recording, self._workspace.cursor.step)]
            words = [*filter(None, words), count_words(scene.graph.count) if scene is not None else tr("graph")]
        elif step is None:
            return ""
        else:
            count = scene.graph.count if scene is not None and scene.step is step else len(step.ops)
            words = [tr("tape {n}").format(n=self._workspace.cursor.step + 1)]
            words.append(tr("1 op") if count == 1 else tr("{n} ops").format(n=f"{count:,}".replace(",", " ")))
        if self.given_up:
            words.append(tr("not laid out"))
        elif self.laying_out:
            words.append(tr("laying out …"))
        elif scene is not None and scene.graph.nodes:
            if scene.graph.groups:
                words.append(tr("folded to {n} nodes").format(n=len(scene.graph.nodes)))
            words.append(tr("laid out in {n} ms").format(n=max(1, round(scene.layout.seconds * 1000))))
        return " · ".join(words)

    @property
    def empty_text(self) -> str:
        """What to say where there is no graph; "" if there is one."""
        workspace = self._workspace
        step = workspace.step
        if self._subject.graph or (step is not None and step.ops):
            return ""
        if step is not None:
            recording = workspace.recording
            if recording is not None and recording.step_info(step.index).kept == "scalars":
                return tr("Only the scalars of this step were kept; --keep-steps all would have kept its ops.")
            return tr("No op was recorded in this tape.")
        if workspace.state == "paused":
            return tr("Paused before the first tape. F10 executes one op, F11 goes to the first training step.")
        if workspace.state in ("running", "pausing"):
            return tr("Waiting for the first tape …")
        if workspace.recording is not None:
            return tr("No tape was recorded.")
        if workspace.script is not None:
            return tr("Run the script with F5 to see its tape.")
        return tr("Open a script or a recording to see its tape.")

    @property
    def tapes(self) -> tuple[str, ...]:
        """The choices for ``show_tape``: tapes of the step, deferred graphs; empty where there is nothing to choose."""
        return self._choice.texts

    @property
    def tape_number(self) -> int:
        """Which of them is shown; 0 is what the cursor shows by itself."""
        return self._choice.index

    @property
    def selected(self) -> int:
        """The picked node; -1 if none is."""
        scene, selection = self.scene, self._workspace.selection
        if scene is None:
            return -1
        if self._picked_group is not None:
            for number, group in scene.graph.groups.items():
                if group.key == self._picked_group:
                    return number
        return scene.node_of_selection(selection)

    @property
    def legend(self) -> tuple[Entry, ...]:
        """What the marks mean; empty without a graph."""
        scene = self.scene
        return () if scene is None else legend(scene)

    def card(self, node: int) -> Card | None:
        """What to tell about a node."""
        scene, state = self.scene, self.state
        if scene is None or state is None or not 0 <= node < len(scene.graph.nodes):
            return None
        return card(scene, state, self._workspace.cursor.position, node)

    def describe(self, node: int) -> str:
        """A node in one line, for those who hear the window."""
        found = self.card(node)
        if found is None:
            return ""
        rows = (f"{row.label} {row.text}".strip() for row in found.rows)
        return ", ".join(part for part in (found.title, found.subtitle, *rows) if part)

    # -- verbs -------------------------------------------------------------------------------------------------------

    def select(self, node: int) -> None:
        """Pick a node; -1 picks nothing."""
        scene = self.scene
        if scene is None:
            return
        before, self._picked_group = self._picked_group, None
        there = 0 <= node < len(scene.graph.nodes)
        if there and node in scene.graph.groups:
            self._picked_group = scene.graph.groups[node].key
        self._workspace.select(*(scene.selection_of(node) if there else NOTHING))
        if before != self._picked_group:
            self._emit("state")

    def activate(self, node: int) -> None:
        """Move the cursor to a node's op: to its backward step while in the backward pass, else to where it ran.
        Groups open.
        """
        scene = self.scene
        if scene is None or not 0 <= node < len(scene.graph.nodes):
            return
        if node in scene.graph.groups:
            self.unfold(node)
            return
        position = self._position_of(scene, node)
        if position >= 0:
            self._workspace.move_to(scene.step.index, position)

    def unfold(self, node: int) -> None:
        """Open a folded group."""
        scene = self.scene
        if scene is not None and node in scene.graph.groups:
            self._folding.open(scene.graph.groups[node])
            self._rebuild()

    def fold(self, node: int) -> None:
        """Fold the innermost group around a node."""
        scene = self.scene
        group = self.group_around(node)
        if scene is not None and group is not None:
            self._folding.close(group)
            self._rebuild()

    def group_around(self, node: int) -> Group | None:
        """The innermost group that holds a node and more; None at the outermost level."""
        scene = self.scene
        if scene is None or not 0 <= node < len(scene.graph.nodes):
            return None
        shown = scene.graph.nodes[node]
        if shown.leaf:
            return None
        level, found = scene.graph.root, None
        while True:
            inner = next(
                (m for m in level.members if isinstance(m, Group) and m.start <= shown.start and shown.stop <= m.stop),
                None,
            )
            # A layer of one op has that op's numbers.
            if inner is None or (shown.kind == "group" and inner.key == (shown.start, shown.stop)):
                return found
            level = found = inner

    def fold_all(self, folded: bool) -> None:
        """Fold everything: to layers where there are any, else to the outermost level. Or open it all again."""
        scene = self.scene
        if scene is not None:
            members = () if self.has_layers else scene.graph.root.members
            self._folding.all(members, folded)
            self._rebuild()

    @property
    def has_layers(self) -> bool:
        """Whether the tape has layers: then it is shown folded to them at first."""
        scene = self.scene
        return scene is not None and scene.graph.has_layers

    @property
    def can_fold(self) -> bool:
        """Whether folding would make the picture much smaller."""
        scene = self.scene
        if scene is None:
            return False
        root = scene.graph.root
        return self.has_layers or (root.count >= WORTH_FOLDING and len(root.members) <= root.count // 2)

    @property
    def folded(self) -> bool:
        """Whether the user has folded something."""
        folding = self._folding
        return bool(folding.closed) or (folding.layers and self.has_layers)

    def show_tape(self, number: int) -> None:
        """Show one of ``tapes``; 0 shows what the cursor shows by itself, of a step all that ran."""
        choices = self._choice.choices
        if number != self.tape_number and 0 <= number < len(choices):
            self._choice.chosen = choices[number]
            self._folding = Folding(layers=self._folding.layers)
            self._rebuild()

    def search(self, text: str) -> int:
        """Mark the nodes that match and bring the first one into view; returns their number. "" ends a search."""
        self._search = text
        scene = self.scene
        found = tuple(scene.matches(text)) if scene is not None else ()
        changed = {"matches", "state"}
        if found != self.matches or (found and self.match < 0):
            self.match = 0 if found else -1
        self.matches = found
        if found:
            self.reveal = found[self.match]
            changed.add("reveal")
        self._emit(*changed)
        return len(found)

    def next_match(self, step: int = 1) -> None:
        """Bring the next match into view and pick it (-1: the one before)."""
        if self.matches:
            self.match = (self.match + step) % len(self.matches)
            self.reveal = self.matches[self.match]
            self.select(self.reveal)
            self._emit("matches", "state", "reveal")

    def cancel(self) -> None:
        """Give up the layout being made; what was shown before stays."""
        if self._drawing.busy:
            self._drawing.stop()
            self.given_up = True
            self._emit("layout")

    def retry(self) -> None:
        """Make the layout that was given up after all."""
        if self.given_up:
            self._rebuild()

    # -- inner -------------------------------------------------------------------------------------------------------

    def _position_of(self, scene: Scene, node: int) -> int:
        shown, step = scene.graph.nodes[node], scene.step
        if isinstance(scene, DeferredScene):
            return scene.run.comes(shown.key[1]) if scene.run is not None else -1
        seq = shown.key[1] if shown.kind == "op" else -1
        if shown.leaf:
            seq = next((edge.operands[0][0] for edge in scene.graph.edges if edge.source == node), -1)
        state = self.state
        if state is not None and state.call:
            for index in step.backward_of_op.get(seq, ()):
                record = step.positions[index].record
                if getattr(record, "call", 0) == state.call:
                    return index
        return step.position_of_op.get(seq, -1)

    def _workspace_changed(self, reasons: Reasons) -> None:
        changed: set[str] = set()
        if "recording" in reasons:
            self._folding, self._choice.chosen = Folding(), USUAL
        if "recording" in reasons or not self._choice.now().is_as(self._subject):
            self._stale = True
            changed |= {"scene"}
        if "selection" in reasons and self._workspace.selection.kind != "none":
            self._picked_group = None
        if reasons & {"cursor", "selection"}:
            changed.add("state")
        if "state" in reasons and self._scene is None:
            changed.add("scene")
        if changed:
            self._emit(*changed)

    def _rebuild(self) -> None:
        self._stale = True
        self._emit("scene")

    def _update(self) -> None:
        """Bring the scene to the cursor's step, at once if its layout is known, else as soon as it has been made."""
        self._stale, self.given_up = False, False
        self._subject = subject = self._choice.now()
        self._drawing.stop()
        recording, picture = self._workspace.recording, self._choice.picture(subject, self._folding)
        if recording is None or picture is None:
            self._take(None)
            return
        self._awaited = True
        scene = self._drawing.draw(recording, subject.step or NO_STEP, picture, self.measure, subject.large)
        self._awaited = False
        if scene is not None:
            self._take(scene)
        elif self._drawing.busy:
            self._emit("layout")

    def _drawn(self, scene: Scene) -> None:
        """A layout that was waited for has come."""
        self._take(scene)
        if not self._awaited:  # else whoever asked for the scene gets it now
            self._emit("scene", "state", "layout")

    def _take(self, scene: Scene | None) -> None:
        self._scene = scene
        self.matches = tuple(scene.matches(self._search)) if scene is not None and self._search else ()
        self.match = min(self.match, len(self.matches) - 1)

    def _emit(self, *reasons: str) -> None:
        self.changed.emit(frozenset(reasons))
