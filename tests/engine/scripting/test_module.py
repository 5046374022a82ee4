"""``tf.Module``, ``tf.nest``, ``tf.TensorSpec``."""

from __future__ import annotations

from collections import OrderedDict, defaultdict, namedtuple
from typing import Any

import pytest

from tests.engine.names import tf
from tests.engine.raised import raised

Pair = namedtuple("Pair", "a b")


class Dense(tf.Module):  # type: ignore[misc]
    def __init__(self, size: int, name: str | None = None) -> None:
        super().__init__(name=name)
        self.w = tf.Variable(tf.ones([size]), name="w")
        self.b = tf.Variable(0.0, name="b")
        self.steps = tf.Variable(0.0, trainable=False, name="steps")


class MyNet(tf.Module):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self.z = tf.Variable(1.0, name="z")
        self.layers = [Dense(1), Dense(2, name="second")]
        self.extra = {"b": tf.Variable(2.0, name="eb"), "a": tf.Variable(3.0, name="ea")}
        self.again = self.z

    @tf.Module.with_name_scope
    def build(self) -> Any:
        """Builds."""
        return tf.Variable(1.0)


def names(variables: Any) -> list[str]:
    return [v.name for v in variables]


def test_variables_come_in_the_order_of_attribute_names_and_then_those_of_submodules() -> None:
    net = MyNet()
    assert isinstance(net.variables, tuple)
    assert names(net.variables) == ["z:0", "ea:0", "eb:0", "b:0", "steps:0", "w:0", "b:0", "steps:0", "w:0"]
    assert names(net.trainable_variables) == ["z:0", "ea:0", "eb:0", "b:0", "w:0", "b:0", "w:0"]
    assert names(net.non_trainable_variables) == ["steps:0", "steps:0"]
    assert [m.name for m in net.submodules] == ["dense", "second"]


def test_names() -> None:
    net = MyNet()
    assert net.name == "my_net"
    assert net.build().name == "my_net/Variable:0"
    assert net.build.__doc__ == "Builds."
    assert tf.Module(name="mine").name == "mine"
    assert tf.Module().name == "module"
    with pytest.raises(ValueError, match="'a b' is not a valid module name"):
        tf.Module(name="a b")


def test_modules_that_refer_to_each_other() -> None:
    a, b = tf.Module(name="a"), tf.Module(name="b")
    a.b, b.a = b, a
    b.v = tf.Variable(1.0, name="v")
    assert names(a.variables) == ["v:0"]
    assert a.submodules == (b,)


def test_paths() -> None:
    net = MyNet()
    found = dict(net._flatten(predicate=lambda v: isinstance(v, tf.Variable), with_path=True))
    assert ("layers", 1, "w") in found
    assert ("extra", "a") in found


NESTED = {"b": [1, (2, 3)], "a": Pair(4, None)}


def test_nest_flattens_by_sorted_keys() -> None:
    assert tf.nest.flatten(NESTED) == [4, None, 1, 2, 3]
    assert tf.nest.flatten(5) == [5]
    assert tf.nest.flatten("text") == ["text"]
    assert tf.nest.flatten(tf.TensorShape([1, 2])) == [tf.TensorShape([1, 2])]
    assert raised(lambda: tf.nest.flatten({1: 0, "a": 1})) == "TypeError: nest only supports dicts with sortable keys."


def test_nest_packs() -> None:
    packed = tf.nest.pack_sequence_as(NESTED, [10, 20, 30, 40, 50])
    assert packed == {"b": [30, (40, 50)], "a": Pair(10, 20)}
    assert list(packed) == ["b", "a"]
    assert tf.nest.pack_sequence_as(1, ["x"]) == "x"
    assert type(tf.nest.map_structure(abs, OrderedDict(a=-1))) is OrderedDict
    counted = defaultdict(list, a=1)
    assert tf.nest.map_structure(lambda v: v + 1, counted) == {"a": 2}
    with pytest.raises(ValueError, match="Structure had 5 atoms, but flat_sequence had 1 items"):
        tf.nest.pack_sequence_as(NESTED, [1])
    with pytest.raises(ValueError, match="The target structure is of type"):
        tf.nest.pack_sequence_as(1, [1, 2])


def test_nest_maps() -> None:
    assert tf.nest.map_structure(lambda x, y: x + y, [1, (2,)], [10, (20,)]) == [11, (22,)]
    with pytest.raises(ValueError, match="don't have the same nested structure"):
        tf.nest.map_structure(lambda x, y: x, [1, 2], [1])
    with pytest.raises(ValueError, match="don't have the same nested structure"):
        tf.nest.assert_same_structure({"a": 1}, {"b": 1})
    with pytest.raises(TypeError, match="don't have the same sequence type"):
        tf.nest.map_structure(lambda x, y: x, [1], (1,))
    assert tf.nest.map_structure(lambda x, y: y, [1], (2,), check_types=False) == [2]
    with pytest.raises(TypeError, match="func must be callable"):
        tf.nest.map_structure(1, [1])
    with pytest.raises(ValueError, match="at least one structure"):
        tf.nest.map_structure(abs)
    assert tf.nest.is_nested((1,))
    assert not tf.nest.is_nested("a")


def test_specs() -> None:
    spec = tf.TensorSpec([None, 2], tf.float32, name="x")
    assert repr(spec) == "TensorSpec(shape=(None, 2), dtype=tf.float32, name='x')"
    assert spec == tf.TensorSpec((None, 2), name="x")
    assert spec != tf.TensorSpec((3, 2), name="x")
    assert spec != "x"
    assert hash(spec) == hash(tf.TensorSpec((None, 2), name="x"))
    assert spec.is_compatible_with(tf.ones([5, 2]))
    assert not spec.is_compatible_with(tf.ones([5, 2], tf.int32))
    assert tf.TensorSpec(None).is_compatible_with(tf.ones([1]))
    assert repr(tf.TensorSpec(None)) == "TensorSpec(shape=<unknown>, dtype=tf.float32, name=None)"
    made = tf.TensorSpec.from_tensor(tf.ones([1, 2], tf.int32), "y")
    assert (made.shape, made.dtype, made.name) == ((1, 2), tf.int32, "y")
    assert tf.TensorSpec.from_spec(made).name == "y"
