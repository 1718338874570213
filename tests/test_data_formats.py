"""Every kind of file and folder in its original form: what is read, and what is said about what cannot be read."""

import contextlib
import gzip
import os
import pickle
import socket
import struct
import sys
import time
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from data_formats import (
    CIFAR_FILES,
    CIFAR_NAMES,
    FakeOpenML,
    cifar_batch,
    cifar_meta,
    idx,
    libsvm,
    no_network,
    openml_answers,
    python2_pickle,
    write_cifar,
    write_idx,
)
from howwide.data import from_arrays, load, memory_limit
from howwide.data.pickles import read_pickle
from howwide.errors import DataError

RNG = np.random.default_rng(0)


def refused(spec: object, message: str) -> str:
    with pytest.raises(DataError, match=message) as caught:
        load(str(spec))
    assert "\n" not in str(caught.value)
    return str(caught.value)


# --------------------------------------------------------------------------------------------------------------- LIBSVM

X = np.where(RNG.random((30, 12)) < 0.4, RNG.standard_normal((30, 12)), 0.0)
X[:, 11], X[:, 0] = 1.0, -2.0  # the last feature, so that the width is known, and no rows of zeros
Y = np.arange(30) % 2 * 2.0 - 1


@pytest.mark.parametrize(
    "name", ["a.libsvm", "a.svm", "a.SVMLIGHT", "a9a", "a9a.t", "ijcnn1.tr", "covtype.binary.scale"]
)
@pytest.mark.parametrize("base", [0, 1])
def test_libsvm_by_extension_and_by_content(tmp_path: Path, name: str, base: int) -> None:
    (tmp_path / name).write_text(libsvm(X, Y, base))
    ds = load(tmp_path / name)
    same = from_arrays(X, Y)
    assert np.array_equal(ds.x, same.x)
    assert np.array_equal(ds.y, same.y)
    assert ds.name == name
    assert ds.x_test is None


def test_libsvm_pairs_share_their_width_and_their_first_index(tmp_path: Path) -> None:
    narrow = X[20:, :5]
    (tmp_path / "a9a").write_text(libsvm(X[:20], Y[:20]))
    (tmp_path / "a9a.t").write_text(libsvm(narrow, Y[20:]))
    ds = load(tmp_path / "a9a")
    padded = np.hstack([narrow, np.zeros((10, 7))])
    assert ds.x_test is not None
    assert np.array_equal(ds.x_test, from_arrays(padded, Y[20:]).x)
    assert "a9a: the test part was read from a9a.t beside it" in ds.notes
    # Index 0 occurs in the test file alone: then both count from 0.
    (tmp_path / "b.tr").write_text("1 1:1 2:1\n-1 2:1\n")
    (tmp_path / "b.t").write_text("1 0:1\n-1 2:1\n")
    assert load(tmp_path / "b.tr").d == 3
    (tmp_path / "wide.svm").write_text("1 1:1 2:1\n-1 2:1\n")
    (tmp_path / "wide.svm.t").write_text("1 5:1\n-1 2:1\n")
    assert load(tmp_path / "wide.svm").d == 5
    assert load(f"{tmp_path / 'wide.svm'}:1/-1").y.tolist() == [-1.0, 1.0]


def test_libsvm_classes_comments_queries_and_line_ends(tmp_path: Path) -> None:
    text = "# made by hand\n3 qid:1 1:.5 4:-1e-1 # first\r\n\n5.0 qid:2 2:+2\n7 1:1\n"
    (tmp_path / "mixed").write_text(text)
    ds = load(f"{tmp_path / 'mixed'}:3/5")
    assert (ds.n, ds.d, ds.mapping.positive) == (2, 4, ("5",))
    np.testing.assert_allclose(ds.x[0] * np.hypot(0.5, 0.1), [0.5, 0, 0, -0.1], rtol=1e-15)


BAD_LIBSVM = {
    "text": ("hello world\n", "is not a LIBSVM file"),
    "falling indices": ("1 3:1 2:1\n-1 1:1\n", "sorted and unique"),
    "negative index": ("1 -1:1\n-1 1:1\n", "is not a LIBSVM file"),
    "several labels": ("1,2 1:1\n-1 1:1\n", "is not a LIBSVM file"),
    "no colon": ("1 3\n-1 1:1\n", "is not a LIBSVM file"),
    "empty": ("", "empty; expected one sample a line"),
    "one class": ("1 1:1\n1 2:1\n", "one class only"),
    "no label": ("nan 1:1\n1 2:1\n", "missing label in row 0"),
    "NaN": ("0 1:nan\n1 2:1\n", r"row 0, column 0 .* is NaN"),
    "zeros": ("0 1:0\n1 2:1\n", "row.s. of zeros"),
    "far index": ("0 1:1\n1 2000000000:1\n", r"2 rows of 2000000000 numbers need 29.8 GiB .*TruncatedSVD"),
    "index beyond 64 bits": (f"0 1:1\n1 {'9' * 30}:1\n", "bad.svm"),
}


