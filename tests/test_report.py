"""`howwide report`: the page is a function of the folder, and a damaged folder is named, not half rendered."""

import json
import shutil
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from commands import DIGITS
from howwide.cli import main
from howwide.errors import DataError
from howwide.report import write_report
from howwide.results import DataResult, Document

SMALL = [*DIGITS, "--steps", "60"]
RUNS = {
    "width": ["width", *SMALL, "--trials", "24", "--max-width", "8"],
    "train": ["train", *SMALL, "--width", "4", "--step-size", "ladder", "--target", "loss<=1e-9"],
    "measure": ["measure", *DIGITS, "--width", "8", "--eps", "0.5,0.3"],
    "iterations": ["iterations", *SMALL, "--width", "8", "--losses", "0.6,0.5,0.4", "--seeds", "2"],
    "theorem": ["train", *DIGITS, "--width", "4", "--steps", "theory", "--max-steps", "9"],
    "compare": ["theorems", "compare", *DIGITS[:4], "--depth", "3", "--width", "8"],
    "sgd": ["train", *SMALL, "--width", "4", "--algorithm", "sgd", "--step-size", "theory"],
    "certify": ["certify", *DIGITS[:2], "--n", "20,30", *DIGITS[4:], "--width", "4", "--seeds", "2"],
}
VOID = {"meta", "br", "hr", "img", "input", "link", "path", "use"}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    base = tmp_path_factory.mktemp("runs")
    assert all(main([*arguments, "--out", str(base / name)]) == 0 for name, arguments in RUNS.items())
    return {name: base / name for name in RUNS}


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.mark.parametrize("name", RUNS)
def test_rendering_again_gives_the_same_files(name: str, written: dict[str, Path], tmp_path: Path) -> None:
    folder = Path(shutil.copytree(written[name], tmp_path / "moved"))
    before = contents(folder)
    for path in (*folder.glob("*.svg"), folder / "report.html"):
        path.unlink()
    assert write_report(folder) == folder / "report.html"
    assert contents(folder) == before


