"""Writers of the original formats, byte by byte, independent of the readers under test."""

import gzip
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np

CIFAR_NAMES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
CIFAR_FILES = [*(f"data_batch_{index}" for index in range(1, 6)), "test_batch"]


class Python2Pickle:
    """Protocol 2 as cPickle of Python 2 wrote it: text as (SHORT_)BINSTRING, everything remembered."""

    def __init__(self) -> None:
        self.out = bytearray(b"\x80\x02")
        self.remembered = 0

    def put(self) -> None:
        place, self.remembered = self.remembered, self.remembered + 1
        self.out += b"q" + bytes([place]) if place < 256 else b"r" + struct.pack("<I", place)

    def text(self, value: bytes) -> None:
        short = len(value) < 256
        self.out += b"U" + bytes([len(value)]) if short else b"T" + struct.pack("<i", len(value))
        self.out += value
        self.put()

    def number(self, value: int) -> None:
        if 0 <= value < 256:
            self.out += b"K" + bytes([value])
        elif 0 <= value < 65536:
            self.out += b"M" + struct.pack("<H", value)
        else:
            self.out += b"J" + struct.pack("<i", value)

    def name(self, module: bytes, attribute: bytes) -> None:
        self.out += b"c" + module + b"\n" + attribute + b"\n"
        self.put()

    def array(self, value: np.ndarray) -> None:
        self.name(b"numpy.core.multiarray", b"_reconstruct")
        self.name(b"numpy", b"ndarray")
        self.out += b"K\x00\x85"
        self.put()
        self.text(b"b")
        self.out += b"\x87"
        self.put()
        self.out += b"R"
        self.put()
        self.out += b"(K\x01"
        for side in value.shape:
            self.number(side)
        self.out += b"\x86"
        self.put()
        self.name(b"numpy", b"dtype")
        self.text(b"u1")
        self.out += b"K\x00K\x01\x87"
        self.put()
        self.out += b"R"
        self.put()
        self.out += b"(K\x03"
        self.text(b"|")
        self.out += b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00t"
        self.put()
        self.out += b"b\x89"
        self.text(value.tobytes())
        self.out += b"t"
        self.put()
        self.out += b"b"

    def value(self, value: Any) -> None:
        if isinstance(value, bytes):
            self.text(value)
        elif isinstance(value, int):
            self.number(value)
        elif isinstance(value, np.ndarray):
            self.array(value)
        elif isinstance(value, list):
            self.out += b"]"
            self.put()
            for start in range(0, len(value), 1000):
                self.out += b"("
                for item in value[start : start + 1000]:
                    self.value(item)
                self.out += b"e"
        else:
            self.out += b"}"
            self.put()
            self.out += b"("
            for key, item in value.items():
                self.value(key)
                self.value(item)
            self.out += b"u"


def python2_pickle(value: Any) -> bytes:
    pickler = Python2Pickle()
    pickler.value(value)
    return bytes(pickler.out) + b"."


def cifar_batch(x: np.ndarray, labels: np.ndarray, title: bytes = b"training batch 1 of 5") -> bytes:
    names = [b"image_s_%06d.png" % index for index in range(len(x))]
    return python2_pickle(
        {b"batch_label": title, b"labels": [int(label) for label in labels], b"data": x, b"filenames": names}
    )


def cifar_meta() -> bytes:
    names = [name.encode() for name in CIFAR_NAMES]
    return python2_pickle({b"num_cases_per_batch": 10000, b"label_names": names, b"num_vis": 3072})


def write_cifar(folder: Path, x: np.ndarray, labels: np.ndarray, x_test: np.ndarray, labels_test: np.ndarray) -> Path:
    folder.mkdir(parents=True)
    parts = [*zip(np.array_split(x, 5), np.array_split(labels, 5), strict=True), (x_test, labels_test)]
    for name, (images, classes) in zip(CIFAR_FILES, parts, strict=True):
        (folder / name).write_bytes(cifar_batch(images, classes))
    (folder / "batches.meta").write_bytes(cifar_meta())
    (folder / "readme.html").write_text("<meta http-equiv='refresh'>")
    return folder


def idx(array: np.ndarray) -> bytes:
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.astype(np.uint8).tobytes()


def write_idx(folder: Path, parts: dict[str, tuple[np.ndarray, np.ndarray]], joint: str = "-", end: str = "") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for part, (images, labels) in parts.items():
        for kind, array in (("images", images), ("labels", labels)):
            content = idx(array)
            (folder / f"{part}-{kind}{joint}idx{array.ndim}-ubyte{end}").write_bytes(
                gzip.compress(content, 1) if end else content
            )
    return folder


def libsvm(x: np.ndarray, labels: np.ndarray, base: int = 1) -> str:
    """Entries that are not 0, in order; labels as the collection writes them."""
    lines = []
    for row, label in zip(x, labels, strict=True):
        entries = " ".join(f"{j + base}:{row[j]:.17g}" for j in np.flatnonzero(row))
        lines.append(f"{label:+.17g} {entries}".rstrip() + " \n")
    return "".join(lines)


def openml_answers(
    number: int, name: str, arff: bytes, features: list[dict[str, str]], **more: Any
) -> dict[str, bytes]:
    """What openml.org answers, by the path of the address; ``features`` as in its JSON, without index."""
    import hashlib

    common = {"is_target": "false", "is_ignore": "false", "is_row_identifier": "false", "number_of_missing_values": "0"}
    listed = [common | {"index": str(index)} | feature for index, feature in enumerate(features)]
    url = f"https://www.openml.org/data/v1/download/{number}/{name}.arff"
    dataset = {"did": number, "name": name, "version": 1, "status": "active", "format": "ARFF", "file_id": number}
    description = {
        **{
            "id": str(number),
            "name": name,
            "version": "1",
            "description": "...",
            "format": "ARFF",
            "licence": "Public",
        },
        **{"file_id": str(number), "url": url, "status": "active", "md5_checksum": hashlib.md5(arff).hexdigest()},
        **{"default_target_attribute": "class", "visibility": "public"},
    }
    rows = str(arff.decode().split("@data\n")[1].count("\n"))
    api, documents = "api/v1/json/data", {}
    documents[f"{api}/list/data_name/{name}/limit/2/status/active/"] = {"data": {"dataset": [dataset]}}
    documents[f"{api}/{number}"] = {"data_set_description": description | more}
    documents[f"{api}/features/{number}"] = {"data_features": {"feature": listed}}
    documents[f"{api}/qualities/{number}"] = {
        "data_qualities": {"quality": [{"name": "NumberOfInstances", "value": rows}]}
    }
    answers = {path: json.dumps(document).encode() for path, document in documents.items()}
    return answers | {f"data/v1/download/{number}/{name}.arff": arff}


class FakeOpenML:
    """Stands in for ``urlopen``: answers from a table, 412 for names it does not know, and counts."""

    def __init__(self, answers: dict[str, bytes]) -> None:
        self.answers = answers
        self.asked: list[str] = []

    def __call__(self, request: Any, *_: Any, **__: Any) -> Any:
        import io
        import urllib.error
        import urllib.response
        from email.message import Message

        path = request.full_url.split("openml.org/", 1)[1]
        self.asked.append(path)
        if path not in self.answers:
            raise urllib.error.HTTPError(request.full_url, 412, "Precondition Failed", Message(), io.BytesIO(b"{}"))
        return urllib.response.addinfourl(io.BytesIO(self.answers[path]), Message(), request.full_url, 200)


def no_network(request: Any, *_: Any, **__: Any) -> Any:
    import urllib.error

    raise urllib.error.URLError("no network in this test")
