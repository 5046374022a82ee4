"""Conditions, loops, tensor arrays, and the settings that change nothing."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest

from tests.engine.names import tf
from tests.engine.raised import raised


def test_cond_runs_one_branch() -> None:
    ran = []
    assert tf.cond(tf.constant(False), lambda: ran.append(1), lambda: 7) == 7
    assert tf.cond(1.0, lambda: (1, [2]), lambda: ran.append(2)) == (1, [2])
    assert ran == []


def test_while_loop() -> None:
    i, s = tf.while_loop(lambda i, s: i < 3, lambda i, s: (i + 1, s * 2.0), (0, tf.constant(1.0)))
    assert (i.numpy(), s.numpy()) == (3, 8.0)
    assert tf.while_loop(lambda i: i < 30, lambda i: [i + 1], [0], maximum_iterations=2)[0].numpy() == 2
    with pytest.raises(ValueError, match="don't have the same nested structure"):
        tf.while_loop(lambda i: i < 3, lambda i: (i, i), [0])
    assert raised(lambda: tf.while_loop(1, lambda i: i, [0])) == "TypeError: 'cond' must be callable."


def test_map_fn_of_several_and_of_nothing() -> None:
    a, b = tf.map_fn(lambda v: (v[0] + v[1], v[0]), (tf.constant([1.0, 2.0]), tf.constant([3.0, 4.0])))
    assert a.numpy().tolist() == [4.0, 6.0]
    assert b.numpy().tolist() == [1.0, 2.0]
    kinds = (tf.int32, tf.TensorSpec([], tf.float32))
    c, d = tf.map_fn(lambda x: (x, tf.cast(x, tf.float32)), tf.constant([1, 2]), fn_output_signature=kinds)
    assert (c.dtype, d.dtype) == (tf.int32, tf.float32)
    assert tf.map_fn(lambda x: tf.cast(x, tf.float32), tf.constant([1, 2]), dtype=tf.float32).numpy().tolist() == [1, 2]
    assert tf.map_fn(lambda x: x * 2, tf.zeros([0, 2])).shape == (0,)


def test_vectorized_map_of_structures() -> None:
    found = tf.vectorized_map(lambda x: (x[0] @ x[1], 1.0), (tf.ones([2, 2, 2]), tf.ones([2, 2, 2])))
    assert found[0].shape == (2, 2, 2)
    assert found[1].numpy().tolist() == [1.0, 1.0]


def test_scan() -> None:
    add = lambda a, x: a + x  # noqa: E731
    x = tf.constant([1.0, 2.0, 3.0])
    assert tf.scan(add, x).numpy().tolist() == [1.0, 3.0, 6.0]
    assert tf.scan(add, x, 10.0).numpy().tolist() == [11.0, 13.0, 16.0]
    assert tf.scan(add, x, reverse=True).numpy().tolist() == [6.0, 5.0, 3.0]
    both = tf.scan(lambda a, v: (a[0] + v, a[1] * v), x, (tf.constant(0.0), tf.constant(1.0)))
    assert [v.numpy().tolist() for v in both] == [[1.0, 3.0, 6.0], [1.0, 2.0, 6.0]]


def test_python_functions() -> None:
    found = tf.py_function(lambda x: (x, 1), [1.0], [tf.float32, tf.int32])
    assert [v.dtype for v in found] == [tf.float32, tf.int32]
    assert tf.numpy_function(lambda x: x * 2, [tf.constant(1.5)], tf.float32).numpy() == 3.0
    kinds = []
    tf.numpy_function(lambda x: kinds.append(type(x)) or x, [tf.constant([1.5])], tf.float32)
    assert kinds == [np.ndarray]
    assert tf.py_function(lambda x: None, [1.0], []) == []


@pytest.mark.parametrize("types", [tf.float32, [tf.float32], (tf.float32,)])
def test_a_numpy_function_of_one_result_returns_it(types: object) -> None:
    found = tf.numpy_function(lambda x: x * 2, [tf.constant([1.0, 2.0])], types)
    assert found.numpy().tolist() == [2.0, 4.0]


def test_a_numpy_function_returns_its_results_as_they_are() -> None:
    both = tf.numpy_function(lambda x: (x, x.sum()), [tf.constant([1.0, 2.0])], [tf.float32, tf.float32])
    assert [t.numpy().tolist() for t in both] == [[1.0, 2.0], 3.0]
    assert tf.numpy_function(lambda: 1.0, [], tf.float64).dtype == tf.float32
    assert tf.numpy_function(lambda: None, [], []) is None


def test_tensor_array() -> None:
    array = tf.TensorArray(tf.float32, 3, clear_after_read=False)
    assert array.write(0, 1.0).write(2, 3.0) is array
    assert array.stack().numpy().tolist() == [1.0, 0.0, 3.0]
    assert array.gather([0, 2]).numpy().tolist() == [1.0, 3.0]
    assert array.read(0).numpy() == array.read(0).numpy() == 1.0
    assert array.size().numpy() == 3
    assert array.element_shape == ()
    array.write(0, 5.0)
    assert array.read(0).numpy() == 5.0


def test_tensor_array_in_parts() -> None:
    array = tf.TensorArray(tf.float32, 0, dynamic_size=True).write(0, [1.0, 2.0]).write(1, [3.0, 4.0])
    assert array.concat().numpy().tolist() == [1.0, 2.0, 3.0, 4.0]
    assert array.dynamic_size
    assert tf.TensorArray(tf.float32, 2).unstack([1.0, 2.0]).read(1).numpy() == 2.0
    assert tf.TensorArray(tf.float32, 3).scatter([2, 0, 1], [1.0, 2.0, 3.0]).stack().numpy().tolist() == [2, 3, 1]
    assert tf.TensorArray(tf.float32, 2).split([1.0, 2.0, 3.0], [1, 2]).read(1).numpy().tolist() == [2.0, 3.0]
    assert tf.TensorArray(tf.float32, 1, element_shape=[2]).read(0).numpy().tolist() == [0.0, 0.0]
    assert tf.TensorArray(tf.float32, 0, element_shape=[2]).stack().shape == (0, 2)


def test_a_tensor_array_is_read_once() -> None:
    array = tf.TensorArray(tf.float32, 1).write(0, 1.0)
    array.read(0)
    with pytest.raises(tf.errors.InvalidArgumentError, match="Could not read index 0 twice"):
        array.read(0)
    assert array.write(0, 2.0).read(0).numpy() == 2.0


def test_gradients_through_a_tensor_array() -> None:
    x = tf.constant([1.0, 2.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        array = tf.TensorArray(tf.float32, 2)
        for k in tf.range(2):
            array = array.write(k, x[k] * x[k])
        y = tf.reduce_sum(array.stack())
    assert tape.gradient(y, x).numpy().tolist() == [2.0, 4.0]


def test_there_is_one_cpu() -> None:
    assert tf.config.list_physical_devices("GPU") == []
    assert tf.config.experimental.list_physical_devices("GPU") == []
    (cpu,) = tf.config.list_physical_devices()
    assert str(cpu) == "PhysicalDevice(name='/physical_device:CPU:0', device_type='CPU')"
    assert [d.name for d in tf.config.list_logical_devices("CPU")] == ["/device:CPU:0"]
    assert tf.config.get_visible_devices() == [cpu]
    assert not tf.test.is_gpu_available()
    assert not tf.test.is_built_with_cuda()
    assert tf.test.gpu_device_name() == ""


def test_settings_are_accepted() -> None:
    assert tf.config.experimental.set_memory_growth("gpu", True) is None
    assert tf.config.set_visible_devices([], "GPU") is None
    assert tf.config.threading.set_inter_op_parallelism_threads(1) is None
    assert tf.config.threading.get_intra_op_parallelism_threads() == 0
    assert tf.config.experimental.enable_op_determinism() is None
    limit = tf.config.experimental.VirtualDeviceConfiguration(memory_limit=1024)
    assert limit.memory_limit == 1024


def test_blocks_that_change_nothing() -> None:
    with tf.device("/GPU:0"), tf.control_dependencies([tf.constant(1)]):
        assert tf.constant(1.0).device.endswith("CPU:0")
    assert tf.group(1, 2) is None
    assert tf.no_op() is None
    assert [t.numpy() for t in tf.identity_n([tf.constant(1), tf.constant(2)])] == [1, 2]
    assert tf.tuple([1, 2]) == [1, 2]
    assert tf.get_static_value(tf.constant([1, 2])).tolist() == [1, 2]


def test_names_of_version_1_that_scripts_of_version_2_use() -> None:
    v1 = tf.compat.v1
    assert v1.enable_eager_execution() is None
    assert v1.executing_eagerly()
    v1.set_random_seed(42)
    assert tf.random.uniform([1]).numpy().tolist() == pytest.approx([0.664562106])
    before = tf.get_logger().level
    v1.logging.set_verbosity(v1.logging.ERROR)
    try:
        assert tf.get_logger().level == 40
    finally:
        tf.get_logger().setLevel(before)
    assert tf.errors.InvalidArgumentError(None, None, "").error_code == tf.errors.INVALID_ARGUMENT


def test_timestamp() -> None:
    now = tf.timestamp()
    assert now.dtype == tf.float64
    assert abs(float(now) - time.time()) < 60


def test_assertions_that_hold() -> None:
    x: Any = tf.constant([[1.0, 2.0]])
    d = tf.debugging
    assert d.assert_equal(1, 1) is None
    d.assert_near(1.0, 1.0000001)
    d.assert_positive(x)
    d.assert_rank(x, 2)
    d.assert_rank_at_least(x, 1)
    d.assert_shapes([(x, ("N", "D")), (tf.ones([3, 2]), ("...", "D")), (tf.ones([1, 5]), ("N", "..."))])
    d.assert_shapes({1.0: ()})
    d.Assert(tf.constant(True), ["x"])
    assert d.assert_scalar(1).numpy() == 1
    assert d.is_numeric_tensor(x)
    assert not d.is_numeric_tensor(tf.constant("a"))
    assert d.check_numerics(x, "x").numpy().tolist() == [[1.0, 2.0]]
    assert tf.ensure_shape(x, [None, 2]).numpy().tolist() == [[1.0, 2.0]]


def test_a_nan_in_the_gradient_is_found() -> None:
    x = tf.constant(0.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.debugging.check_numerics(x, "here") * np.inf
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"detected in gradient\. here : Tensor had Inf values"):
        tape.gradient(y, x)
