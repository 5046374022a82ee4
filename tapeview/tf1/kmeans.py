"""``tf.contrib.factorization.KMeans``: clusters of points, found by moving each centre to the mean of its points."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine import deferred, dtypes, nest
from tapeview.engine.convert import to_tensor
from tapeview.engine.deferred import tf
from tapeview.engine.tensor import Array
from tapeview.tf1 import graphs

RANDOM_INIT = "random"
KMEANS_PLUS_PLUS_INIT = "kmeans_plus_plus"
SQUARED_EUCLIDEAN_DISTANCE = "squared_euclidean"
COSINE_DISTANCE = "cosine"


class KMeans:
    """Clusters of the rows of ``inputs``.

    Args:
        initial_clusters: ``"random"`` rows to begin with, ``"kmeans_plus_plus"`` (far from each other), or centres.
        distance_metric: ``"squared_euclidean"`` or ``"cosine"``.
        use_mini_batch: a centre moves to the mean of all points it has ever had, and not only of this run's.
        random_seed: of the rows to begin with.
    """

    RANDOM_INIT = RANDOM_INIT
    KMEANS_PLUS_PLUS_INIT = KMEANS_PLUS_PLUS_INIT

    def __init__(
        self, inputs: Any, num_clusters: int, initial_clusters: Any = RANDOM_INIT,
        distance_metric: str = SQUARED_EUCLIDEAN_DISTANCE, use_mini_batch: bool = False,
        mini_batch_steps_per_iteration: int = 1, random_seed: int = 0, kmeans_plus_plus_num_retries: int = 2,
        kmc2_chain_length: int = 200,
    ) -> None:  # fmt: skip
        if distance_metric not in (SQUARED_EUCLIDEAN_DISTANCE, COSINE_DISTANCE):
            raise ValueError(f"Unsupported distance metric passed to KMeans: {distance_metric}")
        if isinstance(initial_clusters, str) and initial_clusters not in (RANDOM_INIT, KMEANS_PLUS_PLUS_INIT):
            raise ValueError(f"Unsupported initialization algorithm '{initial_clusters}'")
        self._inputs = inputs if isinstance(inputs, (list, tuple)) else [inputs]
        self._count, self._initial, self._seed = int(num_clusters), initial_clusters, int(random_seed)
        self._cosine, self._mini_batch = distance_metric == COSINE_DISTANCE, use_mini_batch

    def training_graph(self) -> tuple[Any, ...]:
        """Nodes: all distances, clusters, and smallest distances (a list each, one for each of the inputs), whether the
        centres have a place, the centres, what gives them their first places, and one round."""
        x = tf.concat([graphs.tensor(part) for part in self._inputs], 0)
        if self._cosine:
            x = tf.nn.l2_normalize(x, 1)
        depth = (graphs.sizes(x) or [None])[-1]
        if depth is None:
            raise ValueError("The number of features must be known to look for clusters.")
        centres = deferred.Variable(np.zeros((self._count, depth), np.float32), trainable=False, name="clusters")
        begun = deferred.Variable(False, trainable=False, name="initialized")
        seen = deferred.Variable(np.zeros(self._count, np.int64), trainable=False, name="total_counts")
        distances = deferred.add_node(self._distances, (x, centres), default_name="distances")
        nearest = tf.argmin(distances, 1)
        smallest = tf.reduce_min(distances, 1)
        with graphs.after(
            [deferred.assign(centres, deferred.add_node(self._begin, (x,), default_name="choose_initial"))]
        ):
            start = deferred.assign(begun, True).op
        moved = deferred.add_node(self._moved, (x, centres, nearest, seen), default_name="update")
        train = deferred.group(deferred.assign(centres, moved[0]), deferred.assign(seen, moved[1]))
        return [distances], [nearest], [smallest], deferred.tf.identity(begun), centres, start, train

    def _distances(self, x: Any, centres: Any) -> Any:
        if self._cosine:
            return 1 - tf.matmul(x, tf.nn.l2_normalize(centres, 1), transpose_b=True)
        squares = tf.reduce_sum(x * x, 1, keepdims=True) + tf.reduce_sum(centres * centres, 1)
        return tf.maximum(squares - 2 * tf.matmul(x, centres, transpose_b=True), 0.0)

    def _begin(self, x: Any) -> Any:
        points, numbers = np.asarray(x._array), np.random.RandomState(self._seed)
        if not isinstance(self._initial, str):
            return to_tensor(np.asarray(nest.map_structure(lambda v: v, self._initial), np.float32))
        if len(points) < self._count:
            points = np.resize(points, (self._count, points.shape[1]))
        if self._initial == RANDOM_INIT:
            return to_tensor(points[numbers.permutation(len(points))[: self._count]])
        return to_tensor(_far_apart(points, self._count, numbers))

    def _moved(self, x: Any, centres: Any, nearest: Any, seen: Any) -> list[Any]:
        points, places, old = np.asarray(x._array), np.asarray(nearest._array), np.asarray(centres._array)
        counts = np.bincount(places, minlength=self._count)[: self._count]
        sums = np.zeros_like(old)
        np.add.at(sums, places, points)
        before = np.asarray(seen._array) if self._mini_batch else np.zeros(self._count, np.int64)
        whole = np.maximum(before + counts, 1)[:, None]
        new = np.where((counts > 0)[:, None], (old * before[:, None] + sums) / whole, old).astype(old.dtype)
        return [to_tensor(new), to_tensor(before + counts, dtypes.int64)]


def _far_apart(points: Array, count: int, numbers: np.random.RandomState) -> Array:
    """Rows, each drawn in proportion to its squared distance from the nearest of those before."""
    chosen = [points[numbers.randint(len(points))]]
    while len(chosen) < count:
        gaps = np.min([((points - one) ** 2).sum(1) for one in chosen], 0)
        total = gaps.sum()
        chosen.append(points[numbers.choice(len(points), p=gaps / total if total else None)])
    return np.stack(chosen)
