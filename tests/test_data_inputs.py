"""Inputs as they are found: pipes, quoted line breaks, headers and indices, names with the grammar's own characters."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import ml_dtypes
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_formats import cifar_meta, libsvm, write_cifar, write_idx
from howwide.certify.inputs import read_losses
from howwide.cli import main
from howwide.data import Dataset, from_arrays, load, opening, signed_labels
from howwide.errors import DataError
from howwide.width.config import read_config

RNG = np.random.default_rng(0)
X, Y = RNG.integers(1, 9, (12, 6)), np.arange(12) % 2
MARK = b"\xef\xbb\xbf"


def written(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def refused(spec: object, message: str) -> str:
    with pytest.raises(DataError, match=message) as caught:
        load(str(spec))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def same(one: Dataset, other: Dataset) -> bool:
    return bool(np.array_equal(one.x, other.x) and np.array_equal(one.y, other.y) and one.n_test == other.n_test)


# --------------------------------------------------------------------------------------------- what is read only once


@contextmanager
def pipe(path: Path, content: bytes) -> Iterator[Path]:
    """A named pipe into which the content is written, once."""
    os.mkfifo(path)

    def write() -> None:
        with path.open("wb") as file:
            file.write(content)

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    yield path
    writer.join(5)
    assert not writer.is_alive()


def files(folder: Path) -> dict[str, bytes]:
    """A file of every kind, larger than what a pipe holds at a time."""
    x, y = RNG.integers(1, 250, (9000, 6)), np.arange(9000) % 2
    np.savez(folder / "a.npz", x=x, y=y)
    frame = pd.DataFrame(x, columns=list("abcdef")).assign(label=y)
    frame.to_csv(folder / "a.csv", index=False)
    frame.to_parquet(folder / "a.parquet", compression=None)
    written(folder / "a.svm", MARK + libsvm(x, y).encode())
    written(folder / "a9a", libsvm(x, y))
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.mark.parametrize("name", ["a.npz", "a.csv", "a.parquet", "a.svm", "a9a"])
def test_a_pipe_is_read_once_and_whole(name: str, tmp_path: Path) -> None:
    content = files(tmp_path)[name]
    (tmp_path / "pipes").mkdir()
    assert len(content) > 2**16
    whole = load(tmp_path / name)
    with pipe(tmp_path / "pipes" / name, content) as path:
        assert same(load(path), whole)
    with pipe(tmp_path / "pipes" / "nameless", content) as path:  # known by content, or a table
        assert same(load(f"{path}:0/1"), whole)
    read, write = os.pipe()
    thread = threading.Thread(target=lambda: (os.write(write, content), os.close(write)))
    thread.start()
    found = load(f"/dev/fd/{read}")  # what <(...) of a shell is
    thread.join(5)
    os.close(read)
    assert same(found, whole)
    assert found.name == f"/dev/fd/{read}"


def test_members_of_folders_and_test_files_may_be_pipes(tmp_path: Path) -> None:
    pixels = RNG.integers(0, 256, (12, 3072)).astype(np.uint8)
    cifar = write_cifar(tmp_path / "cifar", pixels[:10], np.arange(10) % 2, pixels[10:], np.arange(2))
    written(cifar / "batches.meta", cifar_meta())
    images = pixels[:, :6].reshape(12, 2, 3)
    parts = {"train": (images[:8], Y[:8]), "t10k": (images[8:], Y[8:])}
    plain, zipped = write_idx(tmp_path / "idx", parts), write_idx(tmp_path / "idx.gz", parts, end=".gz")
    written(tmp_path / "a9a", libsvm(X, Y))
    written(tmp_path / "a9a.t", libsvm(X, Y))
    members = [
        *((cifar / name, f"{cifar}:0/1") for name in ("data_batch_2", "test_batch", "batches.meta")),
        *((path, str(folder)) for folder in (plain, zipped) for path in sorted(folder.iterdir())),
        (tmp_path / "a9a.t", str(tmp_path / "a9a")),
    ]
    for path, spec in members:
        whole, content = load(spec), path.read_bytes()
        path.unlink()
        with pipe(path, content):
            found = load(spec)
        assert same(found, whole)
        assert found.n_test == whole.n_test > 0
        path.unlink()
        written(path, content)


@pytest.mark.parametrize("name", ["p.csv", "p.npz", "p.parquet", "p.svm", "p", "idx/t10k-images-idx3-ubyte"])
def test_a_silent_pipe_is_refused_and_not_waited_for(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "_PATIENCE", 0.1)
    part = X.reshape(12, 2, 3).astype(np.uint8), Y.astype(np.uint8)
    write_idx(tmp_path / "idx", {"train": part, "t10k": part})
    (tmp_path / name).unlink(missing_ok=True)
    os.mkfifo(tmp_path / name)
    start = time.perf_counter()
    refused(tmp_path / name.split("/")[0], "nothing came out of the pipe .* for 0.1 s; write the data to a file first")
    assert time.perf_counter() - start < 5


def test_pipes_that_end_early_hold_too_much_or_hold_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pipe(tmp_path / "empty.csv", b"") as path:
        refused(path, "empty.csv is empty")
    with pipe(tmp_path / "cut.csv", b"a,b,label\n1,2,0\n1,2") as path:
        refused(path, r"line 3 has 2 field\(s\)")
    monkeypatch.setattr(opening, "LARGEST_BYTES", 5)
    with pipe(tmp_path / "large.csv", b"a,b,label\n") as path:
        refused(path, "the pipe large.csv holds more than")


def test_devices_are_refused(tmp_path: Path) -> None:
    for device in ("/dev/null", "/dev/zero"):
        refused(device, "is a device or socket; expected a file or a pipe")
    (tmp_path / "zero.csv").symlink_to("/dev/zero")
    refused(tmp_path / "zero.csv", "is a device")


def test_settings_and_mistakes_come_from_pipes_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pipe(tmp_path / "a.toml", MARK + b'data = "t.csv"\n') as path:
        assert read_config(path) == {"data": "t.csv"}
    for name, content in (("m.csv", MARK + b"0\n1\n0\n"), ("m.txt", b"0\n1\n0\n")):
        with pipe(tmp_path / name, content) as path:
            assert read_losses(path).tolist() == [0.0, 1.0, 0.0]
    monkeypatch.setattr(opening, "_PATIENCE", 0.1)
    os.mkfifo(tmp_path / "silent.toml")
    os.mkfifo(tmp_path / "silent.npz")
    with pytest.raises(DataError, match="nothing came out"):
        read_config(tmp_path / "silent.toml")
    with pytest.raises(DataError, match="nothing came out"):
        read_losses(tmp_path / "silent.npz")


# --------------------------------------------------------------------------------------------------- byte order marks


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", MARK + b"a,b,label\n1,2,0\n2,1,1\n"),
        ("b.csv", MARK + b'"a","b","label"\r\n1,2,0\r\n2,1,1\r\n'),
        ("c.csv", MARK + MARK + b"label,a,b\n0,1,2\n1,2,1\n"),
        ("d.csv", MARK + b"1,2,0\n2,1,1\n"),
        ("e.svm", MARK + b"0 1:1 2:2\n1 1:2 2:1\n"),
        ("known_by_content", MARK + b"0 1:1 2:2\n1 1:2 2:1\n"),
    ],
)
def test_a_byte_order_mark_is_no_data(name: str, content: bytes, tmp_path: Path) -> None:
    assert same(load(written(tmp_path / name, content)), from_arrays([[1, 2], [2, 1]], [0, 1]))


def test_settings_in_other_encodings(tmp_path: Path) -> None:
    assert read_config(written(tmp_path / "a.toml", MARK + b"n = [50]\n")) == {"n": [50]}
    with pytest.raises(DataError, match=r"b\.toml is not UTF-8 text; save it as UTF-8"):
        read_config(written(tmp_path / "b.toml", "n = [50]".encode("utf-16")))
    with pytest.raises(DataError, match="is not UTF-8"):
        read_config(written(tmp_path / "c.toml", 'data = "é"'.encode("latin-1")))
    refused(written(tmp_path / "u.csv", "a,b,label\n1,2,0\n".encode("utf-16")), "not UTF-8 text")


# ---------------------------------------------------------------------------------------------- line breaks in quotes

BREAKS = {
    "cell": ('a,b,label\n1,2,"cat\nx"\n3,4,dog\n5,7,"cat\nx"\n', ["cat\nx", "dog"]),
    "header": ('"a\n(cm)",b,label\n1,2,cat\n3,4,dog\n5,7,cat\n', ["cat", "dog"]),
    "header, Windows": ('"a\r\n(cm)","b\r\n","label"\r\n1,2,cat\r\n3,4,dog\r\n5,7,cat\r\n', ["cat", "dog"]),
    "header of many lines": ('\n"a\n\n\n\nb",b,label\n1,2,cat\n3,4,dog\n5,7,cat\n', ["cat", "dog"]),
    "blank lines in a cell": ('a,b,label\n1,2,"cat\n\n\n"\n3,4,dog\n5,7,cat', ["cat", "dog"]),
    "number": ('a,b,label\n"1\n",2,cat\n3,"4",dog\n5,"\n7",cat\n', ["cat", "dog"]),
    "no header": ('1,2,"c\nat"\n3,4,dog\n5,7,"c\nat"\n', ["c\nat", "dog"]),
    "old Mac": ("a,b,label\r1,2,cat\r3,4,dog\r5,7,cat\r", ["cat", "dog"]),
    "quotes in quotes": ('a,b,label\n1,2,"say ""\n"""\n3,4,dog\n5,7,"say ""\n"""\n', ["dog", 'say "\n"']),
}


