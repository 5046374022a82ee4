"""Data sets: what is in Keras's cache is used, what is not is downloaded and checked, pickles are read safely."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import pickle
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tapeview.keras.datasets import cifar10, cifar100, fashion_mnist, imdb, mnist, reuters, tutorial
from tapeview.keras.utils import files
from tests.engine.names import tf


class Server(ThreadingHTTPServer):
    """Serves the files it is given and counts what was asked for."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        name = self.path.lstrip("/")
        self.server.asked.append(name)
        content = self.server.files.get(name)
        self.send_response(404 if content is None else 200)
        self.send_header("Content-Length", str(len(content or b"")))
        self.end_headers()
        self.wfile.write(content or b"")

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Keras cache of the test's own."""
    folder = tmp_path / "keras home"
    monkeypatch.setenv("KERAS_HOME", str(folder))
    return folder / "datasets"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


def npz(**arrays: Any) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def images(count: int, seed: int, *shape: int) -> Any:
    return np.random.RandomState(seed).randint(0, 256, (count, *shape)).astype(np.uint8)


def packed(folder: str, members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(f"{folder}/{name}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return file.getvalue()


def batch(count: int, seed: int, **labels: int) -> bytes:
    """A CIFAR batch as Python 2 wrote it: bytes for keys."""
    rng = np.random.RandomState(seed)
    content: dict[bytes, Any] = {b"data": images(count, seed, 3072), b"batch_label": b"x"}
    content |= {
        f"{key}_labels".lstrip("_").encode(): rng.randint(0, top, count).tolist() for key, top in labels.items()
    }
    return pickle.dumps(content, protocol=2)


# -- downloads ---------------------------------------------------------------------------------------------------------


def serve_mnist(server: Server, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    arrays = {"x_train": images(6, 1, 28, 28), "y_train": np.arange(6, dtype=np.uint8)}
    arrays |= {"x_test": images(2, 2, 28, 28), "y_test": np.arange(2, dtype=np.uint8)}
    server.files["mnist.npz"] = npz(**arrays)
    monkeypatch.setattr(mnist, "ORIGIN", server.url + "mnist.npz")
    monkeypatch.setattr(mnist, "SHA256", sha256(server.files["mnist.npz"]))
    return arrays


def test_mnist_is_downloaded_once(
    server: Server, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arrays = serve_mnist(server, monkeypatch)

    (x_train, y_train), (x_test, y_test) = tf.keras.datasets.mnist.load_data()
    tf.keras.datasets.mnist.load_data()

    assert (x_train == arrays["x_train"]).all()
    assert (y_train == arrays["y_train"]).all()
    assert (x_test == arrays["x_test"]).all()
    assert (y_test == arrays["y_test"]).all()
    assert server.asked == ["mnist.npz"]
    assert (home / "mnist.npz").read_bytes() == server.files["mnist.npz"]
    size = len(server.files["mnist.npz"])
    shown = capsys.readouterr().out
    assert f"Downloading data from {server.url}mnist.npz" in shown
    assert f"{size}/{size} [====" in shown


def test_a_file_with_another_checksum_is_downloaded_anew(
    server: Server, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    serve_mnist(server, monkeypatch)
    home.mkdir(parents=True)
    (home / "mnist.npz").write_bytes(b"half of it")

    tf.keras.datasets.mnist.load_data()

    assert (home / "mnist.npz").read_bytes() == server.files["mnist.npz"]
    assert "incomplete or outdated" in capsys.readouterr().out


def test_a_download_with_another_checksum_is_refused(
    server: Server, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve_mnist(server, monkeypatch)
    server.files["mnist.npz"] = b"something else"

    with pytest.raises(ValueError, match=r"^Incomplete or corrupted file detected: what http://\S+ gave for mnist.npz"):
        tf.keras.datasets.mnist.load_data()

    assert not (home / "mnist.npz").exists()


def test_without_a_connection_the_sentence_names_the_file_and_its_place(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as closed:
        url = f"http://127.0.0.1:{closed.server_address[1]}/mnist.npz"
    monkeypatch.setattr(mnist, "ORIGIN", url)

    with pytest.raises(OSError, match="could not be downloaded") as raised:
        tf.keras.datasets.mnist.load_data()

    assert str(raised.value) == (
        f"mnist.npz could not be downloaded from {url} (there is no connection). Download it where there is a "
        f"connection and put it at {home / 'mnist.npz'}."
    )


def test_what_was_there_stays_if_nothing_better_can_be_had(
    server: Server, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve_mnist(server, monkeypatch)
    server.files.clear()
    home.mkdir(parents=True)
    (home / "mnist.npz").write_bytes(b"of the user's own")

    with pytest.raises(OSError, match="the server answered 404"):
        tf.keras.datasets.mnist.load_data()

    assert (home / "mnist.npz").read_bytes() == b"of the user's own"
    assert [path.name for path in home.iterdir()] == ["mnist.npz"]


def test_fashion_mnist_is_four_files(server: Server, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = {"train": images(5, 3, 28, 28), "t10k": images(3, 4, 28, 28)}
    labels = {"train": np.arange(5, dtype=np.uint8), "t10k": np.arange(3, dtype=np.uint8)}
    for side in pixels:
        serve_idx(server, side, pixels[side], labels[side])
    monkeypatch.setattr(fashion_mnist, "ORIGIN", server.url)
    monkeypatch.setattr(fashion_mnist, "MD5", {name: md5(server.files[name]) for name in fashion_mnist.MD5})

    (x_train, y_train), (x_test, y_test) = tf.keras.datasets.fashion_mnist.load_data()

    assert (x_train == pixels["train"]).all()
    assert (y_test == labels["t10k"]).all()
    assert (x_test.shape, y_train.shape) == ((3, 28, 28), (5,))
    assert sorted(p.name for p in (home / "fashion-mnist").iterdir()) == sorted(fashion_mnist.MD5)


def serve_idx(server: Server, side: str, pixels: Any, labels: Any) -> None:
    head = np.array([2051, *pixels.shape], ">i4").tobytes()
    server.files[f"{side}-images-idx3-ubyte.gz"] = gzip.compress(head + pixels.tobytes())
    head = np.array([2049, len(labels)], ">i4").tobytes()
    server.files[f"{side}-labels-idx1-ubyte.gz"] = gzip.compress(head + labels.tobytes())


# -- CIFAR -------------------------------------------------------------------------------------------------------------


def test_cifar10_is_unpacked_and_read(server: Server, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    members = {f"data_batch_{k}": batch(2, k, _=10) for k in range(1, 6)} | {"test_batch": batch(3, 9, _=10)}
    content = packed("cifar-10-batches-py", {k: v.replace(b"__labels", b"labels") for k, v in members.items()})
    server.files["cifar-10-python.tar.gz"] = content
    monkeypatch.setattr(cifar10, "ORIGIN", server.url + "cifar-10-python.tar.gz")
    monkeypatch.setattr(cifar10, "SHA256", sha256(content))

    (x_train, y_train), (x_test, y_test) = tf.keras.datasets.cifar10.load_data()

    assert (x_train.shape, y_train.shape, x_test.shape, y_test.shape) == (
        (10, 32, 32, 3),
        (10, 1),
        (3, 32, 32, 3),
        (3, 1),
    )
    assert {a.dtype for a in (x_train, y_train, x_test, y_test)} == {np.dtype(np.uint8)}
    assert (x_train[2] == images(2, 2, 3072)[0].reshape(3, 32, 32).transpose(1, 2, 0)).all()
    assert sorted(p.name for p in home.iterdir()) == ["cifar-10-batches-py", "cifar-10-batches-py.tar.gz"]


def test_a_folder_in_the_cache_needs_no_archive(home: Path) -> None:
    folder = home / "cifar-100-python"
    folder.mkdir(parents=True)
    (folder / "train").write_bytes(batch(4, 1, fine=100, coarse=20))
    (folder / "test").write_bytes(batch(2, 2, fine=100, coarse=20))

    (x_train, y_train), (x_test, _) = tf.keras.datasets.cifar100.load_data()
    coarse = tf.keras.datasets.cifar100.load_data("coarse")

    assert (x_train.shape, y_train.shape, x_test.shape) == ((4, 32, 32, 3), (4, 1), (2, 32, 32, 3))
    assert coarse[0][1].max() < 20
    with pytest.raises(ValueError, match=r"^`label_mode` must be one of"):
        tf.keras.datasets.cifar100.load_data("both")


def test_a_batch_that_is_missing_is_named(home: Path) -> None:
    (home / "cifar-100-python").mkdir(parents=True)

    with pytest.raises(OSError, match=r"^train is missing in "):
        cifar100.load_data()


def test_an_archive_puts_nothing_outside_of_the_cache(
    server: Server, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = packed("..", {"../evil": b"x"})
    server.files["cifar-100-python.tar.gz"] = content
    monkeypatch.setattr(cifar100, "ORIGIN", server.url + "cifar-100-python.tar.gz")
    monkeypatch.setattr(cifar100, "SHA256", sha256(content))

    with pytest.raises(ValueError, match="is no plain file inside the archive; nothing was unpacked"):
        cifar100.load_data()

    assert [p.name for p in home.iterdir()] == ["cifar-100-python.tar.gz"]


# -- texts -------------------------------------------------------------------------------------------------------------


def texts(*rows: list[int]) -> Any:
    array = np.empty(len(rows), object)
    array[:] = rows
    return array


def test_imdb_reads_lists_without_pickle(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    content = npz(
        x_train=texts([1, 2, 3], [4, 5]), y_train=np.array([0, 1]), x_test=texts([9, 2], [1]), y_test=np.array([1, 0])
    )
    server.files |= {"imdb.npz": content, "index.json": json.dumps({"the": 1}).encode()}
    monkeypatch.setattr(imdb, "ORIGIN", server.url + "imdb.npz")
    monkeypatch.setattr(imdb, "SHA256", sha256(content))
    monkeypatch.setattr(imdb, "INDEX_ORIGIN", server.url + "index.json")
    monkeypatch.setattr(imdb, "INDEX_MD5", md5(server.files["index.json"]))

    (x_train, y_train), (x_test, _) = tf.keras.datasets.imdb.load_data(num_words=8)

    assert {tuple(text): int(label) for text, label in zip(x_train, y_train, strict=True)} == {
        (1, 4, 5, 6): 0, (1, 7, 2): 1,
    }  # fmt: skip
    assert sorted(map(tuple, x_test)) == [(1, 2, 5), (1, 4)]
    assert tf.keras.datasets.imdb.get_word_index() == {"the": 1}
    with pytest.raises(ValueError, match=r"^After filtering for sequences shorter than maxlen=2"):
        imdb.load_data(maxlen=2)


def test_reuters_is_split(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    content = npz(x=texts([1], [2], [3], [4], [5]), y=np.arange(5))
    server.files["reuters.npz"] = content
    monkeypatch.setattr(reuters, "ORIGIN", server.url + "reuters.npz")
    monkeypatch.setattr(reuters, "SHA256", sha256(content))

    (x_train, y_train), (x_test, y_test) = tf.keras.datasets.reuters.load_data()

    assert [len(a) for a in (x_train, y_train, x_test, y_test)] == [4, 4, 1, 1]
    assert x_train[0] == [1, y_train[0] + 4]
    assert len(reuters.get_label_names()) == 46


# -- the tutorials' MNIST ----------------------------------------------------------------------------------------------


def test_the_tutorials_read_their_folder(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = {"train": images(8, 5, 28, 28), "t10k": images(3, 6, 28, 28)}
    for side, values in pixels.items():
        serve_idx(server, side, values, np.arange(len(values), dtype=np.uint8))
    monkeypatch.setattr(tutorial, "MD5", {name: md5(server.files[name]) for name in tutorial.MD5})
    folder = tmp_path / "MNIST_data"

    for _ in range(2):
        data = tutorial.read_data_sets(folder, one_hot=True, validation_size=2, source_url=server.url, seed=0)

    assert len(server.asked) == 4
    assert (data.train.num_examples, data.validation.num_examples, data.test.num_examples) == (6, 2, 3)
    assert data.train.images.shape == (6, 784)
    assert data.train.images.max() <= 1
    assert data.train.labels.shape == (6, 10)
    seen = [data.train.next_batch(4)[1].argmax(1).tolist() for _ in range(3)]
    assert sorted(seen[0] + seen[1][:2]) == [2, 3, 4, 5, 6, 7]
    assert data.train.epochs_completed == 1
    assert sorted(seen[1][2:] + seen[2]) == [2, 3, 4, 5, 6, 7]


def test_the_tutorials_take_mnist_from_the_cache(home: Path, tmp_path: Path) -> None:
    home.mkdir(parents=True)
    content = npz(x_train=images(4, 1, 28, 28), y_train=np.arange(4), x_test=images(2, 2, 28, 28), y_test=np.arange(2))
    (home / "mnist.npz").write_bytes(content)

    data = tutorial.read_data_sets(tmp_path / "none", validation_size=1, reshape=False)

    assert data.train.images.shape == (3, 28, 28, 1)
    assert data.test.labels.tolist() == [0, 1]


# -- get_file ----------------------------------------------------------------------------------------------------------


def test_get_file_takes_its_name_from_the_address(server: Server, home: Path) -> None:
    server.files["some/words.txt"] = b"words"

    assert tf.keras.utils.get_file(origin=server.url + "some/words.txt") == str(home / "words.txt")
    with pytest.raises(ValueError, match=r"^Can't parse the file name"):
        files.get_file(origin=server.url)
    with pytest.raises(ValueError, match=r'^Please specify the "origin" argument'):
        files.get_file("x")


def test_the_cache_is_in_the_home_folder_unless_keras_home_says_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    assert files.keras_home() == str(home.parent)
    monkeypatch.delenv("KERAS_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))

    assert files.keras_home() == str(tmp_path / ".keras")
