"""Damaged files of every kind: each gives a data set or one line, never a traceback, a wait or a program that ran."""

import gzip
import io
import os
import subprocess
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_formats import cifar_meta, libsvm, no_network, openml_answers, write_cifar, write_idx
from howwide.data import Dataset, load
from howwide.errors import DataError, SettingError, ShapeError

SECONDS = 10.0
RNG = np.random.default_rng(1)
X = RNG.integers(0, 5, (12, 6)).astype(np.uint8) + np.eye(12, 6, dtype=np.uint8)
Y = np.arange(12) % 2
PIXELS = RNG.integers(0, 256, (12, 3072)).astype(np.uint8)

# What damage likes to hit: numbers at the ends of their ranges, delimiters, opcodes, words that parsers treat apart.
TOKENS = [
    *(b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\x00\x00\x00\x00", b"\xff" * 8, b"\x00", b"\n", b"\r", b'"', b"'"),
    *(b",", b":", b" ", b"#", b"%", b"?", b"{", b"}", b"(", b")", b"-1", b"9" * 30, b"1e999", b"nan", b"inf", b"0x1"),
    *(
        b"cposix\nsystem\nU\x04true\x85R",
        b"cos\nsystem\n",
        b"cnumpy\nndarray\nJ\xff\xff\xff\x7f\x85R",
        b"R",
        b"b",
        b".",
    ),
    *(
        b"\x85" * 50,
        b"]" * 50,
        b"r\xff\xff\xff\x7f",
        b"T\xff\xff\xff\x7f",
        b"null",
        b"[]",
        b"true",
        b'"x"',
        b"\xc3\xa9",
    ),
    *(b"|O", b"<f8", b"(9999999999,)", b"PAR1", b"\x1f\x8b", b"PK\x03\x04", b"qid:1", b"label", b"@data"),
]


@dataclass(frozen=True)
class Format:
    """A valid set of files, the SPEC that reads it, and how to reach inside compression."""

    files: dict[str, bytes]
    spec: str
    unpack: Callable[[str, bytes], bytes] = lambda _, content: content
    pack: Callable[[str, bytes], bytes] = lambda _, content: content


def folder_files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def unzip(_: str, content: bytes) -> bytes:
    return zipfile.ZipFile(io.BytesIO(content)).read("x_train.npy")


def zip_again(_: str, member: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x_train.npy", member)
        labels = io.BytesIO()
        np.save(labels, Y)
        archive.writestr("y_train.npy", labels.getvalue())
    return out.getvalue()


def arff() -> bytes:
    head = "@relation r\n@attribute a numeric\n@attribute b {u,v}\n@attribute class {no,yes}\n@data\n"
    return (head + "".join(f"{i}.5,{'uv'[i % 3 == 0]},{['no', 'yes'][i % 2]}\n" for i in range(12))).encode()


def formats(folder: Path) -> dict[str, Format]:
    found: dict[str, Format] = {}
    plain = io.BytesIO()
    np.savez(plain, x_train=X, y_train=Y, x_test=X[:4], y_test=Y[:4])
    found["npz"] = Format({"a.npz": plain.getvalue()}, "a.npz")
    found["npz, inside"] = Format({"a.npz": zip_again("", unzip("", plain.getvalue()))}, "a.npz", unzip, zip_again)
    lines = ["a,b,c,d,e,f,label", *(",".join(map(str, row)) + f",{'uv'[y]}" for row, y in zip(X, Y, strict=True))]
    found["csv"] = Format({"a.csv": "\n".join(lines).encode()}, "a.csv")
    text = {"a9a": libsvm(X, Y * 2.0 - 1).encode(), "a9a.t": libsvm(X[:4], Y[:4] * 2.0 - 1).encode()}
    found["libsvm"] = Format(text, "a9a")
    found["svm"] = Format({"a.svm": text["a9a"]}, "a.svm:-1/1")
    cifar = write_cifar(folder / "cifar", PIXELS[:10], np.arange(10) % 2, PIXELS[10:], np.arange(2))
    (cifar / "batches.meta").write_bytes(cifar_meta())
    found["cifar"] = Format(folder_files(cifar), ".:airplane/automobile")
    images = X.reshape(12, 2, 3)
    parts = {"train": (images[:8], Y[:8]), "t10k": (images[8:], Y[8:])}
    found["idx"] = Format(folder_files(write_idx(folder / "idx", parts)), ".")
    zipped = folder_files(write_idx(folder / "idx.gz", parts, end=".gz"))
    found["idx.gz"] = Format(zipped, ".")
    found["idx.gz, inside"] = Format(
        zipped, ".", lambda _, content: gzip.decompress(content), lambda _, content: gzip.compress(content, 1)
    )
    features = [
        {"name": "a", "data_type": "numeric"},
        {"name": "b", "data_type": "nominal"},
        {"name": "class", "data_type": "nominal", "is_target": "true"},
    ]
    answers = openml_answers(5, "toy", arff(), features)
    kept = {f"openml/openml/openml.org/{path}.gz": gzip.compress(answer) for path, answer in answers.items()}
    found["openml, inside"] = Format(
        kept, "openml:toy", lambda _, content: gzip.decompress(content), lambda _, content: gzip.compress(content, 1)
    )
    found["openml"] = Format(kept, "openml:toy")
    try:
        import pandas as pd
        import pyarrow  # noqa: F401
    except ImportError:
        return found
    table = pd.DataFrame(X, columns=list("abcdef")).assign(label=[["u", "v"][y] for y in Y])
    table.to_parquet(folder / "a.parquet")
    found["parquet"] = Format({"a.parquet": (folder / "a.parquet").read_bytes()}, "a.parquet")
    table.to_parquet(folder / "b.parquet", compression=None, use_dictionary=False)
    found["parquet, plain"] = Format({"a.parquet": (folder / "b.parquet").read_bytes()}, "a.parquet")
    return found


Change = tuple[str, float, bytes]
changes = st.lists(
    st.tuples(
        st.sampled_from(["cut", "flip", "overwrite", "insert", "delete", "repeat", "drop the start", "random", "swap"]),
        st.floats(0, 1) | st.floats(0, 0.02),  # headers are at the start ...
        st.sampled_from(TOKENS) | st.binary(min_size=1, max_size=12),
    ),
    min_size=1,
    max_size=3,
)


def damaged(content: bytes, change: Change) -> bytes:
    kind, place, token = change
    at = min(int(place * len(content)), max(0, len(content) - 1))
    match kind:
        case "cut":
            return content[:at]
        case "flip" if content:
            return content[:at] + bytes([content[at] ^ (1 << token[0] % 8)]) + content[at + 1 :]
        case "overwrite":
            return content[:at] + token + content[at + len(token) :]
        case "insert":
            return content[:at] + token + content[at:]
        case "delete":
            return content[:at] + content[at + len(token) :]
        case "repeat":
            return content[:at] + content[max(0, at - 40) : at] * 3 + content[at:]
        case "drop the start":
            return content[at:]
        case "random":
            return np.random.default_rng(list(token)).bytes(at % 300)
        case _:
            return content[:at] + content[at : at + len(token)][::-1] + content[at + len(token) :]


class Ran(BaseException):
    """A file made its reader start something."""


@pytest.fixture
def guarded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder; nothing may be started, and there is no network."""

    def ran(*arguments: Any, **_: Any) -> Any:
        raise Ran(arguments)

    # Imported before: scikit-learn and pandas may start programs of their own while they are.
    (tmp_path / "warm.svm").write_bytes(libsvm(X, Y).encode())
    load(tmp_path / "warm.svm")
    monkeypatch.setattr("sklearn.datasets._openml.urlopen", no_network)
    monkeypatch.setattr("howwide.data.openml.cache_folder", lambda: tmp_path / "work" / "openml")
    for name in ("system", "popen", "execv", "posix_spawn", "fork"):
        if hasattr(os, name):
            monkeypatch.setattr(os, name, ran)
    monkeypatch.setattr(subprocess, "Popen", ran)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path


def write(files: dict[str, bytes]) -> None:
    for name, content in files.items():
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def outcome(spec: str) -> str:
    """What `load` makes of it: the name of the class of its result or refusal."""
    start = time.process_time()
    try:
        found: object = load(spec)
    except (DataError, ShapeError, SettingError) as error:
        found = error
    if isinstance(found, Exception):
        assert "\n" not in str(found)
        assert len(str(found)) < 2000
    else:
        assert isinstance(found, Dataset)  # which checks rows and labels when it is made
    assert time.process_time() - start < SECONDS
    return type(found).__name__


NAMES = [
    *("npz", "npz, inside", "csv", "libsvm", "svm", "cifar", "idx", "idx.gz", "idx.gz, inside"),
    *("openml", "openml, inside", "parquet", "parquet, plain"),
]


def fuzz(name: str, guarded: Path, cases: int) -> dict[str, int]:
    (guarded / "whole").mkdir()
    available = formats(guarded / "whole")
    if name not in available:
        pytest.skip("needs pyarrow")
    form = available[name]
    write(form.files)
    assert outcome(form.spec) == "Dataset"
    counts: dict[str, int] = {}

    @settings(
        max_examples=cases,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.sampled_from(sorted(form.files)), changes)
    def check(file: str, several: list[Change]) -> None:
        content = form.unpack(file, form.files[file])
        for change in several:
            content = damaged(content, change)
        write(form.files | {file: form.pack(file, content)})
        found = outcome(form.spec)
        counts[found] = counts.get(found, 0) + 1

    check()
    return counts


@pytest.mark.parametrize("name", NAMES)
def test_damaged_files(name: str, guarded: Path) -> None:
    assert fuzz(name, guarded, 25)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_many_damaged_files(name: str, guarded: Path) -> None:
    start = time.perf_counter()
    counts = fuzz(name, guarded, 800)
    print(f"{name}: {sum(counts.values())} cases in {time.perf_counter() - start:.1f} s, {counts}")
    assert sum(counts.values()) >= 770  # hypothesis may try a case twice, or run out of new ones
    assert counts["DataError"]
