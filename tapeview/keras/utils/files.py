"""Files that scripts download, and where Keras keeps them."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tarfile
import tempfile
import zipfile
from typing import Any
from urllib.parse import urlsplit

_CHUNK = 1 << 20


def keras_home() -> str:
    """The folder of Keras's cache and settings: ``KERAS_HOME`` if it is set, else ``~/.keras``.

    Where the home folder can not be written to, it is a folder for temporary files.
    """
    given = os.environ.get("KERAS_HOME")
    if given:
        return os.path.expanduser(given)
    home = os.path.expanduser("~")
    return os.path.join(home if os.access(home, os.W_OK) else tempfile.gettempdir(), ".keras")


def get_file(
    fname: Any = None, origin: str | None = None, untar: bool = False, md5_hash: str | None = None,
    file_hash: str | None = None, cache_subdir: str = "datasets", hash_algorithm: str = "auto",
    extract: bool = False, archive_format: Any = "auto", cache_dir: Any = None,
) -> str:  # fmt: skip
    """The path of a file in Keras's cache, downloaded if it is not there or not the one that is meant.

    Args:
        fname: its name in the cache; without it the last part of the address.
        origin: the address.
        untar: the file is a ``.tar.gz``, and the path of the folder that was packed into it is wanted. A folder that
            is there is used as it is.
        file_hash: what its SHA-256 (or MD5) must be.
        cache_subdir: the folder in the cache.
        extract: unpack a ``.zip`` or ``.tar.*`` beside itself.
        cache_dir: another cache.

    Raises:
        ValueError: no address, or a download with another checksum.
        OSError: the file is not there and can not be downloaded; the text says where to put it.
    """
    if origin is None:
        raise ValueError('Please specify the "origin" argument (URL of the file to download).')
    name = os.fspath(fname) if fname else os.path.basename(urlsplit(origin).path)
    if not name:
        raise ValueError(
            f"Can't parse the file name from the origin provided: '{origin}'.Please specify the `fname` as the input "
            "param."
        )
    folder = os.path.join(keras_home() if cache_dir is None else os.path.expanduser(cache_dir), cache_subdir)
    if untar:
        name = name.removesuffix(".tar.gz")
        unpacked = os.path.join(folder, name)
        if os.path.isdir(unpacked):
            return unpacked
        name += ".tar.gz"
    path = os.path.join(folder, name)
    checksum = md5_hash if file_hash is None else file_hash
    if not _is_there(path, checksum, hash_algorithm):
        os.makedirs(folder, exist_ok=True)
        _download(origin, path, _known(checksum, hash_algorithm))
    if untar:
        extract_archive(path, folder, "tar")
        return unpacked
    if extract:
        extract_archive(path, folder, archive_format)
    return path


def _known(checksum: str | None, algorithm: str) -> str | None:
    if checksum is None:
        return None
    is_md5 = algorithm == "md5" or (algorithm == "auto" and len(checksum) != 64)
    return f"{'md5' if is_md5 else 'sha256'}:{checksum}"


def _is_there(path: str, checksum: str | None, algorithm: str) -> bool:
    if not os.path.exists(path):
        return False
    if checksum is None or validate_file(path, checksum, algorithm):
        return True
    print(
        f"A local file was found, but it seems to be incomplete or outdated because the {algorithm} file hash does not "
        f"match the original value of {checksum} so we will re-download the data."
    )
    return False


def validate_file(fpath: str, file_hash: str, algorithm: str = "auto", chunk_size: int = _CHUNK) -> bool:
    """Whether a file has a checksum."""
    kind, _, wanted = (_known(file_hash, algorithm) or "").partition(":")
    digest = hashlib.new(kind, usedforsecurity=False)
    with open(fpath, "rb") as file:
        while chunk := file.read(chunk_size):
            digest.update(chunk)
    return digest.hexdigest() == wanted


class _Bar:
    """Keras's progress bar, as pooch moves it."""

    def __init__(self) -> None:
        self.total = 0
        self._seen = 0
        self._bar: Any = None

    def update(self, size: int) -> None:
        """``size`` more bytes have come."""
        if self._bar is None:
            from tapeview.keras.models.progress import Progbar

            self._bar = Progbar(self.total or None)
        self._seen += size
        self._bar.update(min(self._seen, self.total) if self.total else self._seen)

    def reset(self) -> None:
        """pooch moves its bar to the end this way once more."""

    def close(self) -> None:
        """Nothing is held."""