@pytest.mark.parametrize("case", BAD_LIBSVM)
def test_libsvm_that_cannot_be_used(tmp_path: Path, case: str) -> None:
    text, message = BAD_LIBSVM[case]
    (tmp_path / "bad.svm").write_text(text)
    refused(tmp_path / "bad.svm", message)


@pytest.mark.parametrize(
    "text", ["1\n2\n3\n", "1 2 3\n", "a 1:2\n", "1 1:2\nnot this\n", "1 1:2\n\xff\n", "", "1 x:2\n"]
)
def test_other_text_without_an_extension_is_not_taken_for_libsvm(tmp_path: Path, text: str) -> None:
    (tmp_path / "notes").write_text(text, encoding="latin-1")
    refused(tmp_path / "notes", "of kind without an extension are not supported, unless their first lines are LIBSVM")


def test_long_libsvm_lines_are_sniffed_to_the_last_whole_entry(tmp_path: Path) -> None:
    wide = np.ones((2, 20000)) * [[1], [2]]
    wide[1, 0] = 5
    (tmp_path / "gisette_scale").write_text(libsvm(wide, np.array([1, -1])))
    assert load(tmp_path / "gisette_scale").d == 20000


def test_the_census_as_libsvm_text(tmp_path: Path, shared_data: Path) -> None:
    with np.load(shared_data / "a9a.npz") as arrays:
        for name, part in (("a9a", "train"), ("a9a.t", "test")):
            x, y = arrays[f"x_{part}"], arrays[f"y_{part}"]
            row, column = np.nonzero(x)
            words = np.char.add((column + 1).astype(str), ":1")
            lines = np.split(words, np.cumsum(np.bincount(row, minlength=len(x)))[:-1])
            (tmp_path / name).write_text(
                "".join(f"{label:+d} {' '.join(line)} \n" for label, line in zip(y, lines, strict=True))
            )
    text, ready = load(tmp_path / "a9a"), load(shared_data / "a9a.npz")
    assert ready.x_test is not None
    assert np.array_equal(text.x, ready.x)
    assert np.array_equal(text.x_test, ready.x_test)
    assert np.array_equal(text.y, ready.y)
    assert np.array_equal(text.y_test, ready.y_test)


# --------------------------------------------------------------------------------------------------------------- sparse


@pytest.mark.parametrize("form", ["csr_matrix", "csc_array", "coo_array", "dok_matrix", "lil_array", "bsr_array"])
def test_sparse_arrays_are_made_dense(form: str) -> None:
    ds = from_arrays(getattr(scipy.sparse, form)(X), Y, scipy.sparse.csr_array(X), Y)
    assert np.array_equal(ds.x, from_arrays(X, Y).x)
    assert np.array_equal(ds.x_test, ds.x)


def test_sparse_arrays_that_would_not_fit_are_refused_before_anything_is_allocated() -> None:
    huge = scipy.sparse.csr_array((np.ones(3), ([0, 5, 9], [3, 4, 10**8])), shape=(1000, 10**9))
    tracemalloc.start()
    with pytest.raises(DataError, match=r"1000 rows of 1000000000 numbers need 7.45e\+03 GiB .* limit of 4 GiB: take"):
        from_arrays(huge, np.arange(1000) % 2)
    assert tracemalloc.get_traced_memory()[1] < 10**6
    tracemalloc.stop()


def test_the_limit_is_in_bytes_of_float64(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_limit, "LARGEST_BYTES", X.size * 8)
    assert from_arrays(scipy.sparse.csr_array(X), Y).n == 30
    monkeypatch.setattr(memory_limit, "LARGEST_BYTES", X.size * 8 - 1)
    with pytest.raises(DataError, match="beyond the limit"):
        from_arrays(scipy.sparse.csr_array(X.astype(np.float32)), Y)


# -------------------------------------------------------------------------------------------------------------- Parquet


