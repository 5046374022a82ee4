"""What the user calls things: names for tensors and variables, read off the source text at their call sites.

Every function gives "" where the source does not tell. Nothing here raises for odd sources or positions.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, TypeGuard

from tapeview.trace.records import Frame, Op, Tensor, Variable
from tapeview.trace.syntax import Syntax, syntax_of

if TYPE_CHECKING:
    from tapeview.trace.graph_records import GraphNode
    from tapeview.trace.query import Recording
    from tapeview.trace.step import Step

_LONGEST_OPERAND = 24
_LONGEST_LABEL = 32
_DEFAULT = re.compile(r"Variable(_\d+)?")
DEFAULT_VARIABLE = "Variable"
"""What a framework calls a variable that was given no name."""


class _Output(int):
    """The number of an op's output: an item only where it is unpacked, for many ops return one of their outputs."""


Path = tuple[int | str, ...]
"""Where something is in a structure of tuples, lists and dicts, from the outside in: positions, and keys as text."""


class Text(Protocol):
    """A source file."""

    @property
    def text(self) -> str: ...


class Places(Protocol):
    """What names are read off: the frames of sites and the files they are in. A `Recording` is such."""

    def frames(self, site: int) -> Sequence[Frame]: ...
    def source(self, file: int) -> Text: ...


def result_name(rec: Places, site: int, output: int | None = None, *, gathered: bool = False) -> str:
    """The user's name for what the expression at a site results in.

    The expression is the whole value of ``name = …`` (also annotated, ``:=``, ``+=``, or at its place in a tuple), or
    of a ``return`` or a lambda, and then the caller's name for the call counts. A list or dict that is written out
    gives its items names: ``params['w']``, ``layers[0]``. ``output`` is the number of the output for ops that have
    several.

    Args:
        gathered: whether the items of a comprehension, and what is appended to a list, are called ``layers[…]``.
    """
    path: Path = () if output is None else (_Output(output),)
    for depth, frame in enumerate(rec.frames(site)):
        syntax = _syntax(rec, frame)
        node = syntax.at(frame)
        if node is None or (depth == 0 and _trains(node)):
            return ""  # what `history = model.fit(...)` is called is no op of the training
        found = _destination(syntax, node, path, gathered)
        if isinstance(found, str):
            return found
        path = found
    return ""


def expression(rec: Places, site: int) -> str:
    """The text of the exact expression at a site, white space collapsed: ``"y_pred - y"``."""
    for frame in rec.frames(site)[:1]:
        return _syntax(rec, frame).text((frame.line, frame.column, frame.end_line, frame.end_column))
    return ""


def operand_names(rec: Recording, site: int, count: int) -> tuple[str, ...]:
    """The text of each of the ``count`` operands of the operator or call at a site; "" for what is unknown or long."""
    for frame in rec.frames(site)[:1]:
        syntax = _syntax(rec, frame)
        operands = _operands(syntax.at(frame), count)
        if len(operands) == count:
            texts = [syntax.of(operand) for operand in operands]
            return tuple(text if len(text) <= _LONGEST_OPERAND else "" for text in texts)
    return ("",) * count


def variable_name(rec: Recording, variable: Variable) -> str:
    """The name a variable was given explicitly, else the user's name for it, else the framework's."""
    given = variable.name.removesuffix(":0")
    return (result_name(rec, variable.site, gathered=True) if is_default(given) else given) or given or DEFAULT_VARIABLE


def is_default(name: str) -> bool:
    """Whether a framework calls a variable so that was given no name: ``Variable``, ``Variable_1``."""
    return not name or _DEFAULT.fullmatch(name.removesuffix(":0")) is not None


def node_label(rec: Places, name: str, site: int) -> str:
    """The user's name for what a node of a deferred graph makes, else its own; that of a gradient says nothing, so it
    goes by the expression that asked for it."""
    found = result_name(rec, site)
    if found or not name.startswith("gradients"):
        return found or name
    return _shortened(expression(rec, site), _LONGEST_LABEL) or name


_OBJECTS = {"keras", "losses", "metrics", "layers", "fit", "train_on_batch", "train_step", "loss", "loss_fn"}
"""Parts of a dotted name after which operands need not stand in the order of an op's inputs."""

TRAINERS = ("fit", "train_on_batch", "train_step")
"""Methods whose first argument is data and whose target is the model's loss."""


