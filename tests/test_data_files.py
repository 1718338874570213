"""Files: what is read, and what is said about a file that cannot be read."""

import os
from pathlib import Path

import numpy as np
import pytest

from howwide.data import from_arrays, load
from howwide.errors import DataError

X = np.arange(24, dtype=np.uint8).reshape(8, 3) + 1
Y = np.array([3, 8, 3, 8, 5, 5, 3, 8])


def saved(path: Path, **arrays: object) -> str:
    np.savez(path, **arrays)
    return str(path)


def written(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_npz_with_both_parts_and_chosen_classes(tmp_path: Path) -> None:
    path = saved(tmp_path / "all.npz", x_train=X, y_train=Y, x_test=X[::-1], y_test=Y[::-1], idx=np.arange(8))
    ds, same = load(f"{path}:3/8"), from_arrays(X, Y, X[::-1], Y[::-1], classes="3/8")
    assert ds.name == "all.npz:3/8"
    assert np.array_equal(ds.x, same.x)
    assert ds.y.tolist() == [-1, 1, -1, 1, -1, 1]
    assert ds.y_test is not None
    assert ds.y_test.tolist() == [1, -1, 1, -1, 1, -1]


def test_npz_with_x_and_y_in_either_case_and_as_a_path(tmp_path: Path) -> None:
    saved(tmp_path / "plain.npz", X=X[:4], y=Y[:4])
    ds = load(tmp_path / "plain.npz")
    assert ds.name == "plain.npz"
    assert ds.x_test is None


def test_images_are_flattened_and_this_is_noted(tmp_path: Path) -> None:
    path = saved(tmp_path / "images.npz", x=X[:4].reshape(4, 1, 3), y=Y[:4])
    ds = load(path)
    assert np.array_equal(ds.x, from_arrays(X[:4], Y[:4]).x)
    assert ds.notes[0] == "images.npz: x has rows of shape 1x3; they were flattened"


def test_a_path_may_contain_colons_and_the_path_as_given_wins(tmp_path: Path) -> None:
    folder = tmp_path / "a:b"
    folder.mkdir()
    plain = saved(folder / "data.npz", x=X, y=Y)
    assert load(f"{plain}:3/8").n == 6
    whole = saved(folder / "data:3.npz", x=X[:4], y=Y[:4])
    assert load(whole).n == 4
    assert load(f"{whole}:8/3").y.tolist() == [1, -1, 1, -1]


BAD_NPZ = {
    "no labels": ({"x_train": X}, r"lacks the array\(s\) y_train.*found x_train"),
    "other names": ({"data": X, "target": Y}, r"lacks the array\(s\) x, y; .*found data, target"),
    "nothing": ({}, "found none"),
    "half a test": ({"x": X, "y": Y, "x_test": X}, "only one of x_test and y_test"),
    "objects": ({"x": X, "y": np.array([{}] * 8)}, "array y holds Python objects"),
    "two cases": ({"x": X, "X": X, "y": Y}, "has the array x twice, also as X"),
    "three classes": ({"x": X, "y": Y}, r"bad.npz has 3 classes \(3, 5, 8\).*bad.npz:3/5"),
    "lengths": ({"x": X, "y": Y[:5]}, "8 rows and 5 labels"),
    "no rows": ({"x": np.ones((0, 4, 4)), "y": np.ones(0)}, "two dimensions|empty"),
}


@pytest.mark.parametrize("case", BAD_NPZ)
def test_npz_without_the_right_arrays(case: str, tmp_path: Path) -> None:
    arrays, message = BAD_NPZ[case]
    with pytest.raises(DataError, match=message) as caught:
        load(saved(tmp_path / "bad.npz", **arrays))
    assert "\n" not in str(caught.value)
    assert str(tmp_path) not in str(caught.value)


def test_damaged_npz_files(tmp_path: Path) -> None:
    whole = Path(saved(tmp_path / "whole.npz", x=np.ones((50, 50)), y=np.arange(50) % 2)).read_bytes()
    damaged = {
        "truncated": whole[: len(whole) // 2],
        "short": whole[:100],
        "empty": b"",
        "text": b"x,y\n1,2\n",
        "flipped": whole[:3000] + bytes(64) + whole[3064:],
        "member header": whole.replace(b"NUMPY", b"BUMPY"),
    }
    for name, content in damaged.items():
        path = tmp_path / f"{name}.npz"
        path.write_bytes(content)
        with pytest.raises(DataError, match=rf"{name}\.npz") as caught:
            load(path)
        assert "\n" not in str(caught.value)
    with pytest.raises(DataError, match=r"truncated\.npz is damaged or not an \.npz file"):
        load(tmp_path / "truncated.npz")
    with pytest.raises(DataError, match=r"text\.npz is damaged or not an \.npz file .it starts with 78 2c 79 0a"):
        load(tmp_path / "text.npz")


def test_a_single_array_called_npz(tmp_path: Path) -> None:
    with (tmp_path / "one.npz").open("wb") as file:
        np.save(file, X)
    with pytest.raises(DataError, match="holds a single array"):
        load(tmp_path / "one.npz")


TABLES = {
    "header": "a,b,label\n1,2,cat\n3,4,dog\n",
    "label first": "Label,a,b\ncat,1,2\ndog,3,4\n",
    "target": "a,target,b\n1,cat,2\n3,dog,4\n",
    "class beside y": "class,x,y\ncat,1,2\ndog,3,4\n",
    "y": "a,y,b\n1,cat,2\n3,dog,4\n",
    "other names": "a,b,animal\n1,2,cat\n3,4,dog\n",
    "numbered": "0,1,label\n1,2,cat\n3,4,dog\n",
    "no header": "1,2,cat\n3,4,dog\n",
    "spaces and blank lines": "\n a, b, label\n1, 2, cat\n\n3, 4, dog\n\n",
    "quotes": '"a","b","label"\n"1","2","cat"\n3,4,"dog"\n',
    "byte order mark": "\ufeffa,b,label\n1,2,cat\n3,4,dog\n",
    "Windows lines": "a,b,label\r\n1,2,cat\r\n3,4,dog\r\n",
    "no last newline": "1,2,cat\n3,4,dog",
}


@pytest.mark.parametrize("case", TABLES)
def test_csv_with_and_without_a_header(case: str, tmp_path: Path) -> None:
    ds = load(written(tmp_path / "pets.csv", TABLES[case]))
    assert np.array_equal(ds.x, from_arrays([[1, 2], [3, 4]], [0, 1]).x)
    assert ds.y.tolist() == [-1.0, 1.0]
    assert ds.mapping.positive == ("dog",)


def test_csv_labels_of_other_kinds(tmp_path: Path) -> None:
    assert load(written(tmp_path / "a.csv", "1,2,0.0\n3,4,1.0\n5,6,2.0\n") + ":0/2").y.tolist() == [-1, 1]
    assert load(written(tmp_path / "b.csv", "1,2,True\n3,4,False\n")).mapping.negative == ("False",)
    assert load(written(tmp_path / "c.csv", "1,2,NA\n3,4,None\n")).mapping.negative == ("NA",)
    assert load(written(tmp_path / "d.csv", "1,2,y\n3,4,n\n")).mapping.positive == ("y",)
    assert load(written(tmp_path / "e.csv", "1,123456789012345678901234,y\n3,4,n\n")).n == 2


def test_csv_numbers_are_read_to_rounding(tmp_path: Path) -> None:
    x = np.random.default_rng(0).standard_normal((20, 2)) * 10.0 ** np.arange(-10, 10)[:, None]
    lines = [f"{a!r},{b!r},{i % 2}" for i, (a, b) in enumerate(x.tolist())]
    ds = load(written(tmp_path / "exact.csv", "\n".join(lines)))
    np.testing.assert_allclose(ds.x, from_arrays(x, np.arange(20) % 2).x, rtol=1e-14)


BAD_CSV = {
    "long line": ("a,b,label\n1,2,0\n1,2,3,1\n", r"line 3 has 4 field\(s\), the first line 3"),
    "short line": ("1,2,0\n1,2,1\n1,1\n", r"line 3 has 2 field\(s\), the first line 3"),
    "text feature": ("a,city,label\n1,Rome,0\n2,Oslo,1\n", "feature column 'city' is not numeric .it holds 'Rome'"),
    "text among numbers": ("a,b,label\n1,2,0\n2,?,1\n", "feature column 'b' is not numeric .it holds '?'"),
    "missing feature": ("a,b,label\n1,2,0\n2,,1\n", "row 1, column 'b' .* NaN"),
    "missing label": ("a,b,label\n1,2,0\n2,3,\n", "missing label in row 1"),
    "two labels": ("label,b,target\n1,2,0\n2,3,1\n", r"several columns that may be the label \(label, target\)"),
    "row index": (",a,label\n0,1,0\n1,2,1\n", r"column 1 has no name.*index=False"),
    "one column": ("a\n1\n2\n", "a single column"),
    "semicolons": ("a;b;label\n1;2;0\n", "has semicolons between its fields; expected commas"),
    "only a header": ("a,b,label\n", "at least one line of data"),
    "empty": ("", "is empty"),
    "blank": ("\n\n", "is empty"),
    "one row": ("1,2,0\n", "1 training row"),
    "three classes": ("1,2,0\n1,3,1\n1,4,2\n", "3 classes .*bad.csv:0/1"),
}


@pytest.mark.parametrize("case", BAD_CSV)
def test_csv_that_cannot_be_used(case: str, tmp_path: Path) -> None:
    text, message = BAD_CSV[case]
    with pytest.raises(DataError, match=message) as caught:
        load(written(tmp_path / "bad.csv", text))
    assert "\n" not in str(caught.value)


def test_csv_that_is_not_text(tmp_path: Path) -> None:
    (tmp_path / "latin.csv").write_bytes("1,2,é\n".encode("latin-1"))
    with pytest.raises(DataError, match="not UTF-8 text"):
        load(tmp_path / "latin.csv")
    (tmp_path / "huge.csv").write_text("a" * 200_000 + ",1\n")
    with pytest.raises(DataError, match="not a table of comma-separated values"):
        load(tmp_path / "huge.csv")


def test_folders_and_other_kinds_of_files(tmp_path: Path) -> None:
    (tmp_path / "folder.npz").mkdir()
    with pytest.raises(
        DataError, match=r"is a directory; expected a file \(.npz, .csv, .*or a folder of one of the kinds"
    ):
        load(tmp_path)
    with pytest.raises(DataError, match="is a directory"):
        load(f"{tmp_path / 'folder.npz'}:3/8")
    with pytest.raises(
        DataError, match=r"of kind \.txt are not supported, unless .* LIBSVM .*; supported are \.npz, \.csv"
    ):
        load(written(tmp_path / "notes.txt", "1"))
    with pytest.raises(DataError, match="of kind without an extension are not supported"):
        load(written(tmp_path / "notes", "1") + ":3/8")
    with pytest.raises(DataError, match=r"no such file: .*gone\.npz'"):
        load(tmp_path / "gone.npz")
    with pytest.raises(DataError, match="nothing follows the colon"):
        load(saved(tmp_path / "a.npz", x=X, y=Y) + ":")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="needs a user whom file modes bind")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = Path(saved(tmp_path / "secret.npz", x=X, y=Y))
    path.chmod(0)
    with pytest.raises(DataError, match=r"secret.npz cannot be read: Permission denied"):
        load(path)


def test_real_images_beside_the_checkout(shared_data: Path) -> None:
    cifar, mnist = load(shared_data / "cifar10_binary.npz"), load(shared_data / "mnist_binary.npz")
    assert (cifar.n, cifar.d, cifar.positives, cifar.n_test) == (10000, 3072, 5000, 2000)
    assert (mnist.n, mnist.d, mnist.positives, mnist.n_test) == (11982, 784, 5851, 1984)
    assert cifar.mapping.negative == mnist.mapping.negative == ("-1",)
    subset = mnist.subset(500)
    assert subset.positives == 244  # 500 * 5851 / 11982 = 244.16
    assert subset.duplicates().groups == 0


def test_real_digits_by_choice_of_classes(shared_data: Path) -> None:
    chosen, ready = load(f"{shared_data / 'mnist.npz'}:3/8"), load(shared_data / "mnist_binary.npz")
    assert chosen.describe()["fingerprint"] == ready.describe()["fingerprint"]


def test_real_census_has_contradictions(shared_data: Path) -> None:
    ds = load(shared_data / "a9a.npz")
    with np.load(shared_data / "a9a.npz") as arrays:
        unique, inverse = np.unique(arrays["x_train"], axis=0, return_inverse=True)
        plus = np.bincount(inverse, weights=arrays["y_train"] > 0)
    sizes = np.bincount(inverse)
    found = ds.duplicates()
    assert found.redundant == ds.n - len(unique)
    assert found.unavoidable_errors == np.minimum(plus, sizes - plus).sum()
    assert any("zero training error is impossible" in note for note in ds.notes)


def test_a_refusal_is_one_line_whatever_the_file_holds(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"x\\n_train") as refused:
        load(saved(tmp_path / "a.npz", **{"x\n_train": X, "y": Y}))
    assert "\n" not in str(refused.value)
