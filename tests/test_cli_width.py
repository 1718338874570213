"""`howwide width` and `howwide demo`: what they print, write and find."""

import csv
import json
import math
import os
import re
import shutil
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

import pytest

from commands import refuse_constant
from howwide.cli import main

ARGUMENTS = ["width", "--data", "digits:even/odd", "--n", "20,24", "--depth", "2", "--steps", "60", "--trials", "20"]
ARGUMENTS += ["--max-width", "8"]
FILES = ["report.html", "result.json", "success-rates.svg", "test-error.svg", "trials.csv", "width-curve.svg"]
STORE = ["data.npz", "results", "running", "study.json", "tables", "tasks"]


class Finished(NamedTuple):
    folder: Path
    document: dict[str, Any]
    stdout: str
    stderr: str


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    folder = tmp_path_factory.mktemp("width") / "made" / "by the verb"
    with pytest.MonkeyPatch.context() as patch:
        out, err = (tmp_path_factory.mktemp("streams") / name for name in ("out", "err"))
        with out.open("w") as stdout, err.open("w") as stderr:
            patch.setattr("sys.stdout", stdout)
            patch.setattr("sys.stderr", stderr)
            code = main([*ARGUMENTS, "--json", "--out", str(folder)])
    assert code == 0
    text = out.read_text(encoding="utf-8")
    return Finished(folder, json.loads(text, parse_constant=refuse_constant), text, err.read_text(encoding="utf-8"))


def test_stdout_is_one_document_and_nothing_else(finished: Finished) -> None:
    assert finished.stdout == json.dumps(finished.document, indent=2) + "\n"
    assert f"wrote {finished.folder / 'report.html'}" in finished.stderr


def test_the_document_has_the_promised_keys(finished: Finished) -> None:
    document = finished.document
    assert document["verb"] == "width"
    assert document["warnings"] == []
    assert (
        document["settings"] | {"data": "digits:even/odd", "n": [20, 24], "trials": 20, "depth": 2}
        == document["settings"]
    )
    assert {"name", "n", "d", "positives"} <= set(document["data"])
    result = document["result"]
    assert {"points", "laws", "verdict"} <= set(result)
    for point in result["points"]:
        assert {"n", "quantile", "estimate", "lower", "upper", "level", "trials", "status"} <= set(point)
        assert {"width", "width_lower", "width_upper"} <= set(point)
        for whole, real in (("width", "estimate"), ("width_lower", "lower"), ("width_upper", "upper")):
            assert point[whole] == (point[real] and math.ceil(point[real]))
        assert point["lower"] is None or point["estimate"] is None or point["lower"] <= point["estimate"]
    assert [(p["n"], p["quantile"]) for p in result["points"]] == [(20, 0.5), (20, 0.9), (24, 0.5), (24, 0.9)]
    assert all(set(law) == {"name", "weight", "p_value", "remains", "parameters"} for law in result["laws"])
    assert all({"finding", "left_out", "exponent"} <= set(curve) for curve in result["curves"])
    assert result["verdict"]


def test_the_folder_holds_the_files_and_no_temporary_ones(finished: Finished) -> None:
    assert sorted(os.listdir(finished.folder)) == sorted([*FILES, *STORE])
    assert os.listdir(finished.folder / "running") == []
    assert (finished.folder / "result.json").read_text(encoding="utf-8") + "\n" == finished.stdout