@pytest.mark.parametrize("case", BREAKS)
def test_a_quoted_line_break_loses_no_row(case: str, tmp_path: Path) -> None:
    text, classes = BREAKS[case]
    ds = load(written(tmp_path / "a.csv", text))
    assert np.array_equal(ds.x, from_arrays([[1, 2], [3, 4], [5, 7]], [0, 1, 0]).x)
    assert [*ds.mapping.negative, *ds.mapping.positive] == classes
    assert not any("\n" in note for note in ds.notes)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9), st.text('ab \n,"', max_size=4)), min_size=2))
def test_tables_that_pandas_wrote_are_read_whole(rows: list[tuple[int, int, str]]) -> None:
    import tempfile

    texts = [f"x{text}y" if i % 2 else f"u{text}v" for i, (_, _, text) in enumerate(rows)]
    frame = pd.DataFrame([row[:2] for row in rows], columns=["a\nb", "c,d"]).assign(label=texts)
    with tempfile.TemporaryDirectory() as folder:
        frame.to_csv(Path(folder) / "a.csv", index=False)
        names = sorted({text.strip() for text in texts})
        if len(names) != 2:
            refused(Path(folder) / "a.csv", "one class only|classes")
            return
        ds = load(Path(folder) / "a.csv")
    assert ds.n == len(rows)
    assert [*ds.mapping.negative, *ds.mapping.positive] == names