def test_the_verb_says_where_the_page_is(
    written: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shutil.copytree(written["width"], tmp_path / "copy")
    assert main(["report", str(folder)]) == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == f"wrote {tmp_path / 'copy' / 'report.html'}\n"


class Page(HTMLParser):
    """Tags opened and closed, and the text of all cells."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Closes itself."""

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.mark.parametrize("name", RUNS)
def test_the_page_is_balanced_and_tells_the_result(name: str, written: dict[str, Path]) -> None:
    source = (written[name] / "report.html").read_text(encoding="utf-8")
    page = Page()
    page.feed(source)
    page.close()
    assert page.open == []
    assert source.startswith("<!doctype html>")
    told = " ".join(" ".join(page.text).split())
    document = json.loads((written[name] / "result.json").read_text(encoding="utf-8"))
    assert document["data"]["name"] in told
    for setting in document["settings"]:
        assert setting in told
    result = document["result"]
    if name == "width":
        assert " ".join(result["verdict"].split()) in told
        assert all(p["status"] in told for p in result["points"])
        assert ("Growth laws" in told) == bool(result["laws"])
    elif name == "measure":
        for part in (*result["ntrf"], *result["radius_for"], *result["network_radius_for"], result["margin"]):
            assert part["status"] in told
        assert source.count("<figure>") == 3
    elif name == "iterations":
        assert all(" ".join(result[part].split()) in told for part in ("answer", "verdict"))
    elif name == "certify":
        assert all(" ".join(c["meaning"].split()) in told for c in result["certificates"])
        assert all(p["why"] in told for p in result["predictions"])
        assert source.count("<figure>") == 2
    elif name == "compare":
        at_hand = f"width {document['settings']['width']},"  # its numbers are in the columns of the row
        assert all(t["id"] in told for t in result["theorems"])
        assert all(t["reason"] in told for t in result["theorems"] if not t["reason"].startswith(at_hand))
        assert all(line["id"] in told and line["says"] in told for line in result["reference_lines"])
        assert source.count("<figure>") == 3
    else:
        assert result["status"] in told
        assert ("Promised and observed" in told) == (name == "theorem")
        assert ("Step sizes tried" in told) == (len(result["attempts"]) > 1)
        assert ("average online loss" in told) == (name == "sgd")


def test_text_from_the_data_is_escaped(written: dict[str, Path], tmp_path: Path) -> None:
    folder = Path(shutil.copytree(written["width"], tmp_path / "copy"))
    document = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    bad = "<script>alert('x')</script><img src=x onerror=y>"
    document["data"]["name"] = document["settings"]["data"] = document["result"]["verdict"] = bad
    document["warnings"] = [bad]
    (folder / "result.json").write_text(json.dumps(document), encoding="utf-8")
    page = write_report(folder).read_text(encoding="utf-8")
    assert "<script" not in page
    assert "<img" not in page
    assert page.count("&lt;script&gt;") >= 4


def replaced(**changes: Any) -> Callable[[Path], object]:
    """Change the document at its top level; a name with two parts changes the result."""

    def damage(folder: Path) -> None:
        document = json.loads((folder / "result.json").read_text(encoding="utf-8"))
        for name, value in changes.items():
            if name.startswith("result_"):
                document["result"][name.removeprefix("result_")] = value
            else:
                document[name] = value
        (folder / "result.json").write_text(json.dumps(document), encoding="utf-8")

    return damage


def rewritten(name: str, content: bytes) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes(content)


def truncated(folder: Path) -> None:
    path = folder / "result.json"
    path.write_bytes(path.read_bytes()[:300])


HEADER = b"n,width,seed,success,target,budget\n"
DAMAGES: dict[str, tuple[str, Callable[[Path], object], str]] = {
    "no result": ("width", lambda folder: (folder / "result.json").unlink(), "no result.json"),
    "empty result": ("width", rewritten("result.json", b""), "result.json"),
    "not text": ("width", rewritten("result.json", b"\xff\xfe"), "result.json"),
    "not a document": ("width", rewritten("result.json", b"[]"), "result.json"),
    "null": ("width", rewritten("result.json", b"null"), "result.json"),
    "truncated": ("width", truncated, "result.json"),
    "unknown key": ("width", replaced(more=1), "result.json"),
    "NaN": ("width", replaced(result_verdict=float("nan")), "result.json"),
    "another verb": ("width", replaced(verb="train"), "damaged"),
    "another verb of a run": ("train", replaced(verb="width"), "damaged"),
    "no data": ("width", replaced(data=None), "damaged"),
    "no trials": ("width", lambda folder: (folder / "trials.csv").unlink(), "trials.csv"),
    "empty trials": ("width", rewritten("trials.csv", b""), "trials.csv"),
    "other columns": ("width", rewritten("trials.csv", b"a,b\n1,2\n"), "lacks the columns"),
    "no rows": ("width", rewritten("trials.csv", HEADER), "no rows"),
    "words": ("width", rewritten("trials.csv", HEADER + b"20,wide,0,True,zero-error,60\n"), "no rows, or text"),
    "a measurement as a run": ("measure", replaced(verb="train"), "damaged"),
    "spectrum in words": ("measure", rewritten("spectrum.csv", b"finite\na\nb\n"), "damaged"),
    "no radius": ("measure", replaced(result_ntrf=[{"radius": 1.0}]), "result.json"),
    "a comparison as a run": ("compare", replaced(verb="train"), "damaged"),
    "no verdict": ("compare", replaced(result_theorems=[{"id": "a"}]), "result.json"),
    "no distances": ("theorem", lambda folder: (folder / "along.csv").unlink(), "along.csv"),
    "distances in words": ("theorem", rewritten("along.csv", b"step,loss,distance_1\na,b,c\n"), "along.csv"),
    "no history": ("train", lambda folder: (folder / "history.csv").unlink(), "history.csv"),
    "history in words": ("train", rewritten("history.csv", b"step,loss,error\na,b,c\n"), "history.csv"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_folder_is_refused_and_left_as_it_is(
    damage: str, written: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name, act, said = DAMAGES[damage]
    folder = Path(shutil.copytree(written[name], tmp_path / "copy"))
    act(folder)
    before = contents(folder)
    with pytest.raises(DataError, match=said):
        write_report(folder)
    assert main(["report", str(folder)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 1
    assert captured.err.startswith("howwide: ")
    assert contents(folder) == before


def test_every_document_has_a_page(tmp_path: Path) -> None:
    sources = [{"name": "x", "example": "x:a/b", "description": "<b>", "origin": "o"}]
    document = Document(verb="data list", settings={}, data=None, result=DataResult(sources=sources), warnings=[])
    (tmp_path / "result.json").write_text(document.to_json(), encoding="utf-8")
    page = write_report(tmp_path).read_text(encoding="utf-8")
    assert "x:a/b" in page
    assert "&lt;b&gt;" in page
    assert (tmp_path / "tables" / "data.csv").read_text() == "source,example,what it is\nx,x:a/b,<b>\n"


def test_unknown_ends_are_dashes(written: dict[str, Path], tmp_path: Path) -> None:
    folder = Path(shutil.copytree(written["width"], tmp_path / "copy"))
    document = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    for point in document["result"]["points"]:
        point |= {"estimate": None, "lower": None, "upper": None, "status": "no_success"}
    (folder / "result.json").write_text(json.dumps(document), encoding="utf-8")
    page = write_report(folder).read_text(encoding="utf-8")
    assert page.count("<td>–</td>") >= 6
    assert "None" not in page
    assert ">nan<" not in page


@pytest.mark.parametrize("verb", ["width", "certify"])
def test_folders_of_schema_1_0_are_read(verb: str, tmp_path: Path) -> None:
    """Their files are those that howwide wrote then; the page has their numbers, and none that they did not have."""
    older = Path(__file__).parent / "reference" / "schema-1.0" / verb
    shutil.copytree(older, tmp_path / verb)
    page = write_report(tmp_path / verb).read_text()
    result = json.loads((older / "result.json").read_text())["result"]
    if verb == "width":
        assert f'<p class="lead">{result["verdict"][:40]}' in page
        assert result["laws"]
        assert "steps have been enough?" not in page
    else:
        assert result["certificates"][0]["name"] in page
