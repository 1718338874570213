"""`howwide certify`: what is printed, what is left behind, and what is refused in one line."""

import json
import math
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from commands import document, refused
from howwide.cli import main
from howwide.figures import plot_certificates, plot_sample_size
from howwide.results.certify import Certificate, Certification, MeanOverSeeds

DATA = ["certify", "--data", "digits:even/odd"]
SMALL = [*DATA, "--n", "60", "--width", "8", "--depth", "2"]


def test_help_shows_examples_whose_options_exist(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["certify", "-h"]) == 0
    options, _, examples = capsys.readouterr().out.partition("Example")
    lines = [line.strip() for line in examples.splitlines()[1:]]
    assert len(lines) == 5
    assert all(line.startswith("howwide certify") for line in lines)
    assert all(f"{word} " in options for word in examples.split() if word.startswith("--"))


def test_a_document_has_the_keys_that_stay(capsys: pytest.CaptureFixture[str]) -> None:
    found = document(SMALL, capsys)
    assert found["verb"] == "certify"
    assert found["data"]["n"] == 60
    result = found["result"]
    names = ["snapshot_suffix", "progressive_validation", "online_to_batch", "holdout"]
    assert [c["name"] for c in result["certificates"]] == names
    for c in result["certificates"]:
        assert {"name", "certifies", "value", "delta", "test_error", "conditions", "terms"} <= set(c)
        assert 0 < c["value"] <= 1
        assert {k["status"] for k in c["conditions"]} == {"checked", "declared"}
        assert f"{1 - c['delta']:g}" in c["meaning"]
    assert [p["name"] for p in result["predictions"]] == ["online_to_batch"]
    assert all(p["why"] for p in result["predictions"])
    assert result["runs"][0]["step_size"] == pytest.approx(4 / 16)
    assert result["points"] == result["rates"] == []


def test_one_table_then_meanings_conditions_and_predictions(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert main([*SMALL, "--out", str(out)]) == 0
    shown = capsys.readouterr().out
    parts = [
        "Certificates, digits",
        "What each means",
        "Conditions",
        "Predictions of the theory, which certify nothing",
    ]
    assert sorted(parts, key=shown.index) == parts
    assert "…" not in shown
    table, rest = shown.split("Each certificate holds")
    for name in ("snapshot_suffix", "progressive_validation", "online_to_batch", "holdout"):
        assert name in table
        assert f"\n{name}: With probability at least 0.95" in rest
    assert "  your word  " in rest
    assert "  checked  " in rest
    assert sorted(p.name for p in out.iterdir()) == ["certificates.svg", "report.html", "result.json", "tables"]
    page = (out / "report.html").read_text()
    result = json.loads((out / "result.json").read_text())["result"]
    assert page.index(result["certificates"][0]["meaning"].replace("'", "&#39;")) < page.index("<h2>Certificates")
    assert "which certify nothing" in page
    before = page
    assert main(["report", str(out)]) == 0
    assert (out / "report.html").read_text() == before


def test_a_grid_lists_every_combination(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*DATA, "--n", "60", "--width", "4,8", "--depth", "2", "--joint"]) == 0
    shown = capsys.readouterr().out
    assert "All combinations, each at its share of delta" in shown
    assert "All certificates hold at once with probability at least 0.95" in shown
    assert "best of 2" in shown