@pytest.mark.parametrize(
    "text",
    ['a,b,label\n1,2,cat\n3,4,"dog\n5,6,cat\n7,8,dog\n', 'a,b,label\n1,2,cat\n3,4,"dog', '"a,b,label\n1,2,0\n3,4,1\n'],
)
def test_an_open_quote_swallows_no_rows_in_silence(text: str, tmp_path: Path) -> None:
    refused(written(tmp_path / "a.csv", text), "a quote that opens in or after line [13] is never closed")


# ---------------------------------------------------------------------------------------- index, header, label column

TOLD = {  # text, (n, d), what the notes must say
    "header 0,1,2": ("0,1,2\n.5,1.5,0\n2.5,.5,1\n1.5,.1,0\n", (3, 2), "header is the first line (0, 1, 2)"),
    "header 0,1": ("0,1\n.5,1\n2.5,0\n1.5,1\n", (3, 1), "header is the first line (0, 1)"),
    "header 0,1,2 over whole numbers": ("0,1,2\n5,15,0\n25,5,1\n", (2, 2), "header is the first line (0, 1, 2)"),
    "header 0,1,species": (
        "0,1,species\n.5,1,u\n2.5,0,v\n2,1,u\n",
        (3, 2),
        "label column is 'species', 3 of 3, the last",
    ),
    "header of years, label y": (
        "1990,1991,y\n.5,1,0\n2.5,0,1\n",
        (2, 2),
        "label column is 'y', 3 of 3; the header is",
    ),
    "a name over numbers": ("a,1,2\n.5,1,0\n2.5,0,1\n", (2, 2), "header is the first line (a, 1, 2)"),
    "no header": ("5,6,0\n7,9,1\n1,2,0\n", (3, 2), "label column is 'column 3', 3 of 3, the last; there is no header"),
    "no header, two columns": ("3,1\n1,0\n2,1\n3,0\n", (4, 1), "there is no header"),
    "no header, text labels": ("0,1,cat\n3,4,dog\n", (2, 2), "there is no header"),
    "label first": ("1,1,5,0\n1,2,4,1\n1,3,3,0\n0,4,2,1\n", (4, 3), "column 1 has two values too: if it is the label"),
    "header, label first": ("sick,a,b\n1,1,5\n1,2,4\n0,3,5\n0,4,4\n", (4, 2), "column 1 has two values too"),
    "booleans are no header": ("True,False,a\nFalse,True,b\n", (2, 2), "there is no header"),
    "index named": (
        "index,a,label\n0,5,0\n1,4,1\n2,5,1\n3,4,0\n",
        (4, 2),
        "feature 'index' may be a row index (0, 1, 2",
    ),
    "index shuffled": ("id,a,label\n7,5,0\n3,4,1\n2,5,1\n9,4,0\n", (4, 2), "feature 'id' may be a row index (7, 3, 2"),
    "index of joined tables": ("id,a,label\n0,5,0\n1,4,1\n0,5,1\n1,4,0\n", (4, 2), "feature 'id' may be a row index"),
    "index of floats": ("a,i,label\n5,0.0,0\n4,1.0,1\n5,2.0,1\n4,3.0,0\n", (4, 2), "feature 'i' may be a row index"),
    "index without header": ("0,5,0\n1,4,1\n2,5,1\n3,4,0\n", (4, 2), "feature 'column 1' may be a row index"),
    "index from 1": ("n,a,label\n1,5,0\n2,4,1\n3,5,1\n4,4,0\n", (4, 2), "feature 'n' may be a row index (1, 2, 3"),
    "label": ("b,label,a\n1,u,5\n2,v,4\n", (2, 2), "the label column is 'label', 2 of 3; the header is the first line"),
}