def test_parquet_follows_the_rules_of_csv(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    frame = pd.DataFrame(
        {"label": ["cat", "dog", "cat"], "a": [1, 2, 3], "b": [0.5, 1.5, -2.5], "c": [True, False, True]}
    )
    frame.to_parquet(tmp_path / "pets.parquet")
    ds = load(tmp_path / "pets.parquet")
    assert np.array_equal(ds.x, from_arrays(frame[["a", "b", "c"]].astype(float), frame["label"]).x)
    assert ds.mapping.positive == ("dog",)
    frame["label"] = frame["label"].astype("category")
    frame.set_index("a").to_parquet(tmp_path / "indexed.parquet")
    assert load(f"{tmp_path / 'indexed.parquet'}:dog/cat").d == 2
    plain = frame.rename(columns={"label": "animal"})[["a", "b", "animal"]]
    plain.to_parquet(tmp_path / "last.parquet", index=False)
    assert load(tmp_path / "last.parquet").y.tolist() == [-1.0, 1.0, -1.0]


BAD_PARQUET: dict[str, tuple[dict[str, Any], str]] = {
    "text": ({"a": ["x", "y"], "label": [0, 1]}, "feature column 'a' is not numeric .it holds 'x'"),
    "dates": (
        {"a": pd.to_datetime(["2020-01-01", "2021-01-01"]), "label": [0, 1]},
        "feature column 'a' is not numeric",
    ),
    "lists": ({"a": [[1.0], [2.0]], "label": [0, 1]}, "feature column 'a' is not numeric"),
    "missing feature": ({"a": [1.0, None], "label": [0, 1]}, "row 1, column 'a' .* NaN"),
    "missing label": ({"a": [1.0, 2.0], "label": ["x", None]}, "missing label in row 1"),
    "two labels": ({"a": [1, 2], "label": [0, 1], "class": [0, 1]}, "several columns that may be the label"),
    "one column": ({"label": [0, 1]}, r"1 column\(s\); expected features and a label"),
    "no rows": ({"a": [], "label": []}, "empty"),
}


@pytest.mark.parametrize("case", BAD_PARQUET)
def test_parquet_that_cannot_be_used(tmp_path: Path, case: str) -> None:
    pytest.importorskip("pyarrow")
    columns, message = BAD_PARQUET[case]
    pd.DataFrame(columns).to_parquet(tmp_path / "bad.parquet")
    refused(tmp_path / "bad.parquet", message)


def test_parquet_that_is_none_or_announces_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pyarrow")
    (tmp_path / "text.parquet").write_text("a,b,label\n")
    refused(tmp_path / "text.parquet", r"text.parquet is damaged or not a Parquet file")
    pd.DataFrame({"a": np.zeros(10**6), "label": np.zeros(10**6)}).to_parquet(tmp_path / "long.parquet")
    monkeypatch.setattr(memory_limit, "LARGEST_BYTES", 10**6)
    refused(tmp_path / "long.parquet", "1000000 rows of 2 numbers need 0.0149 GiB .* take fewer rows or columns")


def test_without_pyarrow_the_remedy_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data.parquet").write_bytes(b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    refused(tmp_path / "data.parquet", r"needs pyarrow, which is missing: pip install 'howwide\[parquet\]'")


# ------------------------------------------------------------------------------------------------------------- CIFAR-10

IMAGES = RNG.integers(0, 256, (40, 3072)).astype(np.uint8)
CLASSES = np.arange(40) % 10
TEST = slice(30, 40)


@pytest.fixture
def cifar(tmp_path: Path) -> Path:
    return write_cifar(tmp_path / "cifar-10-batches-py", IMAGES[:30], CLASSES[:30], IMAGES[TEST], CLASSES[TEST])


def test_the_writer_of_these_tests_writes_what_python_2_wrote() -> None:
    held = pickle.loads(cifar_batch(IMAGES[:3], CLASSES[:3]), encoding="bytes")
    assert sorted(held) == [b"batch_label", b"data", b"filenames", b"labels"]
    assert held[b"labels"] == [0, 1, 2]
    assert np.array_equal(held[b"data"], IMAGES[:3])
    assert pickle.loads(cifar_meta(), encoding="bytes")[b"label_names"][9] == b"truck"


def test_cifar_by_name_by_number_and_by_group(cifar: Path) -> None:
    ds = load(f"{cifar}:airplane/automobile")
    chosen = CLASSES[:30] < 2
    assert np.array_equal(ds.x, from_arrays(IMAGES[:30][chosen], CLASSES[:30][chosen]).x)
    assert (ds.name, ds.n, ds.d, ds.n_test) == ("cifar-10-batches-py:airplane/automobile", 6, 3072, 2)
    assert (ds.mapping.negative, ds.mapping.positive) == (("airplane",), ("automobile",))
    for same in ("0/1", " 0 / automobile", "00/1"):
        numbered = load(f"{cifar}:{same}")
        assert numbered.mapping == ds.mapping
        assert np.array_equal(numbered.y, ds.y)
    assert load(f"{cifar}:even/odd").mapping.negative == ("airplane", "bird", "deer", "frog", "ship")
    assert load(f"{cifar}:0,bird/1,9").mapping.positive == ("automobile", "truck")
    refused(cifar, "cifar-10-batches-py has 10 classes .*cifar-10-batches-py:airplane/automobile")
    refused(f"{cifar}:0/10", "has no class '10'; it has airplane")
    refused(f"{cifar}:airplane/zebra", "has no class 'zebra'")


def test_cifar_under_another_name_and_without_names_of_classes(cifar: Path) -> None:
    (cifar / "batches.meta").unlink()
    renamed = cifar.rename(cifar.with_name("images"))
    assert load(f"{renamed}:0/1").mapping.positive == ("1",)
    assert load(f"{renamed}:even/odd").n == 30


def test_cifar_written_anew_by_python_3(cifar: Path) -> None:
    for name, images in zip(CIFAR_FILES, [*np.array_split(IMAGES[:30], 5), IMAGES[TEST]], strict=True):
        held = pickle.loads((cifar / name).read_bytes(), encoding="bytes")
        order = np.asfortranarray if name == "test_batch" else np.ascontiguousarray
        for protocol in (2, 3):
            (cifar / name).write_bytes(pickle.dumps(held | {b"data": order(images)}, protocol=protocol))
            ds = load(f"{cifar}:0/1")
    assert np.array_equal(ds.x_test, from_arrays(IMAGES[30:32], [0, 1]).x)
    (cifar / "test_batch").write_bytes(pickle.dumps({"data": 1}, protocol=5))
    refused(f"{cifar}:0/1", "test_batch cannot be read: it is not a pickle of plain data")


class Hostile:
    """Its pickle calls a function."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> Any:
        return self.call


def test_a_hostile_pickle_does_nothing(cifar: Path, tmp_path: Path) -> None:
    witness = tmp_path / "witness"
    shell, code = f"touch {witness}", f"open({str(witness)!r}, 'w')"
    names = b"cposix\nsystem\n", b"cbuiltins\neval\n", b"c__builtin__\neval\n", b"cnumpy\nload\n", b"cos\nsystem\n"
    attacks = [pickle.dumps({b"data": Hostile(os.system, shell)}, protocol) for protocol in range(6)]
    attacks += [pickle.dumps({b"data": Hostile(eval, code)}, protocol) for protocol in range(6)]
    attacks += [b"\x80\x02" + name + b"U" + bytes([len(code)]) + code.encode() + b"\x85R." for name in names]
    attacks += [
        b"\x80\x02(U" + bytes([len(shell)]) + shell.encode() + b"iposix\nsystem\n.",  # INST
        b"\x80\x02}" + python2_pickle({b"data": IMAGES[:1]})[2:-1] + b"cposix\nsystem\nU\x04true\x85R.",
        b"\x80\x02cnumpy\nndarray\nK\x05\x85\x81.",  # NEWOBJ
        b"\x80\x02cnumpy\nndarray\nJ\xff\xff\xff\x7f\x85R.",  # an array of 2 GiB
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\ndtype\nK\x00\x85U\x01b\x87R.",
        b"\x80\x02cnumpy\ndtype\n}U\x01aK\x01sb.",  # BUILD on a name
        b"\x80\x02P1\n.",
        b"\x80\x02\x82\x01.",
        b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x04true\x85R.",
    ]
    (cifar / "data_batch_3").write_bytes(attacks[0])
    refused(f"{cifar}:0/1", r"data_batch_3 cannot be read: it is not a pickle of plain data .* nothing in it was run")
    for attack in attacks:
        with pytest.raises(DataError):
            read_pickle(attack)
        (cifar / "data_batch_3").write_bytes(attack)
        refused(f"{cifar}:0/1", "data_batch_3 cannot be read")
        (cifar / "data_batch_3").write_bytes(cifar_batch(IMAGES[:6], CLASSES[:6]))
        (cifar / "batches.meta").write_bytes(attack)
        refused(f"{cifar}:0/1", "batches.meta cannot be read")
        (cifar / "batches.meta").write_bytes(cifar_meta())
    assert not witness.exists()
    assert load(f"{cifar}:0/1").n > 0


def doubling_tuples() -> bytes:
    """A tuple of two of a tuple of two of ...: to hash it takes 2^60 steps."""
    layers = b"".join(b"h" + bytes([i]) + b"h" + bytes([i]) + b"\x86q" + bytes([i + 1]) for i in range(60))
    return b"\x80\x02}K\x01q\x00" + layers + b"K\x01s."


BOMBS = {
    "memory in a far place": b"\x80\x02K\x01r\xff\xff\xff\x7f.",
    "text of 4 GiB": b"\x80\x03B\xff\xff\xff\xff" + b"x" * 100 + b".",
    "text of 8 EiB": b"\x80\x04\x8e" + b"\xff" * 7 + b"\x7f.",
    "a frame": b"\x80\x04\x95" + b"\xff" * 7 + b"\x7fN.",
    "a number": b"\x80\x02\x8b\xff\xff\xff\x7f" + b"9" * 100 + b".",
    "text encoded again and again": b"\x80\x02X\x10\x27\x00\x00" + b"x" * 10000 + b"q\x000"
    b"c_codecs\nencode\nq\x010" + b"h\x01h\x00U\x06latin1\x86R" * 20000 + b".",
    "keys that take forever": doubling_tuples(),
    "depth": b"\x80\x02" + b"(" * 100_000 + b"K\x01" + b"t" * 100_000 + b".",
    "deep keys": b"\x80\x02}K\x01" + b"\x85" * 100_000 + b"K\x01s.",
    "many lists": b"\x80\x02" + b"]" * (2 * 10**6) + b".",
}


@pytest.mark.parametrize(
    "case", [pytest.param(case, marks=[pytest.mark.slow] * (case == "many lists")) for case in BOMBS]
)
def test_small_pickles_stay_small(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("howwide.data.pickles._MOST_OPCODES", 2**18)
    start = time.process_time()
    tracemalloc.start()
    with contextlib.suppress(DataError):
        read_pickle(BOMBS[case])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 400 * 2**20
    assert time.process_time() - start < 30


BAD_BATCHES: dict[str, tuple[Any, str]] = {
    "no dictionary": ([1, 2], "it holds no dictionary"),
    "no data": ({b"labels": [1]}, "its images are not an array of unsigned bytes with 3072 columns"),
    "narrow": ({b"data": IMAGES[:6, :3071], b"labels": [0] * 6}, "its images are not"),
    "flat": ({b"data": IMAGES[0], b"labels": [0]}, "its images are not"),
    "no images": ({b"data": IMAGES[:0], b"labels": []}, "its images are not"),
    "no labels": ({b"data": IMAGES[:6]}, "its labels are not"),
    "label 10": ({b"data": IMAGES[:6], b"labels": [10] * 6}, "its labels are not a list of numbers from 0 to 9"),
    "text labels": ({b"data": IMAGES[:6], b"labels": [b"1"] * 6}, "its labels are not"),
    "lengths": ({b"data": IMAGES[:6], b"labels": [1] * 5}, "6 images and 5 labels"),
}


@pytest.mark.parametrize("case", BAD_BATCHES)
def test_batches_that_are_none(cifar: Path, case: str) -> None:
    held, message = BAD_BATCHES[case]
    (cifar / "data_batch_2").write_bytes(python2_pickle(held))
    assert "data_batch_2" in refused(f"{cifar}:0/1", message)


def test_cifar_that_is_incomplete_too_large_or_misnamed(cifar: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from howwide.data import cifar as module

    for names in ([b"a"] * 10, [b"a"], [b""] * 10, [b"a\x00"] * 10, 3):
        (cifar / "batches.meta").write_bytes(python2_pickle({b"label_names": names}))
        refused(f"{cifar}:0/1", "batches.meta does not hold 10 different names of classes")
    (cifar / "batches.meta").write_bytes(cifar_meta())
    with monkeypatch.context() as patch:
        patch.setattr(module, "_LARGEST_FILE", 1000)
        refused(f"{cifar}:0/1", r"data_batch_1 has \d+ bytes, more than any file of CIFAR-10; it was not read")
    (cifar / "data_batch_4").unlink()
    (cifar / "test_batch").unlink()
    refused(f"{cifar}:0/1", r"cifar-10-batches-py lacks data_batch_4, test_batch; unpack cifar-10-python.tar.gz anew")


def test_real_images_as_batches(tmp_path: Path, shared_data: Path) -> None:
    with np.load(shared_data / "cifar10_binary.npz") as arrays:
        x, y, x_test, y_test = (arrays[name] for name in ("x_train", "y_train", "x_test", "y_test"))
    folder = write_cifar(tmp_path / "cifar-10-batches-py", x, (y > 0) * 1, x_test, (y_test > 0) * 1)
    start = time.perf_counter()
    ds = load(f"{folder}:airplane/automobile")
    print(f"{ds.n} + {ds.n_test} images in {time.perf_counter() - start:.2f} s")
    ready = load(shared_data / "cifar10_binary.npz")
    assert np.array_equal(ds.x, ready.x)
    assert np.array_equal(ds.y, ready.y)
    assert np.array_equal(ds.x_test, ready.x_test)
    assert ds.describe(separation=False)["fingerprint"] == ready.describe(separation=False)["fingerprint"]
    assert ds.mapping.positive == (CIFAR_NAMES[1],)


# ------------------------------------------------------------------------------------------------------------------ IDX

PICTURES = RNG.integers(0, 256, (12, 4, 3)).astype(np.uint8)
DIGITS = np.arange(12) % 3
BOTH = {"train": (PICTURES[:8], DIGITS[:8]), "t10k": (PICTURES[8:], DIGITS[8:])}


@pytest.mark.parametrize("joint", ["-", "."])
@pytest.mark.parametrize("end", ["", ".gz"])
def test_idx_folders(tmp_path: Path, joint: str, end: str) -> None:
    ds = load(f"{write_idx(tmp_path / 'mnist', BOTH, joint, end)}:0/2")
    same = from_arrays(PICTURES[:8].reshape(8, -1), DIGITS[:8], PICTURES[8:].reshape(4, -1), DIGITS[8:], classes="0/2")
    assert np.array_equal(ds.x, same.x)
    assert np.array_equal(ds.x_test, same.x_test)
    assert np.array_equal(ds.y, same.y)
    assert ds.name == "mnist:0/2"


def test_idx_folders_may_mix_forms_and_lack_the_test_part(tmp_path: Path) -> None:
    folder = write_idx(tmp_path, {"train": BOTH["train"]}, end=".gz")
    assert load(f"{folder}:0/2").x_test is None
    (folder / "train-images-idx3-ubyte.gz").unlink()
    (folder / "train-images.idx3-ubyte").write_bytes(idx(PICTURES[:8]))
    assert load(f"{folder}:0/2").d == 12


def header(*sides: int, kind: int = 8, dimensions: int | None = None) -> bytes:
    count = len(sides) if dimensions is None else dimensions
    return struct.pack(f">BBBB{len(sides)}I", 0, 0, kind, count, *sides)


GOOD = idx(PICTURES[:8])
BAD_IDX = {
    "empty": (b"", "starts with nothing, expected 00 00 08 03"),
    "short": (GOOD[:10], "it ends within its header"),
    "labels": (idx(DIGITS[:8]), "not an IDX file of unsigned bytes in 3 dimension.s.: it starts with 00 00 08 01"),
    "floats": (header(8, 4, 3, kind=13) + bytes(4 * 96), "starts with 00 00 0d 03"),
    "text": (b"hello, world, hello", "starts with 68 65 6c 6c"),
    "cut": (GOOD[:-1], "announces 96 bytes of data, it holds 95"),
    "longer": (GOOD + b"\0", "announces 96 bytes of data, it holds (97|more)"),
    "huge": (header(2**32 - 1, 2**32 - 1, 2**32 - 1) + bytes(96), r"announces \d{29} bytes of data, it holds"),
    "more rows": (header(9, 4, 3) + GOOD[16:], "announces 108 bytes of data, it holds 96"),
    "other rows": (idx(PICTURES[:7]), "train has 7 images and 8 labels"),
    "no rows": (header(0, 4, 3), "0 images and 8 labels"),
    "no columns": (header(8, 4, 0), "empty"),
}


@pytest.mark.parametrize("case", BAD_IDX)
@pytest.mark.parametrize("end", ["", ".gz"])
def test_idx_files_that_cannot_be_used(tmp_path: Path, case: str, end: str) -> None:
    content, message = BAD_IDX[case]
    folder = write_idx(tmp_path / "mnist", BOTH, end=end)
    (folder / f"train-images-idx3-ubyte{end}").write_bytes(gzip.compress(content) if end else content)
    refused(f"{folder}:0/2", message)


def test_compressed_idx_files_that_are_damaged_or_bombs(tmp_path: Path) -> None:
    folder = write_idx(tmp_path / "mnist", BOTH, end=".gz")
    images = folder / "train-images-idx3-ubyte.gz"
    whole = images.read_bytes()
    for damaged in (whole[:-1], whole[:40], whole[:30] + b"\xff\xff\xff" + whole[33:], GOOD, whole[:-8] + bytes(8)):
        images.write_bytes(damaged)
        refused(f"{folder}:0/2", "train-images-idx3-ubyte.gz is damaged or not compressed with gzip")
    images.write_bytes(gzip.compress(GOOD + bytes(200 * 2**20)))  # 200 MiB behind the announced end
    tracemalloc.start()
    refused(f"{folder}:0/2", "announces 96 bytes of data, it holds more")
    assert tracemalloc.get_traced_memory()[1] < 10 * 2**20
    tracemalloc.stop()
    images.write_bytes(gzip.compress(header(600 * 2**20, 1, 1) + bytes(2**20)))
    refused(f"{folder}:0/2", "announces 629145600 bytes of data")


def test_idx_folders_that_are_incomplete(tmp_path: Path) -> None:
    folder = write_idx(tmp_path / "mnist", BOTH)
    (folder / "t10k-labels-idx1-ubyte").unlink()
    refused(f"{folder}:0/2", r"mnist lacks t10k-labels-idx1-ubyte\[.gz\]")
    (folder / "train-images-idx3-ubyte").unlink()
    refused(f"{folder}:0/2", r"mnist lacks train-images-idx3-ubyte\[.gz\]")
    (folder / "train-labels-idx1-ubyte").unlink()
    refused(
        f"{folder}:0/2",
        "is a directory; expected a file .*or a folder of one of the kinds cifar-10-batches-py and mnist",
    )


@pytest.mark.slow
def test_all_of_mnist_as_idx_files(tmp_path: Path, shared_data: Path) -> None:
    with np.load(shared_data / "mnist.npz") as arrays:
        images = {part: arrays[f"x_{part}"].reshape(-1, 28, 28) for part in ("train", "test")}
        labels = {part: arrays[f"y_{part}"] for part in ("train", "test")}
    parts = {"train": (images["train"], labels["train"]), "t10k": (images["test"], labels["test"])}
    for end in ("", ".gz"):
        folder = write_idx(tmp_path / f"mnist{end}", parts, end=end)
        start = time.perf_counter()
        ds, ready = load(f"{folder}:3/8"), load(shared_data / "mnist_binary.npz")
        print(f"60000 + 10000 images in {time.perf_counter() - start:.2f} s")
        assert np.array_equal(ds.x, ready.x)
        assert np.array_equal(ds.y, ready.y)
        assert np.array_equal(ds.x_test, ready.x_test)


# --------------------------------------------------------------------------------------------------------------- OpenML

ARFF = b"""% made by hand
@relation pets
@attribute weight numeric
@attribute legs integer
@attribute fur {short,long,'none at all'}
@attribute wild {TRUE,FALSE}
@attribute class {cat,dog,bird}
@data
4.5,4,short,FALSE,cat
30,4,long,FALSE,dog
0.1,2,'none at all',TRUE,bird
5,4,short,TRUE,cat
"""
FEATURES = [
    {"name": "weight", "data_type": "numeric"},
    {"name": "legs", "data_type": "numeric"},
    {"name": "fur", "data_type": "nominal"},
    {"name": "wild", "data_type": "nominal"},
    {"name": "class", "data_type": "nominal", "is_target": "true"},
]


@pytest.fixture
def openml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Puts answers in the place of the network, and a folder of this test in that of the cache."""
    monkeypatch.setattr("howwide.data.openml.cache_folder", lambda: tmp_path / "openml")

    def install(answers: dict[str, bytes] | None) -> Any:
        opened = no_network if answers is None else FakeOpenML(answers)
        monkeypatch.setattr("sklearn.datasets._openml.urlopen", opened)
        return opened

    return install


def test_openml_by_name_and_number_and_from_the_cache(openml: Any, tmp_path: Path) -> None:
    server = openml(openml_answers(7, "pets", ARFF, FEATURES))
    ds = load("openml:pets:cat/dog")
    # weight, legs; fur: long, none at all, short; wild: FALSE, TRUE
    rows = [[4.5, 4, 0, 0, 1, 1, 0], [30, 4, 1, 0, 0, 1, 0], [5, 4, 0, 0, 1, 0, 1]]
    np.testing.assert_allclose(ds.x, from_arrays(rows, [0, 1, 0]).x, rtol=1e-15)
    assert ds.y.tolist() == [-1.0, 1.0, -1.0]
    assert (ds.name, ds.mapping.positive, ds.x_test) == ("openml:pets:cat/dog", ("dog",), None)
    assert any(path.endswith(".arff") for path in server.asked)
    assert (tmp_path / "openml").is_dir()
    openml(None)
    assert np.array_equal(load("openml:7:cat/dog").x, ds.x)
    assert np.array_equal(load("openml:Pets:bird,cat/dog").x[[0, 1, 3]], ds.x)
    refused("openml:pets", r"openml:pets has 3 classes \(bird, cat, dog\).* e.g. openml:pets:bird/cat")


def test_openml_names_what_is_missing(openml: Any) -> None:
    gaps = ARFF.replace(b"30,4,long", b"?,4,?")
    features = [
        FEATURES[0] | {"number_of_missing_values": "1"},
        FEATURES[1],
        FEATURES[2] | {"number_of_missing_values": "1"},
    ]
    openml(openml_answers(7, "pets", gaps, [*features, *FEATURES[3:]]))
    refused("openml:pets:cat/dog", r"openml:pets has missing values in 2 feature\(s\): weight \(1\), fur \(1\); fill")


def test_openml_refuses_text_regression_targets_and_none(openml: Any) -> None:
    text = ARFF.replace(b"@attribute fur {short,long,'none at all'}", b"@attribute fur string")
    openml(openml_answers(7, "pets", text, [*FEATURES[:2], {"name": "fur", "data_type": "string"}, *FEATURES[3:]]))
    refused("openml:pets", "feature 'fur' is free text")
    openml(openml_answers(8, "none", ARFF, [*FEATURES[:4], {"name": "class", "data_type": "nominal"}]))
    refused("openml:none", "openml:none has 0 target columns; expected one")
    two = [*FEATURES[:3], FEATURES[3] | {"is_target": "true"}, FEATURES[4]]
    openml(openml_answers(9, "two", ARFF, two))
    refused("openml:two", "openml:two has 2 target columns; expected one")


def test_openml_sparse(openml: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    arff = b"""@relation bags
@attribute w1 numeric
@attribute w2 numeric
@attribute kind {A,B,C}
@attribute class {no,yes}
@data
{0 1.5,2 B,3 yes}
{1 2}
{0 1,1 1,2 C,3 yes}
"""
    features = [
        *({"name": name, "data_type": "numeric"} for name in ("w1", "w2")),
        {"name": "kind", "data_type": "nominal"},
        {"name": "class", "data_type": "nominal", "is_target": "true"},
    ]
    openml(openml_answers(11, "bags", arff, features, format="Sparse_ARFF"))
    ds = load("openml:bags")
    rows = [[1.5, 0, 0, 1, 0], [0, 2, 1, 0, 0], [1, 1, 0, 0, 1]]
    np.testing.assert_allclose(ds.x, from_arrays(rows, [1, 0, 1]).x, rtol=1e-15)
    assert ds.mapping.positive == ("yes",)
    monkeypatch.setattr(memory_limit, "LARGEST_BYTES", 100)
    refused("openml:bags", r"openml:bags with a column for each category: 3 rows of 5 numbers need")


def test_openml_remarks(openml: Any) -> None:
    openml(openml_answers(7, "pets", ARFF, FEATURES, status="deactivated", warning="doubtful"))
    notes = load("openml:7:cat/dog").notes
    assert any("is inactive" in note for note in notes)
    assert any("doubtful" in note and "\n" not in note for note in notes)


@pytest.mark.parametrize(
    "spec", ["openml", "openml:../../x", "openml:a/b", "openml:a b:0/1", "openml:.x", "openml: :0/1"]
)
def test_openml_needs_a_name(openml: Any, spec: str) -> None:
    server = openml({})
    refused(spec, "openml takes the name or number of a data set, e.g. openml:iris or openml:61; got")
    assert not server.asked
    refused("openml:", "nothing follows the colon")
    refused("openml:iris:", "nothing follows the last colon|nothing follows the colon")


def test_openml_without_network_fails_at_once_and_in_one_line(openml: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    openml(None)
    start = time.perf_counter()
    for spec in ("openml:pets", "openml:7:0/1"):
        refused(spec, r"openml:(pets|7) is not kept here yet and openml.org cannot be reached .*; check the network")
    assert time.perf_counter() - start < 5
    assert socket.getdefaulttimeout() is None

    def silent(request: Any, *_: Any) -> Any:
        assert socket.getdefaulttimeout() is not None
        raise TimeoutError("timed out")

    monkeypatch.setattr("sklearn.datasets._openml.urlopen", silent)
    refused("openml:pets", "cannot be reached")


def test_openml_that_answers_no_or_nonsense(openml: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = openml_answers(7, "pets", ARFF, FEATURES)
    openml(answers)
    refused("openml:cats", "openml.org has no data set of this name or number: No active dataset cats found")
    openml(answers | {"api/v1/json/data/7": b"<html>"})
    refused("openml:pets", "openml:pets cannot be read: what openml.org sent, or what is kept of it, is not understood")
    openml(answers | {"data/v1/download/7/pets.arff": ARFF + b"1,2,short,TRUE,dog\n"})
    refused("openml:pets", "md5 checksum")

    def busy(request: Any, *_: Any) -> Any:
        import urllib.error

        raise urllib.error.HTTPError(request.full_url, 503, "Service Unavailable", None, None)  # type: ignore[arg-type]

    monkeypatch.setattr("sklearn.datasets._openml.urlopen", busy)
    refused("openml:other", "openml:other .*(503|cannot be reached)")


def test_a_path_too_long_for_the_system_is_no_traceback() -> None:
    assert load("digits:" + "0," * 3000 + "4/2").mapping.negative == ("0", "4")
    refused("x" * 5000 + ".npz", "no such file")
    refused("x" * 5000, "unknown data")