def test_bounds_are_rounded_up_wherever_they_are_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The bound is 2.5109 %, and delta 0.01666."""
    path = tmp_path / "mistakes.csv"
    path.write_text(("0\n" * 110 + "1\n") * 9)
    out = tmp_path / "out"
    found = document(["certify", "--mistakes", str(path), "--out", str(out), "--delta", str(0.05 / 3)], capsys)
    value = 100 * found["result"]["certificates"][0]["value"]
    nearest, above = f"{value:.3g} %", f"{math.ceil(100 * value) / 100:.3g} %"
    assert nearest != above
    assert main(["certify", "--mistakes", str(path), "--delta", str(0.05 / 3)]) == 0
    shown = capsys.readouterr().out
    page = (out / "report.html").read_text().split("<svg")[0] + (out / "report.html").read_text().split("</svg>")[1]
    drawn = plot_certificates(Certification.model_validate(found["result"]))
    for text in (shown, page, " ".join(label.get_text() for label in drawn.texts)):
        assert above in text
        assert nearest not in text
    assert "0.0167" in shown
    assert "at least 0.9833 over" in shown


def test_a_curve_over_n(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = [*DATA, "--n", "60,30", "--seeds", "2", "--width", "8", "--depth", "2", "--out", str(tmp_path)]
    found = document(arguments, capsys)["result"]
    assert {(p["series"], p["n"]) for p in found["points"]} >= {("test error", 30), ("holdout", 60)}
    assert {r["series"]: r["paper"] for r in found["rates"]}["online error"] == 1.0
    assert main(arguments) == 0
    shown = capsys.readouterr().out
    assert "Errors and bounds against n" in shown
    assert "Fits C n^-b" in shown
    assert {"sample-size.svg", "certificates.svg", "values.csv", "study.json"} <= {p.name for p in tmp_path.iterdir()}
    ElementTree.parse(tmp_path / "sample-size.svg")
    assert "sample complexity" in (tmp_path / "report.html").read_text()
    assert main(["sweep", "status", str(tmp_path)]) == 0
    assert "sample complexity" in capsys.readouterr().out


def test_recorded_mistakes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mistakes.csv"
    path.write_text("mistake\n" + "1\n" * 20 + "0\n" * 980)
    found = document(["certify", "--mistakes", str(path), "--delta", "0.01", "--out", str(tmp_path / "out")], capsys)
    (certificate,) = found["result"]["certificates"]
    assert certificate["name"] == "progressive_validation"
    assert certificate["delta"] == 0.01
    assert certificate["value"] < 0.05
    assert found["data"] == {"name": "mistakes.csv", "n": 1000, "average": 0.02}
    assert (tmp_path / "out" / "report.html").is_file()
    assert main(["certify", "--mistakes", str(path)]) == 0
    assert "progressive_validation" in capsys.readouterr().out


def test_a_run_that_diverged_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*SMALL, "--step-constant", "1e30"]) == 0
    captured = capsys.readouterr()
    assert "No certificate" in captured.out
    assert "diverged" in captured.err


BAD = {
    "stratified": (["--subset", "stratified"], "independent sample"),
    "curvature": (["--step-size", "curvature"], "--tune-on 0.25"),
    "explicit": (["--step-size", "explicit"], "computed from the sample"),
    "another network's rule": (["--step-size", "li"], "another network"),
    "step and constant": (["--step-size", "0.1", "--step-constant", "4"], "no step constant"),
    "tuning on nothing": (["--tune-on", "0.5"], "nothing to choose"),
    "tuning on all": (["--tune-on", "1", "--width", "4,8"], "would void"),
    "steps of a pass": (["--steps", "100"], "--algorithm gd"),
    "algorithm": (["--algorithm", "adam"], "sgd"),
    "alpha of a fixed head": (["--network", "fixed-head", "--alpha", "0.5"], "contradicts"),
    "delta 0": (["--delta", "0"], "between 0 and 1"),
    "delta nan": (["--delta", "nan"], "between 0 and 1"),
    "width": (["--width", "8,x"], "whole numbers"),
    "width twice": (["--width", "8,8"], "twice"),
    "constant": (["--step-constant", "-1"], "positive"),
    "n beyond": (["--n", "1401"], "1400"),
    "n twice": (["--n", "40,40"], "once"),
    "one class": (["--n", "1"], "do not draw again until both classes are there; declare a larger n"),
    "seeds": (["--seeds", "0"], "seeds"),
    "seeds of a grid": (["--seeds", "2", "--width", "4,8"], "one combination"),
    "floor of one run": (["--floor", "0.1"], "several --n"),
    "floor": (["--floor", "nan", "--n", "40,80"], "floor"),
    "dtype": (["--dtype", "int8"], "float32"),
    "both": (["--mistakes", "m.npy"], "--data SPEC"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_options(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments, words = BAD[name]
    out = tmp_path / "out"
    assert words in refused([*DATA, *arguments, "--out", str(out)], capsys)
    assert not out.exists()


FILES: dict[str, tuple[bytes | np.ndarray, str]] = {
    "two.npy": (np.array([0.0, 2.0]), "found 2 at position 1"),
    "nan.npy": (np.array([0.0, np.nan]), "found nan at position 1"),
    "columns.npy": (np.zeros((3, 2)), "one column"),
    "none.npy": (np.zeros(0), "one column"),
    "words.npy": (np.array(["a", "b"]), "numbers"),
    "objects.npy": (np.array([None, 1], dtype=object), "damaged or holds objects"),
    "damaged.npz": (b"PK\x03\x04 and no more", "damaged"),
    "text.csv": (b"mistake\n0\nmaybe\n", "line 3"),
    "empty.txt": (b"", "one column"),
    "binary.txt": (b"\xff\xfe\x00", "as text"),
    "mistakes.pkl": (b"", ".npy"),
}


@pytest.mark.parametrize("name", [*FILES, "missing.npy"])
def test_bad_files_of_mistakes(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content, words = FILES.get(name, (None, "no such file"))
    path = tmp_path / name
    if isinstance(content, np.ndarray):
        np.save(path, content)
    elif content is not None:
        path.write_bytes(content)
    assert words in refused(["certify", "--mistakes", str(path)], capsys)


def test_neither_data_nor_mistakes_and_options_of_the_other(capsys: pytest.CaptureFixture[str]) -> None:
    assert "--data SPEC" in refused(["certify"], capsys)
    assert "--width belongs to --data" in refused(["certify", "--mistakes", "m.npy", "--width", "8"], capsys)
    assert "--joint belongs to --data" in refused(["certify", "--mistakes", "m.npy", "--joint"], capsys)


# --- figures


def certificate(name: str, certifies: Any, value: float, test_error: float | None) -> Certificate:
    return Certificate(
        name=name, certifies=certifies, value=value, delta=0.05, over="", conditions=(), terms={}, reference="",
        test_error=test_error,
    )  # fmt: skip


def test_bounds_and_errors_are_drawn_where_they_are() -> None:
    def certification(values: list[float], errors: list[float | None]) -> Certification:
        kinds = [("holdout", "fixed predictor"), ("rademacher", "linearised predictor")]
        made = tuple(certificate(*kind, v, e) for kind, v, e in zip(kinds, values, errors, strict=True))
        return Certification(certificates=made, statement="")

    ax = plot_certificates(certification([0.02, 0.8], [0.01, None]))
    bounds, observed = ax.lines[0].get_xdata(), ax.lines[1].get_xdata()
    np.testing.assert_allclose(bounds, [2, 80])
    np.testing.assert_allclose(observed, [1, np.nan])
    assert ax.get_xscale() == "log"
    assert "per cent" in ax.get_xlabel()
    plain = plot_certificates(certification([0.02, 0.03], [0.0, None]))
    assert plain.get_xscale() == "linear"
    assert plain.get_xlim()[0] == 0


def test_a_curve_leaves_out_what_says_nothing() -> None:
    rows: list[tuple[Any, ...]] = [("test error", n, 1 / n, None, None) for n in (10, 100)]
    rows += [("holdout", n, 3 / n, 2 / n, 4 / n) for n in (10, 100)]
    rows += [("rademacher", n, 1.0, 1.0, 1.0) for n in (10, 100)]
    points = tuple(MeanOverSeeds(series=s, n=n, seeds=2, mean=m, lower=a, upper=b) for s, n, m, a, b in rows)
    ax = plot_sample_size(Certification(certificates=(), statement="", points=points))
    legend = ax.get_legend()
    assert legend is not None
    assert [t.get_text() for t in legend.get_texts()] == ["holdout (certified)", "test error"]
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