@pytest.mark.parametrize("case", TOLD)
def test_what_was_taken_for_header_index_and_label_is_told(case: str, tmp_path: Path) -> None:
    text, shape, told = TOLD[case]
    ds = load(written(tmp_path / "a.csv", text))
    assert ds.x.shape == shape
    assert any(told in note for note in ds.notes), ds.notes


def spellings() -> dict[str, pd.DataFrame | str]:
    x = RNG.standard_normal((20, 2))
    named = pd.DataFrame(x, columns=["a", "b"]).assign(label=np.repeat([1, 2], 10))
    numbered = pd.DataFrame(np.c_[x, np.repeat([1, 2], 10)])
    return {
        "nameless": named.to_csv(),
        "nameless, shuffled": named.sample(frac=1, random_state=0).to_csv(),
        "nameless, numbered columns": numbered.to_csv(),
        "Unnamed": named.rename_axis("Unnamed: 0").to_csv(),
        "Unnamed, twice": named.rename_axis("Unnamed: 0.1").to_csv(),
        "Unnamed, last": named.assign(**{"Unnamed: 3": np.arange(20)}).to_csv(index=False),
        "Unnamed, numbered columns": numbered.rename_axis("Unnamed: 0").to_csv(),
        "text index": named.set_index(pd.Index([f"row {i}" for i in range(20)])).to_csv(),
        "several": named.set_index([pd.Index(range(20)), pd.Index(range(20))]).to_csv(),
    }


@pytest.mark.parametrize("case", spellings())
def test_an_index_that_pandas_wrote_is_no_feature(case: str, tmp_path: Path) -> None:
    refused(written(tmp_path / "a.csv", str(spellings()[case])), "has no name, probably a row index; drop it")


def test_an_index_in_frames_and_parquet(tmp_path: Path) -> None:
    frame = pd.DataFrame({"Unnamed: 0": range(4), "a": [5, 4, 3, 5], "label": [0, 1, 0, 1]})
    with pytest.raises(DataError, match=r"column 1 \('Unnamed: 0'\) has no name"):
        from_arrays(frame[["Unnamed: 0", "a"]], frame["label"])
    frame.to_parquet(tmp_path / "a.parquet")
    refused(tmp_path / "a.parquet", r"column 1 \('Unnamed: 0'\) has no name")
    frame.rename(columns={"Unnamed: 0": "__index_level_0__"}).to_parquet(tmp_path / "b.parquet")
    refused(tmp_path / "b.parquet", "has no name, probably a row index")
    frame.rename(columns={"Unnamed: 0": "id", "label": "kind"}).to_parquet(tmp_path / "c.parquet")
    notes = load(tmp_path / "c.parquet").notes
    assert (
        "c.parquet: the label column is 'kind', 3 of 3, the last, as none is called label, target, class or y" in notes
    )
    assert any("feature 'id' may be a row index" in note for note in notes)


