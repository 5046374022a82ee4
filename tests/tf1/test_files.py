"""``tf.gfile``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tapeview.engine.errors import AlreadyExistsError, NotFoundError, OpError
from tapeview.tf1 import files


def test_files_are_written_and_read(tmp_path: Path) -> None:
    path = tmp_path / "글.txt"
    with files.GFile(str(path), "w") as file:
        file.write("안녕\n")
        file.write("you\n")
    with files.GFile(str(path)) as file:
        assert (file.readline(), file.tell() > 0, file.readlines()) == ("안녕\n", True, ["you\n"])
        file.seek(0)
        assert list(file) == ["안녕\n", "you\n"]
        assert (file.size(), file.name, file.mode) == (path.stat().st_size, str(path), "r")
    assert files.GFile(str(path), "rb").read() == path.read_bytes()
    files.GFile(str(tmp_path / "empty"), "w").close()
    assert (tmp_path / "empty").exists()


def test_folders(tmp_path: Path) -> None:
    deep = str(tmp_path / "a" / "b")
    files.makedirs(deep)
    files.makedirs(deep)
    files.mkdir(deep)
    (tmp_path / "a" / "x").write_text("1234")
    assert (files.exists(deep), files.isdir(deep), sorted(files.listdir(tmp_path / "a"))) == (True, True, ["b", "x"])
    assert files.glob_names(str(tmp_path / "a" / "*")) == [deep, str(tmp_path / "a" / "x")]
    assert list(files.walk_in_order(str(tmp_path)))[1] == (str(tmp_path / "a"), ["b"], ["x"])
    assert (files.stat(tmp_path / "a" / "x").length, files.stat(deep).is_directory) == (4, True)
    files.copy(tmp_path / "a" / "x", tmp_path / "y")
    files.rename(tmp_path / "y", tmp_path / "z")
    files.rename(tmp_path / "z", tmp_path / "a" / "x", overwrite=True)
    files.remove(tmp_path / "a" / "x")
    files.rmtree(tmp_path / "a")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("call", "kind", "text"),
    [
        (lambda folder: files.GFile(f"{folder}/no").read(), NotFoundError, "{}/no; No such file or directory"),
        (lambda folder: files.remove(f"{folder}/no"), NotFoundError, "{}/no; No such file or directory"),
        (lambda folder: files.stat(f"{folder}/no"), NotFoundError, "{}/no; No such file or directory"),
        (lambda folder: files.mkdir(f"{folder}/no/no"), NotFoundError, "{}/no/no; No such file or directory"),
        (lambda folder: files.listdir(f"{folder}/no"), NotFoundError, "Could not find directory {}/no"),
        (lambda folder: files.rmtree(f"{folder}/no"), NotFoundError, "{}/no not found"),
        (lambda folder: files.copy(f"{folder}/there", f"{folder}/there"), AlreadyExistsError, "file already exists"),
    ],
)
def test_errors_are_tensorflows(call: Callable[[Path], object], kind: type[OpError], text: str, tmp_path: Path) -> None:
    (tmp_path / "there").write_text("")
    with pytest.raises(kind) as raised:
        call(tmp_path)
    assert raised.value.message == text.format(tmp_path)
