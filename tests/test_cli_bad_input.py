"""Wrong usage and bad input: exit code 2, one line on stderr, nothing on stdout, nothing written."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from commands import refused

RNG = np.random.default_rng(0)
X, Y = RNG.standard_normal((12, 4)), np.arange(12) % 2

WIDTH = {
    "--data": "digits:even/odd",
    "--n": "20",
    "--depth": "2",
    "--steps": "20",
    "--trials": "24",
    "--max-width": "8",
}
TRAIN = {"--data": "digits:even/odd", "--n": "20", "--depth": "2", "--steps": "20", "--width": "4"}
MEASURE = {"--data": "digits:even/odd", "--n": "20", "--depth": "2", "--width": "8"}
OPTIONS = {"width": WIDTH, "train": TRAIN, "measure": MEASURE}


def with_entry(value: float, row: int = 3) -> np.ndarray:
    x = X.copy()
    x[row, 1] = value
    return x


def arrays(**named: np.ndarray) -> Callable[[Path], None]:
    return lambda path: np.savez(path, **named)


def truncated(path: Path) -> None:
    np.savez(path, x=X, y=Y)
    path.write_bytes(path.read_bytes()[:200])


def text(content: str | bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content if isinstance(content, bytes) else content.encode())


# name of the file, what writes it, and a word that the message must hold
FILES: dict[str, tuple[Callable[[Path], object], str]] = {
    "wrong_arrays.npz": (arrays(a=X, b=Y), "x_train"),
    "lengths.npz": (arrays(x=X, y=Y[:-1]), "11 labels"),
    "truncated.npz": (truncated, "damaged"),
    "no_bytes.npz": (text(""), "damaged"),
    "no_arrays.npz": (arrays(), "x_train"),
    "nan.npz": (arrays(x=with_entry(np.nan), y=Y), "row 3, column 1"),
    "inf.npz": (arrays(x=with_entry(np.inf), y=Y), "row 3, column 1"),
    "zero_row.npz": (arrays(x=X * (np.arange(12) != 5)[:, None], y=Y), "--constant-coordinate"),
    "one_class.npz": (arrays(x=X, y=0 * Y), "one class"),
    "three_labels.npz": (arrays(x=X, y=np.arange(12) % 3), ":0/1"),
    "objects.npz": (arrays(x=X.astype(object), y=Y), "objects"),
    "complex.npz": (arrays(x=X + 1j, y=Y), "real"),
    "one_dimension.npz": (arrays(x=X[:, 0], y=Y), "(n, d)"),
    "one_row.npz": (arrays(x=X[:1], y=Y[:1]), "at least 2"),
    "no_rows.npz": (arrays(x=X[:0], y=Y[:0]), "no_rows.npz"),
    "test_without_labels.npz": (arrays(x_train=X, y_train=Y, x_test=X), "y_test"),
    "test_columns.npz": (arrays(x_train=X, y_train=Y, x_test=X[:, :3], y_test=Y), "columns"),
    "empty.csv": (text(""), "empty"),
    "header_only.csv": (text("a,label\n"), "data"),
    "one_column.csv": (text("label\n0\n1\n"), "single column"),
    "ragged.csv": (text("a,b,label\n1,2,0\n1,2\n"), "line 3"),
    "words.csv": (text("a,b,label\n1,2,0\nx,2,1\n"), "x"),
    "not_text.csv": (text(b"\xff\xfe\x00\x01" * 9), "UTF-8"),
    "two\nlines.csv": (text("x"), "column"),
    "data.xyz": (text("1 2 3"), ".xyz"),
    "folder.npz": (lambda path: path.mkdir(), "directory"),
}


def refused_by(verb: str, folder: Path, capsys: pytest.CaptureFixture[str], *flags: str, **changes: str | None) -> str:
    """Run a verb with changed options and ``--out``; no folder may be left."""
    options = OPTIONS[verb] | {"--" + k.replace("_", "-"): v for k, v in changes.items() if v is not None}
    out = folder / "out"
    arguments = [verb, *(word for pair in options.items() for word in pair), *flags, "--out", str(out)]
    message = refused(arguments, capsys)
    assert not out.exists()
    return message


@pytest.fixture
def spec(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    FILES[request.param][0](tmp_path / request.param)
    return str(tmp_path / request.param)


@pytest.mark.parametrize("spec", FILES, indirect=True)
@pytest.mark.parametrize("verb", ["width", "train", "measure", "data show"])
def test_unusable_files(spec: str, verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if verb == "data show":
        message = refused(["data", "show", spec], capsys)
    else:
        message = refused_by(verb, tmp_path, capsys, data=spec)
    assert FILES[Path(spec).name][1] in message
    assert str(tmp_path) not in message or "directory" in message


SPECS = [
    "nosuch.npz", "no/such/file.csv", ":", "", "  ", "digits:", "digits:3", "digits:3/x", "digits:3/3", "digits:even",
    "digits:1/2/3", "digits:foo=1", "xor:dim=abc", "xor:foo=1", "xor:dim=0", "xor:n=99999999999", "xor:dim", "nosuch",
    "openml:mnist", "Digits:even/odd", "caps:angle=nan", "/", ".", "\0",
]  # fmt: skip


@pytest.mark.parametrize("data", SPECS)
def test_malformed_specs(data: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    refused_by("width", tmp_path, capsys, data=data)
    refused_by("train", tmp_path, capsys, data=data)
    refused(["data", "show", data], capsys)


# option, values that both verbs refuse
SHARED = {
    "n": ["0", "-5", "1", "1401", "5000", "99999999999999999999", "abc", "100,", "", "1e2"],
    "depth": ["1", "0", "-3", "x"],
    "alpha": ["0", "0.6", "nan", "inf", "-0.5"],
    "target": ["foo", "", "loss<=-1", "loss<=nan", "loss<=0", "loss<=", "loss<1", "error<=0"],
    "step_size": ["0", "-1", "nan", "inf", "foo", "", "zou-gu"],
    "hidden_constant": ["0", "-1", "nan", "inf"],
    "steps": ["-1", "1.5", "99999999999", "x"],
    "network": ["foo", "", "Deep"],
    "subset": ["foo", ""],
    "constant_coordinate": ["0", "1", "nan", "-1", "inf", "x"],
    "seed": ["-1", "x", "1.5"],
}
TRAINING = {"target", "step_size", "hidden_constant", "steps"}
WIDTH_ONLY = {
    "n": ["20,0", "20,abc", "20,5000", ",20"],
    "steps": ["0", "500,250", "500,500"],
    "trials": ["0", "-1", "x"],
    "precision": ["1", "0", "nan", "x"],
    "label_noise": ["-0.1", "0.6", "nan", "x", "0,"],
    "labels": ["", "foo"],
    "engine": ["", "foo"],
    "max_width": ["0", "-1", "x"],
    "algorithm": ["", "foo", "sgd", "minibatch"],
    "batch_size": ["4", "0", "x"],
    "scaling": ["", "foo"],
    "workers": ["0", "-1", "x"],
}
TRAIN_ONLY = {
    "width": ["0", "-1", "x", "1.5"],
    "algorithm": ["foo", ""],
    "dtype": ["float16", "x"],
}


MEASURE_ONLY = {
    "width": ["0", "-1", "x", "1.5"],
    "parts": ["", "foo", "ntrf,foo", "ntrf,", "all,ntrf"],
    "radii": ["", "-1", "x", "nan", "1,inf", "1,,2"],
    "eps": ["", "0", "-1", "x", "nan", "0.1,inf"],
    "tolerance": ["0", "1", "-1", "nan", "x"],
    "dtype": ["float16", "x", ""],
}


def cases(options: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(option, value) for option, values in options.items() for value in values]


@pytest.mark.parametrize(("option", "value"), [*cases(SHARED), *cases(WIDTH_ONLY)])
def test_bad_options_of_width(option: str, value: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    message = refused_by("width", tmp_path, capsys, **{option: value})
    assert "Traceback" not in message


@pytest.mark.parametrize(("option", "value"), [*cases(SHARED), *cases(TRAIN_ONLY)])
def test_bad_options_of_train(option: str, value: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    refused_by("train", tmp_path, capsys, **{option: value})


@pytest.mark.parametrize(("option", "value"), [c for c in cases(SHARED) if c[0] not in TRAINING] + cases(MEASURE_ONLY))
def test_bad_options_of_measure(option: str, value: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    refused_by("measure", tmp_path, capsys, **{option: value})


def test_options_that_do_not_go_together(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "even" in refused_by("train", tmp_path, capsys, network="fixed-head", width="5")
    assert "even" in refused_by("train", tmp_path, capsys, "--antisymmetric", width="5")
    assert "--target" in refused_by("train", tmp_path, capsys, algorithm="sgd", target="zero-error")
    assert "ladder" in refused_by("train", tmp_path, capsys, algorithm="sgd", step_size="ladder")
    assert "at least 2" in refused_by("width", tmp_path, capsys, network="fixed-head", max_width="1")
    assert "one class" in refused_by("width", tmp_path, capsys, subset="random", n="1")
    assert "one --n" in refused(["data", "show", "digits:even/odd", "--n", "20,30"], capsys)


@pytest.mark.parametrize(
    "arguments",
    [
        ["nosuch"],
        ["--nosuch"],
        ["width"],
        ["width", "--nosuch", "1"],
        ["width", "--data", "digits:even/odd"],
        ["width", "--n", "20"],
        ["width", "--data"],
        ["width", "--data", "digits:even/odd", "--n", "20", "surplus"],
        ["train", "--data", "digits:even/odd"],
        ["measure", "--data", "digits:even/odd"],
        ["measure", "--width", "8"],
        ["data"],
        ["data", "nosuch"],
        ["data", "show"],
        ["report"],
        ["demo", "--n", "0"],
        ["demo", "--trials", "0"],
    ],
    ids=" ".join,
)
def test_wrong_usage(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)  # demo writes to ./demo
    message = refused(arguments, capsys)
    assert ".." not in message
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("verb", OPTIONS)
@pytest.mark.parametrize("place", ["file", "file/below", "file/far/below", "/proc/howwide"])
def test_places_that_cannot_be_written(
    place: str, verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if place.startswith("/proc") and not Path("/proc").is_dir():
        pytest.skip("needs /proc")
    (tmp_path / "file").write_text("kept")
    options = OPTIONS[verb]
    arguments = [verb, *(word for pair in options.items() for word in pair), "--out", str(tmp_path / place)]
    assert "--out" in refused(arguments, capsys)
    assert os.listdir(tmp_path) == ["file"]
    assert (tmp_path / "file").read_text() == "kept"


def test_a_refused_run_leaves_an_existing_folder_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "kept.txt").write_text("kept")
    options = WIDTH | {"--steps": "0"}
    refused(["width", *(word for pair in options.items() for word in pair), "--out", str(tmp_path)], capsys)
    assert os.listdir(tmp_path) == ["kept.txt"]
    empty = tmp_path / "empty"
    empty.mkdir()
    refused(["width", *(word for pair in options.items() for word in pair), "--out", str(empty)], capsys)
    assert empty.is_dir()


def test_reports_of_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("x")
    for place in ("missing", ".", "file"):
        assert "result.json" in refused(["report", str(tmp_path / place)], capsys)
    assert os.listdir(tmp_path) == ["file"]