def test_terminal_and_document_name_the_label_column(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path / "a.csv", "1,1,5,0\n1,2,4,1\n0,3,3,0\n0,4,2,1\n")
    assert main(["data", "show", str(path)]) == 0
    assert "the label column is 'column 4', 4 of 4, the last" in capsys.readouterr().err
    assert main(["data", "show", str(path), "--json"]) == 0
    assert "the label column is 'column 4'" in capsys.readouterr().out


CSV_REFUSALS = {
    "European": ("a;b;label\n1,5;2,5;0\n2,5;3,5;1\n", "has semicolons between its fields; expected commas, and points"),
    "European, no header": ("1,5;2,5;0\n2,5;3,5;1\n", "has semicolons"),
    "European, one feature": ("1,5;0\n2,5;1\n", "has semicolons"),
    "European, quoted": ('"a";"label"\n"1,5";"0"\n"2,5";"1"\n', "has semicolons"),
    "European, text labels": ("a;b;label\n1,5;2,5;cat\n2,5;3,5;dog\n", "has semicolons"),
    "European with tabs": ("1,5\t2,5\t0\n2,5\t3,5\t1\n", "has tabs"),
    "tabs": ("a\tb\tlabel\n1\t2\t0\n3\t4\t1\n", "has tabs"),
    "bars": ("a|b|label\n1|2|0\n3|4|1\n", "has vertical bars"),
    "decimal commas in quotes": ('a,b,label\n"1,5",2,0\n"2,5",3,1\n', "'1,5'.; write decimals with a point"),
    "commas at the ends": ("a,b,label,\n1,2,0,\n3,4,1,\n", "column 4 is empty; remove it .do the lines end in commas"),
    "the same, no header": ("1,2,0,\n3,4,1,\n", "column 4 is empty"),
    "label first, text": ("cat,1,2\ndog,3,4\n", "'dog'.; encode or drop it, or call it label in a header"),
    "NA": ("a,b,label\n1,NA,0\n3,4,1\n", r"row 0, column 'b' .* is NaN \(a missing value\)"),
    "<NA>": ("a,b,label\n1,2,0\n<NA>,4,1\n", r"row 1, column 'a' .* is NaN \(a missing value\)"),
    "NA as a label": ("a,b,label\n1,2,0\n3,4,NA\n3,5,1\n", "missing label in row 1 .*the label column is 'label'"),
    "true among numbers": ("a,b,label\n1,2,0\nTrue,4,1\n", "'a' is not numeric .it holds 'True'"),
    "underscores": ("a,b,label\n1_000,2,0\n3,4,1\n", "'a' is not numeric .it holds '1_000'"),
    "many classes": (
        "5.5,6,.1\n7,9,.2\n1,2,.3\n",
        "3 classes .*label column is 'column 3', 3 of 3, the last; there is no",
    ),
}


@pytest.mark.parametrize("case", CSV_REFUSALS)
def test_a_refused_table_is_told_what_is_wrong_with_it(case: str, tmp_path: Path) -> None:
    text, message = CSV_REFUSALS[case]
    refused(written(tmp_path / "bad.csv", text), message)


def test_separators_within_a_table_of_commas_are_text(tmp_path: Path) -> None:
    ds = load(written(tmp_path / "a.csv", "1.5,2,x;y\n3,4,z;w\n5,6,x;y\n"))
    assert (ds.n, ds.d, ds.mapping.negative) == (3, 2, ("x;y",))
    assert load(written(tmp_path / "b.csv", "a,b,label\n1,2,u|v\n3,4,w|z\n")).n == 2
    assert load(written(tmp_path / "c.csv", 'a,b,label\n1,2,"1,5"\n3,4,"2,5"\n')).mapping.negative == ("1,5",)


def test_labels_in_tables_keep_their_names(tmp_path: Path) -> None:
    large = load(written(tmp_path / "a.csv", "a,b,label\n1,2,9007199254740993\n3,4,9007199254740992\n"))
    assert large.mapping.positive == ("9007199254740993",)
    assert load(written(tmp_path / "b.csv", "a,b,label\n1,2,02\n3,4,1.0\n")).mapping.positive == ("2",)
    assert load(written(tmp_path / "c.csv", "a,b,label\n1,2,TRUE\n3,4,false\n")).mapping.positive == ("True",)