def _trains(node: ast.AST | None) -> bool:
    """Whether this calls one of the methods that do a whole training step."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in TRAINERS


def series_name(rec: Places, name: str, kind: str, site: int) -> str:
    """The name of a plotted series. One that was stored without a name gets that of the target or variable at its
    site; what a graph's run gave back, the user's name for the node, where there is one.
    """
    if kind == "fetched":
        return node_label(rec, name, site)
    if name and not (kind == "variable" and is_default(name)):
        return name.removesuffix(":0")
    if kind == "variable":
        return result_name(rec, site, gathered=True) or name.removesuffix(":0") or DEFAULT_VARIABLE
    for frame in rec.frames(site)[:1]:
        syntax = _syntax(rec, frame)
        node = syntax.at(frame)
        if _trains(node):
            return "loss"
        if isinstance(node, ast.Call):
            keywords = [word.value for word in node.keywords if word.arg == "target"]
            arguments = [argument for argument in (*node.args[:1], *keywords) if not isinstance(argument, ast.Starred)]
            for argument in arguments[:1]:
                return _shortened(syntax.of(argument), _LONGEST_OPERAND)
    return kind


def tensor_label(rec: Recording, step: Step | int, tensor_id: int) -> str:
    """What to call a tensor inside a step.

    The user's name, where there is one: of the variable whose version it is, or of the result of the op that made it.
    Else the text that stands for it where it is first used (for what no op made) or where it was made; else the op's
    type.
    """
    here = rec.step(step) if isinstance(step, int) else step
    try:
        tensor: Tensor | None = rec.tensor(tensor_id)
    except KeyError:
        tensor = None
    if tensor is not None and tensor.variable:
        variable = rec.variables().get(tensor.variable)
        return variable_name(rec, variable) if variable is not None else DEFAULT_VARIABLE
    op = here.ops.get(here.made_by.get(tensor_id, -1))
    if op is not None:
        return _op_label(rec, here, op, tensor_id)
    for seq, number in here.consumers.get(tensor_id, ())[:1]:
        consumer = here.ops[seq]
        if consumer.call:
            # A gradient rule's own constant: the call site is the gradient call, whose arguments are other things.
            return _value_label(rec, tensor_id)
        text = operand_names(rec, consumer.site, len(consumer.inputs))[number]
        if text:
            return text
    return _label_outside(rec, here, tensor_id) or (tensor.made_by if tensor is not None else "")


def _label_outside(rec: Recording, step: Step, tensor: int) -> str:
    """What to call a tensor that no op of a tape made or read, but one that an update was computed with."""
    made = step.made_outside.get(tensor)
    if made is not None:
        return result_name(rec, made.site) or _shortened(expression(rec, made.site), _LONGEST_LABEL)
    op, number = step.read_outside.get(tensor, (None, 0))
    return operand_names(rec, op.site, len(op.inputs))[number] if op is not None else ""


def _value_label(rec: Recording, tensor: int) -> str:
    """A single number as text; "" for anything else."""
    value = rec.value(tensor)
    return f"{value[()]:.6g}" if value is not None and value.ndim == 0 and value.dtype.kind in "iuf" else ""


def name_of_node(rec: Recording, node: GraphNode) -> str:
    """The user's name for what a node of a deferred graph makes, if it makes what an expression results in; else the
    node's own."""
    found = result_name(rec, node.site) if rec.graphs.whole(node) and node.kind != "gradient" else ""
    return found or node.name


def node_of_op(rec: Recording, step: Step, op: Op) -> GraphNode | None:
    """The node of a deferred graph that an op of a run is part of; None if there is none."""
    inside = [scope.name for scope in step.scope_of(op) if scope.kind == "node"] if step.run is not None else []
    return rec.graphs.named(step.run.started.graph, inside[-1]) if step.run is not None and inside else None


def _op_label(rec: Recording, step: Step, op: Op, tensor: int) -> str:
    node = node_of_op(rec, step, op)
    if node is not None:
        return op.op if op.call or node.kind == "gradient" else name_of_node(rec, node)
    if _is_intermediate(step, op):
        return op.op
    output = op.outputs.index(tensor) if len(op.outputs) > 1 else None
    name = result_name(rec, op.site, output)
    if not name and any(_trains(_syntax(rec, frame).at(frame)) for frame in rec.frames(op.site)[:1]):
        return op.op
    return name or _shortened(expression(rec, op.site), _LONGEST_LABEL) or op.op