def test_trials_are_tidy_sorted_and_agree_with_the_document(finished: Finished) -> None:
    with (finished.folder / "trials.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    keys = [(int(r["n"]), int(r["width"]), int(r["seed"])) for r in rows]
    assert keys == sorted(set(keys))
    for rate in finished.document["result"]["rates"]:
        won = [r["success"] == "True" for r in rows if (int(r["n"]), int(r["width"])) == (rate["n"], rate["width"])]
        assert (sum(won), len(won)) == (rate["successes"], rate["trials"])
    assert sum(p["trials"] for p in finished.document["result"]["points"] if p["quantile"] == 0.5) == len(rows)


def test_the_report_stands_alone(finished: Finished) -> None:
    page = (finished.folder / "report.html").read_text(encoding="utf-8")
    assert page.count("<svg") == page.count("</svg>") == 3
    assert not re.search(r"<(script|link|iframe|img|object|embed|base)\b|@import|javascript:|\son\w+=", page)
    fetched = re.findall(r"""\b(?:src|href|srcset|poster|action)\s*=\s*["']?([^"'\s>]*)|url\(["']?([^)"']*)""", page)
    assert fetched, "the figures refer to their own parts"
    assert all((a or b).startswith("#") for a, b in fetched)
    missing = {(a or b)[1:] for a, b in fetched} - set(re.findall(r'\bid="([^"]*)"', page))
    assert not missing


def test_the_figures_are_svg(finished: Finished) -> None:
    for name in ("width-curve", "success-rates", "test-error"):
        root = ElementTree.parse(finished.folder / f"{name}.svg").getroot()
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert len(list(root.iter())) > 50


@pytest.mark.bytes
def test_workers_change_no_file(finished: Finished, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for workers in ("1", "2"):
        assert main([*ARGUMENTS, "--json", "--workers", workers, "--out", str(tmp_path / workers)]) == 0
        assert sorted(os.listdir(tmp_path / workers)) == sorted([*FILES, *STORE])
        assert capsys.readouterr().out == finished.stdout
        for name in FILES:
            assert (tmp_path / workers / name).read_bytes() == (finished.folder / name).read_bytes(), name


def test_the_table_for_people_shows_what_the_document_says(
    finished: Finished, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(ARGUMENTS) == 0
    captured = capsys.readouterr()
    assert "Minimal width, digits:even/odd, depth 2, zero-error in 60 steps" in captured.out
    assert " ".join(finished.document["result"]["verdict"].split()) in " ".join(captured.out.split())
    for point in finished.document["result"]["points"]:
        assert point["status"] in captured.out
    assert all(line.startswith("n = 2") for line in captured.err.splitlines())  # on a slow machine
    assert "still improving" in captured.out
    assert "Step rule: ladder" in captured.out


def test_duplicates_and_order_of_n_do_not_matter(finished: Finished, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = [a if a != "20,24" else "24,20, 24" for a in ARGUMENTS]
    assert main([*arguments, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["result"] == finished.document["result"]


def test_no_width_up_to_the_largest_is_a_finding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["width", "--data", "digits:even/odd", "--n", "20", "--depth", "2", "--steps", "60", "--trials", "40"]
    arguments += ["--max-width", "4", "--step-size", "1e-9", "--target", "loss<=0.01"]
    assert main([*arguments, "--json", "--out", str(tmp_path / "none")]) == 0
    result = json.loads(capsys.readouterr().out, parse_constant=refuse_constant)["result"]
    assert {(p["estimate"], p["status"]) for p in result["points"]} == {(None, "no_success")}
    assert "no width up to 4 reached loss<=0.01 in 60 steps" in result["verdict"]
    assert result["laws"] == []
    assert sorted(os.listdir(tmp_path / "none")) == sorted([*FILES, *STORE])
    assert "no width up to 4" in (tmp_path / "none" / "report.html").read_text(encoding="utf-8")


def test_other_networks_and_starts(capsys: pytest.CaptureFixture[str]) -> None:
    base = ["width", "--data", "digits:3/8", "--n", "20", "--depth", "2", "--steps", "60", "--trials", "12", "--json"]
    for more in (["--network", "fixed-head"], ["--antisymmetric"], ["--constant-coordinate", "0.5"]):
        assert main([*base, "--max-width", "8", "--subset", "random", *more]) == 0
        rates = json.loads(capsys.readouterr().out)["result"]["rates"]
        assert "--constant-coordinate" in more or all(r["width"] % 2 == 0 for r in rates)


def test_a_failed_print_keeps_the_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A full disk or a closed pipe behind stdout must not cost a finished search."""

    class Full:
        def write(self, _: str) -> int:
            raise OSError(28, "No space left on device")

        def flush(self) -> None:
            """Nothing is held back."""

    with monkeypatch.context() as patch:
        patch.setattr("sys.stdout", Full())
        assert main([*ARGUMENTS, "--json", "--out", str(tmp_path / "kept")]) == 1
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("howwide: the run failed: ")
    assert "No space left" in last
    assert set(FILES) < set(os.listdir(tmp_path / "kept"))


def test_a_folder_that_other_versions_began_goes_on_if_that_is_accepted(
    finished: Finished, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "older"
    shutil.copytree(finished.folder, folder)
    study = folder / "study.json"
    content = json.loads(study.read_text(encoding="utf-8"))
    content["versions"]["jax"] = "0.0.1"
    study.write_text(json.dumps(content), encoding="utf-8")
    for result in (folder / "results").glob("*/*.json"):
        result.unlink()  # their ids are those of the other versions
    assert main([*ARGUMENTS, "--out", str(folder)]) == 2
    assert "--accept-versions" in capsys.readouterr().err
    assert main([*ARGUMENTS, "--json", "--accept-versions", "--out", str(folder)]) == 0
    assert json.loads(capsys.readouterr().out)["result"] == finished.document["result"]
    assert json.loads(study.read_text(encoding="utf-8"))["versions"]["jax"] == "0.0.1"


def test_a_small_demo(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--n", "50,100", "--trials", "12", "--json", "--out", str(tmp_path / "demo")]) == 0
    document = json.loads(capsys.readouterr().out, parse_constant=refuse_constant)
    assert document["verb"] == "demo"
    assert document["settings"]["depth"] == 5
    assert {p["n"] for p in document["result"]["points"]} == {50, 100}
    assert set(FILES) < set(os.listdir(tmp_path / "demo"))


CONFIG = """
data = "digits:even/odd"
n = [20, 24]
depth = 2
steps = 60
trials = 20
max_width = 8
"""


def written(folder: Path, text: str = CONFIG) -> str:
    path = folder / "study.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_config_file_says_the_same_as_options(
    finished: Finished, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["width", "--config", written(tmp_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == finished.document
    rest = CONFIG.replace("depth = 2\n", "").replace("n = [20, 24]\n", "")
    arguments = [
        "width",
        "--config",
        written(tmp_path, rest),
        "--depth",
        "2",
        "--n",
        "20,24",
        "--steps",
        "60",
        "--json",
    ]
    assert main(arguments) == 0
    assert json.loads(capsys.readouterr().out) == finished.document


@pytest.mark.parametrize(
    ("change", "arguments", "said"),
    [
        ("depht = 3", [], "unknown key 'depht'"),
        ("[training]\nsteps = 3", [], "unknown key 'training'"),
        ('seed = "x"', [], "seed is 'x'"),
        ("level = true", [], "level is True"),
        ('network = "fixed-head"\nalpha = 0.5', [], "alpha contradicts network = fixed-head"),
        ('labels = "random"\nlabel_noise = 0.1', [], "random labels"),
        ('loss = "square"\ntarget = "loss<=eps_ntrf(1)"', [], "logistic"),
        ('target = ["zero-error", "foo"]', [], "unknown target"),
        ("", ["--depth", "3"], "--depth contradicts depth = 2"),
        ("", ["--n", "20"], "--n contradicts n = [20, 24]"),
        ("n = 20", [], "not TOML"),
        ("quantiles = [0.5, 1.5]", [], "quantile"),
        ("quantiles = []", [], "quantile"),
        ("label_noise = []", [], "label_noise"),
    ],
)
def test_a_bad_config_is_one_line(
    change: str, arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, CONFIG + change)
    assert main(["width", "--config", path, *arguments, "--out", str(tmp_path / "out")]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 1
    assert said in captured.err
    assert os.listdir(tmp_path) == ["study.toml"]


def test_a_config_without_data_or_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["width", "--config", str(tmp_path / "missing.toml")]) == 2
    assert "missing.toml" in capsys.readouterr().err
    assert main(["width", "--config", written(tmp_path, "n = 20")]) == 2
    assert "data is missing" in capsys.readouterr().err


def test_the_example_is_a_study(capsys: pytest.CaptureFixture[str]) -> None:
    path = Path(__file__).resolve().parent.parent / "examples" / "digits.toml"
    assert main(["width", "--config", str(path), "--dry-run"]) == 0
    captured = capsys.readouterr()
    assert "Nothing was run" in captured.out
    assert captured.err == ""


def test_a_dry_run_counts_and_runs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("howwide.width.search", None)
    arguments = [*ARGUMENTS, "--dry-run", "--out", str(tmp_path / "out")]
    assert main([*arguments, "--json"]) == 0
    result = json.loads(capsys.readouterr().out)["result"]
    assert result["trials"] == 40
    assert [p["n"] for p in result["points"]] == [20, 24]
    assert result["flops"] == sum(p["flops"] for p in result["points"]) > 0
    assert main(arguments) == 0
    assert "At most 40 trials" in capsys.readouterr().out
    assert not (tmp_path / "out").exists()


def test_several_budgets_and_noises_give_a_curve_each(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = [a if a != "60" else "30,60" for a in ARGUMENTS] + ["--label-noise", "0,0.2", "--out", str(tmp_path)]
    assert main([*arguments, "--json"]) == 0
    result = json.loads(capsys.readouterr().out)["result"]
    assert [c["words"] for c in result["curves"]] == [f"{t} steps, label noise {p}" for p in (0, 0.2) for t in (30, 60)]
    assert [p["curve"] for p in result["points"]] == [k for k in range(4) for _ in range(4)]
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert page.count("<svg") == 10, "widths, their frontier, and test errors and success rates of four curves"
    assert "success-rates-4.svg" in os.listdir(tmp_path)
    before = (tmp_path / "report.html").read_bytes()
    assert main(["report", str(tmp_path)]) == 0
    assert (tmp_path / "report.html").read_bytes() == before


def test_random_labels_and_other_targets(capsys: pytest.CaptureFixture[str]) -> None:
    for more in (["--labels", "random"], ["--target", "loss<=3*eps_ntrf(1),margin>=0.01,test-error<=0.4"]):
        assert main([*ARGUMENTS[:3], "--n", "20", *ARGUMENTS[5:], *more, "--json"]) == 0
        document = json.loads(capsys.readouterr().out)
        assert len(document["result"]["curves"]) == (1 if "--labels" in more else 3)