# ----------------------------------------------------------------------------------------------- names of the classes

NAMES = [
    ["1/8", "3/8", "5/8"],
    ["a:1", "b:2", "c:3"],
    ["a,b", "c,d", "e"],
    ['"', "/", ","],
    ['say "hi"', '"quoted"', "x"],
    ["[bold]", "[/x]", "[0, 1]"],
    ["<=50K", ">50K", "n/a"],
    ["even", "odd", "1/2"],
    ["yes, sir", "no: sir", "c:\\d/e"],
    ["a=1", "a=2", "b/c=3"],
    ["a", "b", "a/b"],
    ["3/8", "a.csv", "digits:3/8"],
]


@pytest.mark.parametrize("names", NAMES, ids=str)
def test_a_proposed_choice_is_accepted(names: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frame = pd.DataFrame({"a": [1, 2, 3, 4, 5, 6], "b": [2, 1, 1, 1, 1, 1], "label": [*names, *names]})
    frame.to_csv(tmp_path / "t.csv", index=False)
    message = refused(tmp_path / "t.csv", "3 classes")
    proposed = message.partition("e.g. t.csv:")[2].partition(" (in Python classes=")[0]
    ds = load(f"{tmp_path / 't.csv'}:{proposed}")
    assert (ds.mapping.negative, ds.mapping.positive) == tuple((name,) for name in sorted(names)[:2])
    unquoted = proposed.replace('"', "")  # as a shell would hand it over
    if '"' not in "".join(names):
        assert load(f"{tmp_path / 't.csv'}:{unquoted}").mapping == ds.mapping


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text('ab1 ,/:"[]=\\', min_size=1, max_size=5).filter(str.strip), min_size=3, max_size=6))
def test_every_proposed_choice_is_accepted(labels: list[str]) -> None:
    names = sorted({label.strip() for label in labels})
    if len(names) < 3:
        return
    with pytest.raises(DataError, match=r"e\.g\.") as caught:
        signed_labels(labels)
    proposed = str(caught.value).partition("e.g. data:")[2].partition(" (in Python classes=")[0]
    _, mapping = signed_labels(labels, proposed)
    assert len(mapping.negative) == len(mapping.positive) == 1
    assert {*mapping.negative, *mapping.positive} <= set(names)


CHOICES = {
    '"1/8"/"3/8"': (["1/8"], ["3/8"]),
    "1/8/3/8": (["1/8"], ["3/8"]),
    '"1/8", 5/8 / "3/8"': (["1/8", "5/8"], ["3/8"]),
    "1/8,5/8/a,b": (["1/8", "5/8"], ["a,b"]),
    'a,b/"1/8"': (["a,b"], ["1/8"]),
    '"say ""x"""/a,b': (['say "x"'], ["a,b"]),
    'say "x"/3/8': (['say "x"'], ["3/8"]),
}


@pytest.mark.parametrize("choice", CHOICES)
def test_names_may_be_quoted_and_need_not_be_where_one_reading_fits(choice: str) -> None:
    labels = ["1/8", "3/8", "5/8", "a,b", 'say "x"']
    _, mapping = signed_labels(labels, choice)
    assert ([*mapping.negative], [*mapping.positive]) == CHOICES[choice]


@pytest.mark.parametrize("choice", ["a/b/c", "a/b/c/d", '"a/b/c"', 'a/"b', "//"])
def test_a_choice_that_can_be_read_in_no_or_several_ways_is_refused(choice: str) -> None:
    with pytest.raises(DataError, match=r"malformed choice|no class|empty side") as caught:
        signed_labels(["a", "b", "c", "a/b", "b/c"], choice)
    assert "\n" not in str(caught.value)


def test_unprintable_names_are_not_proposed() -> None:
    with pytest.raises(DataError, match="3 classes") as caught:
        signed_labels(["a\nb", "a\nc", "d"])
    assert "e.g." not in str(caught.value)


def test_classes_of_cifar_by_number_and_quoted(tmp_path: Path) -> None:
    pixels = RNG.integers(0, 256, (12, 3072)).astype(np.uint8)
    cifar = write_cifar(tmp_path / "c", pixels[:10], np.arange(10), pixels[10:], np.arange(2))
    written(cifar / "batches.meta", cifar_meta().replace(b"airplane", b"air/lane"))
    for choice in ('"air/lane"/automobile', "air/lane/automobile", "0/1"):
        assert load(f"{cifar}:{choice}").mapping.negative == ("air/lane",)
    assert load(f"{cifar}:even/odd").mapping.negative[0] == "air/lane"