def _is_intermediate(step: Step, op: Op) -> bool:
    """Whether the op is an inner part of one call (a softmax made of several ops, the cast before a product).

    Then the next op was called from the same place, reads the result and does something else. (A loop comes back to
    the same place with the same kind of op.)
    """
    following = step.ops.get(op.seq + 1)
    return (
        following is not None
        and op.site != 0
        and following.site == op.site
        and following.op != op.op
        and any(output in following.inputs for output in op.outputs)
    )


def _syntax(rec: Places, frame: Frame) -> Syntax:
    return syntax_of(rec.source(frame.file).text)


def _destination(syntax: Syntax, node: ast.AST, path: Path, gathered: bool) -> str | Path:
    """The name that gets the item at ``path`` of the value of ``node``, or the path of it in what the function gives
    back.
    """
    if isinstance(node, ast.AugAssign):
        return _target(syntax, node.target, path)
    while True:
        parent = syntax.parent(node)
        match parent:
            case ast.Return():
                return path
            case ast.Lambda() if node is parent.body:
                return path
            case ast.Assign(targets=targets):
                names = [_target(syntax, target, path) for target in targets]
                return next((name for name in names if name), "")
            case ast.AnnAssign(target=target) | ast.NamedExpr(target=target):
                return _target(syntax, target, path) if node is parent.value else ""
            case ast.IfExp() if node is not parent.test:
                pass
            case ast.Await():
                pass
            case ast.Tuple(elts=items) | ast.List(elts=items) if isinstance(node, ast.expr):
                index = items.index(node)
                if any(isinstance(item, ast.Starred) for item in items[:index]):
                    return ""
                path = (index, *path)
            case ast.Dict(keys=keys, values=values) if node in values:
                key = keys[values.index(node)]
                if not isinstance(key, ast.Constant):
                    return ""
                path = (repr(key.value), *path)
            case ast.keyword(arg=str(word)):
                parent = syntax.parent(parent)
                if not _is_dict(parent):
                    return ""
                path = (repr(word), *path)
            case ast.ListComp() if gathered and node is parent.elt:
                path = ("…", *path)
            case ast.Call(func=ast.Attribute(attr="append", value=several), args=[_]) if gathered:
                return _target(syntax, several, ("…", *path))
            case _:
                return ""
        node = parent


def _is_dict(node: ast.AST | None) -> TypeGuard[ast.Call]:
    """Whether this is ``dict(name=value, …)``."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "dict" and not node.args


def _target(syntax: Syntax, target: ast.expr, path: Path) -> str:
    """The name of an assignment's target, or of the item of it at ``path``."""
    while path and isinstance(target, ast.Tuple | ast.List):
        index, *rest = path
        items = target.elts
        if isinstance(index, str) or index >= len(items):
            return ""
        if any(isinstance(item, ast.Starred) for item in items[: index + 1]):
            return ""
        target, path = items[index], tuple(rest)
    if any(isinstance(step, _Output) for step in path):
        return ""
    if isinstance(target, ast.Name | ast.Attribute | ast.Subscript):
        text = syntax.of(target)
        if len(text) > _LONGEST_OPERAND and not isinstance(target, ast.Name):
            return ""
        name = text + "".join([f"[{step}]" for step in path])
        return name if not path or len(name) <= _LONGEST_LABEL else ""
    return ""


def _operands(node: ast.AST | None, count: int) -> list[ast.expr]:
    match node:
        case ast.BinOp(left=left, right=right) | ast.AugAssign(target=left, value=right):
            return [left, right]
        case ast.UnaryOp(operand=operand):
            return [operand]
        case ast.Compare(left=left, comparators=[right]):
            return [left, right]
        case ast.Subscript(value=value):
            return [value]
        case ast.Call(func=func, args=args) if not any(isinstance(argument, ast.Starred) for argument in args):
            if count > 1 and not _is_function_of_tf(func):
                return []
            if args and isinstance(args[0], ast.Tuple | ast.List) and len(args[0].elts) == count:
                return args[0].elts
            return args
    return []


def _is_function_of_tf(function: ast.expr) -> bool:
    """Whether a call's operands stand in the order of its op's inputs: so for ``tf.matmul``, but a loss that is called
    with the truth and the prediction may subtract them in either order.
    """
    parts = ast.unparse(function).split(".")
    return len(parts) > 1 and parts[0] not in ("self", "cls") and not _OBJECTS.intersection(parts)


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
