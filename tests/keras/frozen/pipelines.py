"""What ``tf.data`` pipelines give, as a function of ``tf``; see `parts`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.keras.frozen.values import Values, plain, random


def pipelines(tf: Any) -> Values:
    """What ``tf.data`` pipelines give: elements, lengths and specs."""
    D = tf.data.Dataset
    rows = random(7, 2, seed=80)
    table = (rows, {"a": np.arange(7), "b": np.arange(14).reshape(7, 2)})

    def uneven() -> Any:
        for k in (1, 3, 2, 0):
            yield np.arange(k), k

    def letters() -> Any:
        yield from (([1.0, 2.0], 3), ([4.0, 5.0], 6))

    made: dict[str, Callable[[], Any]] = {
        "slices": lambda: D.from_tensor_slices(table),
        "slices of a list": lambda: D.from_tensor_slices([[1, 2], [3, 4]]),
        "tensors": lambda: D.from_tensors((rows, 1.5)),
        "range": lambda: D.range(2, 11, 3), "range down": lambda: D.range(5, 0, -2),
        "range type": lambda: D.range(3, output_type=tf.float32),
        "zip": lambda: D.zip((D.range(5), D.range(3).map(lambda x: x * x))),
        "zip of dicts": lambda: D.zip({"x": D.range(3), "y": D.range(1, 4)}),
        "batch": lambda: D.from_tensor_slices(table).batch(3),
        "batch drop": lambda: D.from_tensor_slices(table).batch(3, drop_remainder=True),
        "batch of batches": lambda: D.range(10).batch(2).batch(2),
        "shuffle batch": lambda: D.from_tensor_slices(table).shuffle(4, seed=1).batch(2),
        "shuffle repeat": lambda: D.range(5).shuffle(5).repeat(3),
        "repeat shuffle": lambda: D.range(5).repeat(2).shuffle(5),
        "shuffle take": lambda: D.range(100).shuffle(20).take(5),
        "shuffle cache repeat": lambda: D.range(6).shuffle(6).cache().repeat(2),
        "two shuffles": lambda: D.range(8).shuffle(3).shuffle(4),
        "map of two": lambda: D.from_tensor_slices((rows, np.arange(7))).map(lambda x, y: (x * 2.0, y + 1, x[0])),
        "map parallel": lambda: D.range(4).map(lambda x: {"n": x, "half": x / 2}, num_parallel_calls=tf.data.AUTOTUNE),
        "map of batches": lambda: D.range(5).batch(2).map(lambda x: tf.reduce_sum(x)),
        "filter": lambda: D.range(10).filter(lambda x: x % 3 == 0),
        "take while": lambda: D.range(10).take_while(lambda x: x < 4),
        "enumerate": lambda: D.range(10, 13).enumerate(start=5),
        "concatenate": lambda: D.range(3).concatenate(D.range(7, 9)),
        "take skip": lambda: D.range(10).skip(2).take(4), "take all": lambda: D.range(4).take(-1),
        "shard": lambda: D.range(10).shard(3, 1), "prefetch": lambda: D.range(3).prefetch(2),
        "unbatch": lambda: D.from_tensor_slices(table).batch(3).unbatch(),
        "padded": lambda: D.from_generator(uneven, (tf.int32, tf.int64), ([None], [])).padded_batch(3),
        "padded to": lambda: D.from_generator(uneven, (tf.int32, tf.int64), ([None], [])).padded_batch(
            2, padded_shapes=([4], []), padding_values=(-1, tf.constant(9, tf.int64))
        ),
        "generator": lambda: D.from_generator(letters, (tf.float32, tf.int32)),
        "generator signature": lambda: D.from_generator(
            letters, output_signature=(tf.TensorSpec((2,), tf.float64), tf.TensorSpec((), tf.float32))
        ),
        "flat map": lambda: D.range(4).flat_map(lambda x: D.range(x)),
        "interleave": lambda: D.range(1, 5).interleave(
            lambda x: D.from_tensors(x).repeat(5), cycle_length=2, block_length=3
        ),
        "window": lambda: D.range(7).window(3, shift=2).flat_map(lambda w: w.batch(3)),
        "window drop": lambda: D.range(7).window(3, 1, 2, drop_remainder=True).flat_map(lambda w: w.batch(3)),
        "scan": lambda: D.range(5).scan(np.int64(0), lambda s, x: (s + x, s * x)),
        "choose": lambda: D.choose_from_datasets(
            [D.range(3), D.range(10, 13)], D.from_tensor_slices(np.array([0, 1, 1, 0]))
        ),
    }  # fmt: skip
    found: Values = {}
    for name, make in made.items():
        tf.random.set_seed(42)
        dataset = make()
        passes = [plain(list(dataset.as_numpy_iterator())) for _ in range(2)]
        found[name] = {"passes": passes, "size": int(dataset.cardinality()), "spec": str(dataset.element_spec)}
    found["reduce"] = D.range(5).reduce(np.int64(1), lambda s, x: s + x)
    found["repeated"] = {"size": int(D.range(3).repeat().cardinality())}
    return found
