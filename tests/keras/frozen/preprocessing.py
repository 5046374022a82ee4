"""What ``keras.preprocessing`` and the preprocessing layers give, as a function of ``tf``; see `parts`."""

from __future__ import annotations

import random as python_random
from typing import Any

import numpy as np

from tests.keras.frozen.values import Values, plain, random

TEXTS = ["The cat sat on the mat.", "The DOG; sat!", "a cat and a dog"]


def words(value: Any) -> Any:
    """Texts in tensors as Python has them."""
    if isinstance(value, (list, tuple)):
        return [words(v) for v in value]
    return value.decode() if isinstance(value, bytes) else value


def preprocessing(tf: Any) -> Values:
    """Tokenizers, sequences, lookups, encodings and images of a given size."""
    return {**_texts(tf), **_sequences(tf), **_lookups(tf), **_encodings(tf), **_images(tf), **_generators(tf)}


def _texts(tf: Any) -> Values:
    T = tf.keras.preprocessing.text
    found: Values = {"words": T.text_to_word_sequence(TEXTS[1]), "hashed": T.hashing_trick(TEXTS[2], 50, "md5")}
    for name, kwargs in {
        "plain": {}, "few": {"num_words": 3, "oov_token": "?"}, "letters": {"char_level": True, "lower": False},
        "rare": {"num_words": 4},
    }.items():  # fmt: skip
        t = T.Tokenizer(**kwargs)
        t.fit_on_texts(TEXTS)
        again = T.tokenizer_from_json(t.to_json())
        found[f"tokenizer {name}"] = [
            dict(t.word_index), dict(t.word_counts), dict(t.word_docs), t.document_count,
            t.texts_to_sequences([*TEXTS, "the bird"]), t.sequences_to_texts([[1, 2, 9, 3]]),
            *[t.texts_to_matrix(["cat the the", "sat"], m).tolist() for m in ("binary", "count", "freq", "tfidf")],
            again.texts_to_sequences(TEXTS), dict(again.index_docs) == dict(t.index_docs),
        ]  # fmt: skip
    return found


def _sequences(tf: Any) -> Values:
    S = tf.keras.preprocessing.sequence
    python_random.seed(1)
    pairs = S.skipgrams([1, 2, 3, 0, 4], 6, window_size=2, negative_samples=0.5, seed=3)
    table = S.make_sampling_table(6)
    windows = S.TimeseriesGenerator(
        np.arange(20).reshape(10, 2), np.arange(10), length=4, sampling_rate=2, stride=2, batch_size=2, reverse=True
    )
    return {
        "skipgrams": list(pairs), "skipgrams, classes": list(S.skipgrams([1, 2], 4, shuffle=False, categorical=True)),
        "sampling table": table.tolist(), "windows": [len(windows), *[plain(windows[k]) for k in range(len(windows))]],
    }  # fmt: skip


def _lookups(tf: Any) -> Values:
    L = tf.keras.layers
    found: Values = {}
    for name, kwargs in {
        "plain": {}, "short": {"max_tokens": 6, "output_sequence_length": 4}, "pairs": {"ngrams": 2},
        "multi_hot": {"output_mode": "multi_hot"}, "tf_idf": {"output_mode": "tf_idf", "ngrams": (1, 3)},
        "count": {"output_mode": "count", "max_tokens": 12, "pad_to_max_tokens": True},
        "lower": {"standardize": "lower"},
        "letters": {"split": "character", "standardize": None},
    }.items():  # fmt: skip
        layer = L.TextVectorization(**kwargs)
        layer.adapt(TEXTS)
        found[f"texts {name}"] = [layer.get_vocabulary(), plain(layer(["the cat ran", "a dog"]))]
    texts = np.array([["a"], ["z"], ["b"], ["a"]])
    for name, kwargs in {
        "plain": {"vocabulary": ["a", "b"]}, "masked": {"vocabulary": ["b", "a"], "mask_token": "z"},
        "buckets": {"vocabulary": ["a"], "num_oov_indices": 3},
        "one_hot": {"vocabulary": ["a"], "output_mode": "one_hot"},
    }.items():  # fmt: skip
        layer = L.StringLookup(**kwargs)
        found[f"words {name}"] = [layer.get_vocabulary(), layer.vocabulary_size(), plain(layer(texts))]
    back = L.StringLookup(vocabulary=["a", "b"], invert=True)
    found["words back"] = words(back(np.array([1, 2, 0, 7])).numpy().tolist())
    numbers = L.IntegerLookup(max_tokens=4)
    numbers.adapt(np.array([5, 7, 7, 5, 3, 9]))
    found["numbers"] = [[int(n) for n in numbers.get_vocabulary()], plain(numbers(np.array([[5, 3], [9, 7]])))]
    given = L.IntegerLookup(vocabulary=[10, 20], num_oov_indices=2, output_mode="multi_hot")
    found["numbers many"] = plain(given(np.array([[10, 11], [20, 10], [12, 13]])))
    return found