def test_files_whose_names_read_like_specs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = "a,b,label\n1,2,u\n2,1,v\n3,1,w\n"
    for name in ("digits:3.csv", "a:b.csv", "openml:x.csv", "t[red].csv", "x y.csv"):
        written(tmp_path / name, text)
        assert load(f"{name}:u/v").n == 2
        refused(name, "3 classes")
    refused("gone.csv:a:1/b:2", r"no such file: 'gone\.csv'")


# ------------------------------------------------------------------------------------------------------------- arrays

X4, Y4 = X[:4].astype(float), [0, 1, 0, 1]
FIELDS = np.array([(True, 1.0), (False, 2.0)] * 2, dtype=[("event", "?"), ("time", "f8")])
ARRAYS = {
    "structured labels": (
        X4,
        FIELDS,
        "labels of arrays .*structured array with fields event, time, expected a plain one",
    ),
    "structured features": (FIELDS, Y4, "structured array with fields event, time"),
    "structured columns": (np.zeros((4, 2), dtype=[("a", "f8")]), Y4, "structured array with fields a"),
    "records": (FIELDS.view(np.recarray), Y4, "structured array"),
    "void features": (np.zeros((4, 2), "V8"), Y4, r"raw bytes \(dtype \|V8\), expected numbers"),
    "void labels": (X4, np.zeros(4, "V3"), "raw bytes .* expected numbers or text"),
    "dates as labels": (X4, np.array(Y4, dtype="M8[ns]"), "dates or times .* name the classes"),
    "spans as labels": (X4, np.array(Y4, dtype="m8[ns]"), "dates or times"),
    "series of dates": (X4, pd.Series(pd.to_datetime(["2020", "2021"] * 2)), "dates or times"),
    "dates as features": (X4.astype("M8[s]"), Y4, "must hold real numbers; got dtype datetime64"),
    "objects as labels": (X4, [{}, {}, {}, {}], "has the label '{}' in row 0"),
    "rows as objects": (np.array([[1], [1, 2]] * 2, dtype=object), Y4, "two dimensions; got shape"),
    "no labels": (X4, None, "one label a row, shape .*; got a NoneType"),
    "a dictionary": ({"a": [1]}, Y4, "two dimensions, one row a sample; got a dict"),
}


@pytest.mark.parametrize("case", ARRAYS)
def test_arrays_that_are_no_numbers_are_refused_in_one_line(case: str, tmp_path: Path) -> None:
    x, y, message = ARRAYS[case]
    with pytest.raises(DataError, match=message) as caught:
        from_arrays(x, y)
    assert "\n" not in str(caught.value)
    if isinstance(x, np.ndarray) and isinstance(y, np.ndarray | list) and "objects" not in case:
        np.savez(tmp_path / "a.npz", x=x, y=y)
        refused(tmp_path / "a.npz", message.replace("arrays .*", ".*"))


def test_extension_floats_are_numbers() -> None:
    for dtype in (ml_dtypes.bfloat16, ml_dtypes.float8_e4m3fn, ml_dtypes.int4):
        assert same(
            from_arrays(X4.clip(1, 7).astype(dtype), np.array(Y4).astype(dtype)), from_arrays(X4.clip(1, 7), Y4)
        )


@pytest.mark.parametrize("dtype", ["Int64", "Float32", "boolean", "UInt8"])
def test_missing_values_of_nullable_columns_are_missing_values(dtype: str, tmp_path: Path) -> None:
    column = pd.array([1, 1, None, 1], dtype=dtype)
    frame = pd.DataFrame({"a": column, "b": [1.0, 2.0, 3.0, 4.0]})
    missing = r"row 2, column 'a' \(rows count from 0\) is NaN \(a missing value\)"
    with pytest.raises(DataError, match=missing):
        from_arrays(frame, Y4)
    frame.assign(label=Y4).to_parquet(tmp_path / "a.parquet")
    refused(tmp_path / "a.parquet", missing)
    frame.assign(label=Y4).to_csv(tmp_path / "a.csv", index=False)
    refused(tmp_path / "a.csv", missing)
    with pytest.raises(DataError, match="missing label in row 2"):
        from_arrays(X4, pd.Series(column))
    assert from_arrays(frame.assign(a=pd.array([1, 1, 0, 1], dtype=dtype)), Y4).d == 2
