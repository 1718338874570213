"""Published curves beside a study: how they are read and refused, what they are compared with, where they are shown."""

import json
from pathlib import Path

import pytest

from commands import STUDY, refused
from howwide.cli import main
from howwide.errors import DataError, SettingError
from howwide.figures import plot_width_curve
from howwide.results.width import PublishedCurve, PublishedPoint, WidthResult, WidthScan
from howwide.views import view_of
from howwide.views.blocks import Sentence, Table
from howwide.width.reference import read_published, with_reference
from width_cases import made_of

PUBLISHED = {
    "chen2021-cat-dog": {100: 6.2, 200: 9.2, 400: 12.1, 1000: 14.6, 2000: 18.0, 4000: 22.0, 10000: 31.0},
    "chen2021-cat-ship": {100: 5.9, 200: 7.1, 400: 10.1, 1000: 13.3, 2000: 14.3, 4000: 17.0, 10000: 20.7},
}


def curve(**widths: float) -> PublishedCurve:
    points = tuple(PublishedPoint(n=int(n[1:]), width=width) for n, width in widths.items())
    return PublishedCurve(name="mine", source="a letter", points=points)


def study() -> WidthResult:
    points = [
        {"n": 100, "quantile": 0.5, "estimate": 8.0, "lower": 7.0, "upper": 9.0},
        {"n": 100, "quantile": 0.9, "estimate": 12.0, "lower": 11.0},
        {"n": 200, "quantile": 0.5, "estimate": 10.0, "lower": 9.0, "upper": 11.0},
        {"n": 200, "quantile": 0.9, "lower": 12.0, "status": "above_range"},
    ]
    ends = {"lower": 5.5, "upper": 6.5, "ten_lower": 5.0, "ten_upper": 7.2}
    return made_of(points).model_copy(update={"scans": (WidthScan(curve=0, n=100, step=1, estimate=6.0, **ends),)})


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_papers_own_points_ship_with_their_source(name: str) -> None:
    found = read_published(name)
    assert {p.n: p.width for p in found.points} == PUBLISHED[name]
    assert found.source is not None
    for word in ("arXiv 1911.12360v2", "Figure 1", "drawing", "n = 100, 200, 500, 1000, 2000, 5000, 10000"):
        assert word in found.source


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("# Table 3\n# of a letter\n\nwidth, n\n6.5, 100\n7e0, 200.0\n")
    assert read_published(str(path)) == PublishedCurve(
        name=str(path),
        source="Table 3 of a letter",
        points=(PublishedPoint(n=100, width=6.5), PublishedPoint(n=200, width=7)),
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is empty"),
        ("# nothing but a remark\n", "is empty"),
        ("n,width\n", "no points"),
        ("n,m\n100,6\n", "has the columns n, m; expected n and width"),
        ("100,6\n200,7\n", "has the columns 100, 6"),
        ("n,width,lower\n100,6,5\n", "has the columns n, width, lower"),
        ("n,width\n100\n", "line 2: 1 fields"),
        ("n,width\nmany,6\n", "line 2: n is 'many'; expected a whole number above 0"),
        ("n,width\n10.5,6\n", "n is '10.5'"),
        ("n,width\n0,6\n", "n is '0'"),
        ("# x\nn,width\n100,six\n", "line 3: width is 'six'; expected a number above 0"),
        ("n,width\n100,-6\n", "width is '-6'"),
        ("n,width\n100,nan\n", "width is 'nan'"),
        ("n,width\n100,inf\n", "width is 'inf'"),
        ("n,width\n100,6\n200,7\n100,8\n", "line 4: n = 100 stands there twice"),
        (b"n,width\n100,6\xff\n", "not UTF-8"),
    ],
    ids=str,
)
def test_a_bad_file_is_one_line(content: str | bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError) as refusal:
        read_published(str(path))
    assert said in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_unknown_names_are_told_the_known_ones(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for verb in (STUDY, ["report", str(tmp_path)]):
        (tmp_path / "result.json").write_text("{}")
        message = refused([*verb, "--reference", "chen2020"], capsys)
        assert verb[0] == "report" or "chen2020" in message
    with pytest.raises(DataError, match=r"chen2020.*chen2021-cat-dog, chen2021-cat-ship"):
        read_published("chen2020")
    with pytest.raises(DataError, match="directory"):
        read_published(str(tmp_path))


def test_without_a_common_n_there_is_nothing_to_compare(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = [*STUDY, "--reference", "chen2021-cat-dog", "--out", str(tmp_path / "out")]
    for more in ([], ["--dry-run"]):
        assert "and the study n = 20;" in refused([*arguments, *more], capsys)
    assert not (tmp_path / "out").exists()
    with pytest.raises(SettingError, match="mine has n = 300, and the study n = 100, 200"):
        with_reference(study(), curve(n300=9.0))


def test_points_are_compared_with_everything_they_may_stand_for() -> None:
    """By hand: inside, below and above an interval, and undecided where an end is open."""
    rows = with_reference(study(), curve(n100=6.2, n200=14.0, n400=20.0)).comparisons
    found = {(row.n, row.quantity): (row.inside, row.factor) for row in rows}
    assert found == {
        (100, "m_0.5"): (False, pytest.approx(6.2 / 8)),
        (100, "m_0.9"): (False, pytest.approx(6.2 / 12)),
        (100, "scan by 1"): (True, pytest.approx(6.2 / 6)),
        (200, "m_0.5"): (False, pytest.approx(1.4)),
        (200, "m_0.9"): (None, None),
    }
    scan = next(row for row in rows if row.quantity == "scan by 1")
    assert (scan.lower, scan.upper) == (5.0, 7.2), "the interval of a mean of ten"


def test_the_view_counts_compares_and_names_the_source() -> None:
    blocks = view_of(with_reference(study(), curve(n100=6.2, n200=14.0, n400=20.0)))
    text = " ".join(block.text for block in blocks if isinstance(block, Sentence))
    assert "mine, at n = 100, 200: the published width lies in the interval of m_0.5 at 0 of 2" in text
    assert "m_0.9 at 0 of 2 (1 undecided), scan by 1 at 1 of 1." in text
    assert "no such n: 400" in text
    assert "a letter" in text
    [table] = [block for block in blocks if isinstance(block, Table) and block.title == "Published widths: mine"]
    assert [row[-2] for row in table.texts] == ["below", "below", "inside", "above", "undecided"]
    assert not any(isinstance(b, Table) and b.title.startswith("Published") for b in view_of(study()))


def test_the_growth_of_a_published_curve_is_told() -> None:
    blocks = list(view_of(with_reference(study(), read_published("chen2021-cat-dog"))))
    text = " ".join(block.text for block in blocks if isinstance(block, Sentence))
    assert "The growth of chen2021-cat-dog, whose points have no intervals: These 7 points put the growth" in text
    assert "They cannot tell log^2 n from n^0.3; n = 50,000 measured as well would." in text
    short = " ".join(b.text for b in view_of(with_reference(study(), curve(n100=6.2))) if isinstance(b, Sentence))
    assert "whose points have no intervals" not in short


def test_the_figure_has_all_published_points() -> None:
    ax = plot_width_curve(with_reference(study(), curve(n100=6.2, n200=14.0, n4000=40.0)))
    [line] = [line for line in ax.lines if line.get_label() == "mine"]
    assert line.get_xydata().tolist() == [[100, 6.2], [200, 14.0], [4000, 40.0]]
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    assert left < 100 < 4000 < right
    assert bottom < 6.2 < 40 < top


def test_a_reference_joins_a_study_and_its_page_and_changes_no_trial(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    published, folder = tmp_path / "mine.csv", tmp_path / "out"
    published.write_text("n,width\n20,3\n1000,30\n")
    assert main([*STUDY, "--json", "--out", str(folder)]) == 0
    plain = json.loads(capsys.readouterr().out)
    kept = {name: (folder / name).read_bytes() for name in ("study.json", "trials.csv")}
    assert (plain["result"]["reference"], plain["result"]["comparisons"]) == (None, [])
    assert [(s["n"], s["step"]) for s in plain["result"]["scans"]] == [(20, 1), (20, 2), (20, 5)]

    assert main(["report", str(folder), "--reference", str(published)]) == 0
    page = (folder / "report.html").read_text(encoding="utf-8")
    again = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    assert "Published widths" in page
    assert [row["n"] for row in again["result"]["comparisons"]] == [20] * 5
    assert main(["report", str(folder)]) == 0, "the document keeps it"
    assert (folder / "report.html").read_text(encoding="utf-8") == page
    capsys.readouterr()

    assert main([*STUDY, "--reference", str(published), "--json", "--out", str(folder)]) == 0
    assert json.loads(capsys.readouterr().out) == again
    assert {name: (folder / name).read_bytes() for name in kept} == kept
    rest = {name: value for name, value in again["result"].items() if name not in ("reference", "comparisons")}
    assert rest == {name: plain["result"][name] for name in rest}


def test_a_reference_belongs_to_a_width_study(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "list", "--json"]) == 0
    (tmp_path / "result.json").write_text(capsys.readouterr().out, encoding="utf-8")
    message = refused(["report", str(tmp_path), "--reference", "chen2021-cat-dog"], capsys)
    assert "a reference belongs to a folder of width" in message