def _download(origin: str, path: str, known: str | None) -> None:
    import pooch
    import requests

    print(f"Downloading data from {origin}", flush=True)
    pooch.get_logger().setLevel("ERROR")
    folder, name = os.path.split(path)
    earlier = None
    if os.path.exists(path):
        # What a script has must not be lost if nothing better can be had.
        earlier = path + ".before"
        os.replace(path, earlier)
    try:
        fetch = pooch.HTTPDownloader(progressbar=_Bar(), timeout=30)
        pooch.retrieve(origin, known, name, folder, downloader=fetch)
    except (requests.exceptions.RequestException, OSError) as error:
        if earlier is not None:
            os.replace(earlier, path)
        raise OSError(
            f"{name} could not be downloaded from {origin} ({_reason(error)}). Download it where there is a connection "
            f"and put it at {path}."
        ) from None
    except ValueError as error:
        if earlier is not None:
            os.replace(earlier, path)
        raise ValueError(
            f"Incomplete or corrupted file detected: what {origin} gave for {name} does not have the checksum {known}."
        ) from error
    finally:
        if earlier is not None and os.path.exists(earlier):
            os.remove(earlier)
    sys.stdout.flush()


def _reason(error: Exception) -> str:
    response = getattr(error, "response", None)
    if response is not None:
        return f"the server answered {response.status_code} {response.reason}"
    return "there is no connection" if "onnection" in type(error).__name__ else str(error) or type(error).__name__


def extract_archive(file_path: str, path: str = ".", archive_format: Any = "auto") -> bool:
    """Unpacks an archive into a folder; False if it is none. Only plain files are unpacked, and only into it.

    What is unpacked appears all at once, so that a run which is stopped leaves no half of it.
    """
    formats = ("tar", "zip") if archive_format == "auto" else (archive_format,)
    for kind in [archive_format] if isinstance(archive_format, str) and archive_format != "auto" else formats:
        if kind == "tar" and tarfile.is_tarfile(file_path):
            with tarfile.open(file_path) as archive, _Aside(path) as aside:
                _unpack(archive, aside, file_path)
            return True
        if kind == "zip" and zipfile.is_zipfile(file_path):
            with zipfile.ZipFile(file_path) as packed, _Aside(path) as aside:
                packed.extractall(aside)
            return True
    return False


def _unpack(archive: tarfile.TarFile, folder: str, file: str) -> None:
    """Files and folders of an archive; raises ValueError for a member of another kind or outside of the folder."""
    for member in archive.getmembers():
        place = os.path.realpath(os.path.join(folder, member.name))
        if not (member.isfile() or member.isdir()) or os.path.commonpath([place, os.path.realpath(folder)]) != (
            os.path.realpath(folder)
        ):
            raise ValueError(f"{member.name!r} in {file} is no plain file inside the archive; nothing was unpacked.")
        if member.isdir():
            os.makedirs(place, exist_ok=True)
            continue
        content = archive.extractfile(member)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        if content is not None:
            with content, open(place, "wb") as out:
                shutil.copyfileobj(content, out)


class _Aside:
    """A folder beside others, whose contents move to their place at the end if all went well."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._folder = ""

    def __enter__(self) -> str:
        self._folder = tempfile.mkdtemp(prefix=".unpacking-", dir=self._target)
        return self._folder

    def __exit__(self, kind: Any, *_: object) -> None:
        try:
            if kind is None:
                for name in os.listdir(self._folder):
                    place = os.path.join(self._target, name)
                    if not os.path.exists(place):
                        os.replace(os.path.join(self._folder, name), place)
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)
