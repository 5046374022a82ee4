"""``tf.variable_scope``: a block in which variables get names of their own, or are shared."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from tapeview.engine.deferred.graph import Graph, get_default_graph
from tapeview.engine.deferred.scope_values import AUTO_REUSE, VariableScope, get_variable_scope
from tapeview.engine.deferred.structures import symbolic_in


class variable_scope:
    """A block in which ``get_variable`` puts ``name/`` in front of names, and goes by the other arguments.

    Args:
        name_or_scope: a name, or a scope that is entered again; None for ``default_name``, which gets a number if it
            is taken.
        reuse: True: variables have to be there; None or False: as in the scope around; ``AUTO_REUSE``: both.
    """

    def __init__(
        self, name_or_scope: Any, default_name: str | None = None, values: Any = None, initializer: Any = None,
        regularizer: Any = None, caching_device: Any = None, partitioner: Any = None, custom_getter: Any = None,
        reuse: Any = None, dtype: Any = None, use_resource: bool | None = None, constraint: Any = None,
        auxiliary_name_scope: bool = True,
    ) -> None:  # fmt: skip
        if name_or_scope is None and default_name is None:
            raise TypeError("If default_name is None then name_or_scope is required")
        if reuse not in (None, True, False, AUTO_REUSE):
            raise ValueError("The reuse parameter must be True or False or None.")
        self._given = name_or_scope
        self._default_name = default_name
        self._reuse = reuse
        self._changes = {
            "initializer": initializer, "regularizer": regularizer, "custom_getter": custom_getter, "dtype": dtype,
            "use_resource": use_resource, "constraint": constraint, "partitioner": partitioner,
        }  # fmt: skip
        self._auxiliary = auxiliary_name_scope
        self._values = values
        self._stacks: list[ExitStack] = []

    def __enter__(self) -> VariableScope:
        stack = ExitStack()
        scope = stack.enter_context(self._opened(stack))
        self._stacks.append(stack)
        return scope

    def __exit__(self, *error: Any) -> None:
        self._stacks.pop().close()

    @contextmanager
    def _opened(self, stack: ExitStack) -> Iterator[VariableScope]:
        symbols = symbolic_in(self._values, []) if self._values is not None else []
        graph = symbols[0].graph if symbols else get_default_graph()
        if symbols and graph is not get_default_graph():
            stack.enter_context(graph.as_default())
        outer = get_variable_scope()
        given = self._given
        if isinstance(given, VariableScope):
            name, base, part = given.name, given, given.name.rpartition("/")[2]
        else:
            word = given if given is not None else _unused(graph, outer, str(self._default_name))
            name = f"{outer.name}/{word}" if outer.name and word else outer.name or word
            base, part = outer, word
        opened = ""
        if self._auxiliary and part:
            scope_name = part if given is not None else str(self._default_name)
            opened = stack.enter_context(graph.name_scope(scope_name))
        new = self._scope(name, base, outer, given, opened)
        counts = dict(graph.scope_counts)
        graph.scope_counts[name] = graph.scope_counts.get(name, 0) + 1
        graph.scopes.variables = new
        try:
            yield new
        finally:
            graph.scopes.variables = outer
            if isinstance(given, VariableScope):
                graph.scope_counts = counts
            else:
                for key in list(graph.scope_counts):
                    if key.startswith(f"{name}/"):
                        graph.scope_counts[key] = 0

    def _scope(self, name: str, base: VariableScope, outer: VariableScope, given: Any, opened: str) -> VariableScope:
        again = isinstance(given, VariableScope)
        if again:
            reuse = base.reuse if self._reuse is None else self._reuse
            if self._reuse is False:
                reuse = outer.reuse
        else:
            reuse = self._reuse or outer.reuse
        new = VariableScope(
            reuse, name, base.initializer, base.regularizer, base.custom_getter,
            base.original_name_scope if again else opened, base.dtype, base.use_resource, base.constraint,
        )  # fmt: skip
        getter, inner = self._changes["custom_getter"], base.custom_getter
        for word, value in self._changes.items():
            if value is not None:
                setattr(new, f"_{word}", value)
        if getter is not None and inner is not None:
            new._custom_getter = _both(getter, inner)
        return new


def _both(outer: Callable[..., Any], inner: Callable[..., Any]) -> Callable[..., Any]:
    """A getter that calls ``outer``, which calls ``inner``, which calls the real one."""

    def both(getter: Any, *args: Any, **kwargs: Any) -> Any:
        def next_one(*a: Any, **k: Any) -> Any:
            return inner(getter, *a, **k)

        return outer(next_one, *args, **kwargs)

    return both


def _unused(graph: Graph, outer: VariableScope, word: str) -> str:
    """A name for a scope that nobody has opened in the scope around."""
    prefix = f"{outer.name}/" if outer.name else ""
    if not graph.scope_counts.get(prefix + word):
        return word
    number = 1
    while graph.scope_counts.get(f"{prefix}{word}_{number}"):
        number += 1
    return f"{word}_{number}"


@contextmanager
def variable_op_scope(values: Any, name_or_scope: Any, default_name: str | None = None, **kwargs: Any) -> Iterator[Any]:
    """The older form of :class:`variable_scope`."""
    with variable_scope(name_or_scope, default_name, values, **kwargs) as scope:
        yield scope