def _encodings(tf: Any) -> Values:
    L = tf.keras.layers
    found: Values = {
        f"categories {mode}": plain(L.CategoryEncoding(num_tokens=4, output_mode=mode)(np.array([[0, 1], [3, 3]])))
        for mode in ("multi_hot", "count")
    }
    found["categories one_hot"] = plain(L.CategoryEncoding(num_tokens=4, output_mode="one_hot")(np.array([3, 0, 2])))
    found["hashes"] = [
        plain(L.Hashing(num_bins=5)(np.array([["A"], ["longer text than that"], [""]]))),
        plain(L.Hashing(num_bins=5, salt=7)(np.array(["A", "B", "C"]))),
        plain(L.Hashing(num_bins=4, mask_value="")(np.array(["A", "", "C"]))),
        plain(L.Hashing(num_bins=9)(np.array([1, 20, -3]))),
        plain(L.Hashing(num_bins=3, output_mode="one_hot")(np.array([["A"], ["B"]]))),
    ]
    data = random(40, 20, seed=5, low=-4.0, high=9.0)
    learned = L.Discretization(num_bins=5, epsilon=0.1)
    learned.adapt(data)
    found["bins"] = [
        plain(L.Discretization([0.0, 1.0, 2.5])(np.array([[-1.0, 1.0, 0.5], [9.0, 2.5, 2.4]]))),
        [float(b) for b in learned.bin_boundaries], plain(learned(data[:1])),
        plain(L.Discretization([0.0], output_mode="count")(np.array([[-1.0, 1.0, 0.5]]))),
    ]  # fmt: skip
    return found


def _images(tf: Any) -> Values:
    L = tf.keras.layers
    batch = random(2, 5, 6, 2, seed=6)
    found: Values = {
        "resizing": plain(L.Resizing(3, 4)(batch)),
        "resizing cropped": plain(L.Resizing(3, 2, crop_to_aspect_ratio=True, interpolation="nearest")(batch)),
        "center crop": plain(L.CenterCrop(3, 2)(batch)), "center crop, larger": plain(L.CenterCrop(7, 2)(batch)),
        "random crop, not training": plain(L.RandomCrop(3, 4)(batch, training=False)),
    }  # fmt: skip
    for name, layer in {
        "flip": L.RandomFlip(), "rotation": L.RandomRotation(0.3), "zoom": L.RandomZoom(0.2),
        "contrast": L.RandomContrast(0.3), "brightness": L.RandomBrightness(0.1),
    }.items():  # fmt: skip
        found[f"random {name}"] = plain(layer(batch, training=False))
    # A draw from one number is no draw.
    found["translation"] = plain(L.RandomTranslation((0.2, 0.2), (-0.25, -0.25))(batch, training=True))
    found["rotation"] = plain(L.RandomRotation((0.1, 0.1), fill_mode="constant")(batch, training=True))
    found["zoom"] = plain(L.RandomZoom((0.5, 0.5), (-0.3, -0.3), fill_mode="wrap")(batch, training=True))
    return found


def _generators(tf: Any) -> Values:
    """The real one needs SciPy, also for images that are not turned."""
    P = tf.keras.preprocessing.image
    images, labels = random(5, 4, 6, 1, seed=7), np.arange(5)
    moves: dict[str, dict[str, Any]] = {
        "rotation": {"theta": 30}, "shift": {"tx": 1.5, "ty": -2}, "shear": {"shear": 20},
        "zoom": {"zx": 0.7, "zy": 1.3}, "all": {"theta": -50, "tx": 1, "ty": 0.3, "shear": 10, "zx": 1.2, "zy": 0.8},
    }  # fmt: skip
    found: Values = {
        f"affine {name}, {fill}": plain(P.apply_affine_transform(
            images[0], **kwargs, row_axis=0, col_axis=1, channel_axis=2, fill_mode=fill, cval=0.5
        ))
        for name, kwargs in moves.items() for fill in ("nearest", "constant", "reflect")
    }  # fmt: skip
    everything = P.ImageDataGenerator(
        rotation_range=40, width_shift_range=0.2, height_shift_range=[-1, 0, 1], shear_range=5.0, zoom_range=0.2,
        horizontal_flip=True, vertical_flip=True, rescale=0.5, channel_shift_range=0.1, validation_split=0.2,
    )  # fmt: skip
    flow = everything.flow(images, labels, batch_size=2, seed=3, subset="training", ignore_class_split=True)
    found["flow"] = [len(flow), *[plain(next(flow)) for _ in range(3)], plain(flow[0])]
    scaled = P.ImageDataGenerator(featurewise_center=True, featurewise_std_normalization=True)
    scaled.fit(images)
    found["flow scaled"] = plain(next(scaled.flow(images, batch_size=3, shuffle=False)))
    own = P.ImageDataGenerator(samplewise_center=True, samplewise_std_normalization=True, brightness_range=None)
    found["flow weighed"] = plain(next(own.flow(images, labels, sample_weight=labels * 2, batch_size=2, seed=1)))
    return found
