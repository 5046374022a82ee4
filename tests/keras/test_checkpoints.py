"""``tf.train.Checkpoint`` and its manager."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.engine.names import tf

X = np.ones((4, 3), np.float32)


def network() -> Any:
    class Net(tf.keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.d = tf.keras.layers.Dense(2)

        def call(self, x: Any) -> Any:
            return self.d(x)

    return Net()


def train(model: Any, optimizer: Any) -> None:
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(model(X) ** 2)
    optimizer.apply_gradients(zip(tape.gradient(loss, model.variables), model.variables, strict=True))


@pytest.mark.parametrize("kind", ["Adam", "legacy.Adam"])
def test_training_goes_on_where_it_stopped(tmp_path: Path, kind: str) -> None:
    def optimizer() -> Any:
        legacy, _, name = kind.rpartition(".")
        return getattr(tf.keras.optimizers.legacy if legacy else tf.keras.optimizers, name)(0.1)

    model, adam, step = network(), optimizer(), tf.Variable(0)
    train(model, adam)
    step.assign_add(1)
    path = tf.train.Checkpoint(model=model, optimizer=adam, step=step).save(tmp_path / "ckpt")
    other, second, counter = network(), optimizer(), tf.Variable(0)
    other(X)

    tf.train.Checkpoint(model=other, optimizer=second, step=counter).restore(path).assert_consumed()
    for each, steps in ((model, adam), (other, second)):
        train(each, steps)

    assert path == str(tmp_path / "ckpt-1")
    assert int(counter) == 1
    np.testing.assert_array_equal(other.get_weights()[0], model.get_weights()[0])


def test_a_model_without_weights_takes_them_later(tmp_path: Path) -> None:
    model, other = network(), network()
    model(X)
    tf.train.Checkpoint(net=model).save(tmp_path / "c")

    tf.train.Checkpoint(net=other).restore(tf.train.latest_checkpoint(tmp_path)).expect_partial()

    np.testing.assert_array_equal(other(X).numpy(), model(X).numpy())


def test_the_newest_are_kept(tmp_path: Path) -> None:
    v = tf.Variable(0.0)
    manager = tf.train.CheckpointManager(tf.train.Checkpoint(v=v), tmp_path, max_to_keep=2)

    for k in range(4):
        v.assign(float(k))
        manager.save()

    assert [Path(p).name for p in manager.checkpoints] == ["ckpt-3", "ckpt-4"]
    assert sorted(p.name for p in tmp_path.glob("*.index")) == ["ckpt-3.index", "ckpt-4.index"]
    again = tf.train.CheckpointManager(tf.train.Checkpoint(v=v), tmp_path, max_to_keep=2)
    v.assign(9.0)
    assert again.restore_or_initialize() == again.latest_checkpoint == tf.train.latest_checkpoint(str(tmp_path))
    assert v.numpy() == 3.0
    state = tf.train.get_checkpoint_state(tmp_path)
    assert state.model_checkpoint_path == str(tmp_path / "ckpt-4")


def test_no_checkpoint(tmp_path: Path) -> None:
    checkpoint = tf.train.Checkpoint(v=tf.Variable(1.0))

    assert tf.train.latest_checkpoint(tmp_path) is None
    assert tf.train.get_checkpoint_state(tmp_path) is None
    checkpoint.restore(None)
    with pytest.raises(FileNotFoundError, match="There is no checkpoint at"):
        checkpoint.restore(tmp_path / "c-1")
    with pytest.raises(ValueError, match="`Checkpoint` was expecting x to be a trackable object"):
        tf.train.Checkpoint(x=3)


def test_modules_lists_and_layers(tmp_path: Path) -> None:
    class Two(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = tf.Variable(1.0), tf.Variable([2.0, 3.0])

    module, extra = Two(), [tf.Variable(4.0)]
    checkpoint = tf.train.Checkpoint(module, extra=extra)
    path = checkpoint.write(tmp_path / "w")
    module.a.assign(0.0)
    extra[0].assign(0.0)

    checkpoint.read(path)

    assert (module.a.numpy(), extra[0].numpy()) == (1.0, 4.0)


@pytest.mark.parametrize("legacy", [False, True])
def test_slots_that_are_made_after_restoring_take_what_was_kept(tmp_path: Path, legacy: bool) -> None:
    optimizers = tf.keras.optimizers.legacy if legacy else tf.keras.optimizers
    x, y = np.ones((4, 3), np.float32), np.ones((4, 1), np.float32)

    def made() -> tuple[Any, Any]:
        return tf.keras.Sequential([tf.keras.layers.Dense(2), tf.keras.layers.Dense(1)]), optimizers.Adam(0.1)

    def steps(model: Any, optimizer: Any) -> list[float]:
        losses = []
        for _ in range(3):
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean((model(x) - y) ** 2)
            variables = model.trainable_variables
            optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
            losses.append(float(loss))
        return losses

    model, optimizer = made()
    steps(model, optimizer)
    path = tf.train.Checkpoint(model=model, optimizer=optimizer).save(tmp_path / "ck")
    expected = steps(model, optimizer)

    model, optimizer = made()
    tf.train.Checkpoint(model=model, optimizer=optimizer).restore(path)

    assert int(optimizer.iterations) == 3
    assert steps(model, optimizer) == pytest.approx(expected, rel=1e-6)
