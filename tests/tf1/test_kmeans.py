"""``tf.contrib.factorization.KMeans``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tapeview.engine import deferred
from tapeview.tensorflow.loader import Namespace

tf: Any = Namespace("tensorflow", "tf", tf1=True)
CENTRES = np.array([[0, 3], [3, 0], [-2, -2]], np.float32)
POINTS = np.concatenate([np.random.RandomState(0).randn(20, 2) * 0.1 + c for c in CENTRES]).astype(np.float32)


@pytest.fixture(autouse=True)
def _graphs() -> Iterator[None]:
    deferred.enable()
    yield
    deferred.disable()


def clustered(rounds: int, points: Any = POINTS, **how: Any) -> tuple[Any, Any, float]:
    """Each point's cluster, the centres, and the mean of the distances."""
    x = tf.placeholder(tf.float32, [None, 2])
    graph = tf.contrib.factorization.KMeans(x, 3, **how).training_graph()
    _, (nearest,), (smallest,), begun, centres, start, train = graph
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        assert not sess.run(begun)
        sess.run(start, {x: points})
        assert sess.run(begun)
        for _ in range(rounds):
            sess.run(train, {x: points})
        found = sess.run([nearest, centres, tf.reduce_mean(smallest)], {x: points})
    return found[0], found[1], float(found[2])


@pytest.mark.parametrize("how", [{"initial_clusters": "kmeans_plus_plus"}, {"initial_clusters": CENTRES + 1}])
@pytest.mark.parametrize("mini", [False, True])
def test_clusters_are_found(how: dict[str, Any], mini: bool) -> None:
    nearest, centres, distance = clustered(8, use_mini_batch=mini, **how)
    groups = [set(nearest[start : start + 20]) for start in (0, 20, 40)]
    assert [len(group) for group in groups] == [1, 1, 1]
    assert len(set.union(*groups)) == 3
    np.testing.assert_allclose(sorted(map(tuple, centres)), sorted(map(tuple, CENTRES)), atol=0.1)
    assert distance < 0.05


def test_each_round_brings_points_and_centres_closer() -> None:
    distances = [clustered(rounds, random_seed=3)[2] for rounds in (0, 1, 3)]
    assert distances == sorted(distances, reverse=True)


def test_by_angle_the_length_does_not_matter() -> None:
    scaled = POINTS * np.linspace(1, 9, 60, dtype=np.float32)[:, None]
    nearest, _, distance = clustered(4, scaled, distance_metric="cosine", initial_clusters=CENTRES)
    assert nearest.tolist() == [0] * 20 + [1] * 20 + [2] * 20
    assert distance < 0.01


def test_what_it_does_not_know_is_refused() -> None:
    with pytest.raises(ValueError, match="Unsupported distance metric passed to KMeans: other"):
        clustered(0, distance_metric="other")
    with pytest.raises(ValueError, match="Unsupported initialization algorithm 'other'"):
        clustered(0, initial_clusters="other")
