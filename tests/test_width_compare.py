"""Ratios of minimal widths: which curves are compared, what is refused, and what is said."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from scipy.special import expit

import howwide as hw
from commands import STUDY, document, refused
from howwide.cli import main
from howwide.errors import SettingError
from howwide.figures import plot_ratio
from howwide.results.width import WidthResult
from howwide.results.width_compare import WidthComparison, WidthRatio
from howwide.width._compare import compare, sentence
from width_cases import made_of

WIDTHS = (4, 6, 9, 13, 19, 28)


def study(*curves: Mapping[str, Any], n: tuple[int, ...] = (100,), trials: int = 40, **columns: object) -> WidthResult:
    """Curves whose middles grow by ``half``, at every n; what a curve says beside ``half`` goes into its points."""
    points, rows = [], []
    for number, curve in enumerate(curves):
        label = {name: value for name, value in curve.items() if name != "half"}
        for size in n:
            points.append({"curve": number, "n": size, **label})
            for width in WIDTHS:
                chance = expit(np.log(width / curve["half"]) / 0.15)
                for seed in range(trials):
                    success = (seed + 0.5) / trials < chance
                    rows.append(
                        {"curve": number, "n": size, "width": width, "seed": seed, "success": success, **columns}
                    )
    return made_of(points, pd.DataFrame(rows).assign(target="zero-error", budget=500))


def test_two_studies_of_one_curve_each() -> None:
    found = compare(study({"half": 8}, labels="true"), study({"half": 16}, labels="random"))
    [ratio] = found.ratios
    assert ratio.ratio == pytest.approx(2, rel=0.03)
    assert (ratio.first, ratio.second, ratio.where) == ("true labels", "random labels", "")
    assert (ratio.paired, ratio.pairs) == (True, 240)
    assert found.answer.startswith("Random labels need 1.98")
    assert "times the width of true labels at n = 100 (95 %: 1." in found.answer
    assert found.answer.endswith("for success in half of the draws of subset and start.")
    assert compare(study({"half": 8}), study({"half": 16}), paired=False).ratios[0].odds_ratio is None


def test_the_values_of_an_option_against_its_first_one() -> None:
    curves = [{"half": 7.0 + depth, "depth": depth, "alpha": alpha} for depth in (2, 3, 5) for alpha in (0.25, 0.5)]
    found = compare(study(*curves), by="depth")
    assert [(r.first, r.second, r.where) for r in found.ratios] == [
        ("depth 2", f"depth {depth}", f"alpha {alpha}") for depth in (3, 5) for alpha in (0.25, 0.5)
    ]
    assert [r.ratio for r in found.ratios] == pytest.approx([10 / 9] * 2 + [12 / 9] * 2, rel=0.04)


def test_of_several_comparisons_the_largest_budget_is_spoken_of() -> None:
    """As of several curves, at the first value of all else."""
    curves = [
        {"half": half, "steps": steps, "depth": depth}
        for depth, steps, half in [(2, 250, 10), (2, 500, 8), (3, 250, 12), (3, 500, 16), (5, 250, 9), (5, 500, 9)]
    ]
    found = compare(study(*curves), by="depth")
    assert found.answer.startswith("Depth 3 needs 1.98 times the width of depth 2 at 500 steps, n = 100")
    assert found.ratios[0].where == "250 steps"
    assert compare(study(*curves), by="steps").answer.startswith("500 steps need 0.80")
    two = compare(study(*curves[:2], labels="true"), study(*curves[2:4], labels="random"))
    assert "1.98 times" in two.answer
    assert " at 500 steps, n = 100" in two.answer


def test_two_studies_that_vary_alike_are_compared_curve_by_curve() -> None:
    curves = [[{"half": half + depth, "depth": depth} for depth in (2, 5)] for half in (6, 12)]
    found = compare(study(*curves[0], n=(100, 200)), study(*curves[1], n=(200, 400)))
    assert [(r.n, r.where, r.first) for r in found.ratios] == [
        (200, f"depth {depth}", "the first study") for depth in (2, 5)
    ]


def test_a_study_of_one_curve_finds_its_like_among_several() -> None:
    several = study({"half": 8, "depth": 2}, {"half": 16, "depth": 5}, labels="true")
    [ratio] = compare(several, study({"half": 16, "depth": 5}, labels="random")).ratios
    assert ratio.ratio == pytest.approx(1, rel=0.02)


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        ({"target": "loss<=0.1"}, "no target in common: zero-error and loss<=0.1"),
        ({"steps": 700}, "no steps in common: 500 and 700"),
        ({"quantile": 0.9}, "no success probability in common: 0.5 and 0.9"),
        ({"n": 200}, "no n in common: 100 and 200"),
    ],
)
def test_studies_that_have_nothing_in_common_are_refused(second: dict[str, Any], reason: str) -> None:
    sizes = (second.pop("n", 100),)
    with pytest.raises(SettingError, match=reason):
        compare(study({"half": 8}), study({"half": 8, **second}, n=sizes))


def test_one_study_alone_says_what_it_varies() -> None:
    two = study({"half": 8, "depth": 2}, {"half": 8, "depth": 3})
    with pytest.raises(SettingError, match="give a second study, or what of this one to compare by; it varies depth"):
        compare(two)
    with pytest.raises(SettingError, match=r"the study has one value of alpha, 0\.5; it varies depth"):
        compare(two, by="alpha")
    with pytest.raises(SettingError, match="a study varies steps, target, depth, alpha, label_noise; got by = 'width'"):
        compare(two, by="width")
    with pytest.raises(SettingError, match="no depth in common: 2, 3 and 5"):
        compare(two, study({"half": 8, "depth": 5}))


@pytest.mark.parametrize(
    ("ends", "status", "words"),
    [
        ((0.9, 1.2), "estimated", "No difference is shown"),
        ((1.8, None), "at_least", "Depth 5 needs at least 1.8 times the width of depth 3 at n = 100 (97.5 %)"),
        ((None, 0.5), "at_most", "Depth 5 needs at most 0.5 times the width of depth 3"),
        ((None, None), "undetermined", "The trials do not settle how many times the width of depth 3 depth 5 needs"),
    ],
)
def test_the_answer_says_what_the_trials_settle(ends: tuple[Any, Any], status: str, words: str) -> None:
    ratio = WidthRatio(
        where="", first="depth 3", second="depth 5", n=100, quantile=0.5, ratio=1.1, lower=ends[0], upper=ends[1],
        level=0.95, paired=False, pairs=0, odds_ratio=None, status=status,
    )  # fmt: skip
    assert words in sentence([ratio])
    assert ("more trials" in sentence([ratio])) == (ends != (1.8, 2.0))


def ratio_of(n: int, q: float, *ends: float | None, **about: str) -> WidthRatio:
    """A ratio with its lower and upper end."""
    status = "undetermined" if ends == (None, None, None) else "estimated"
    names = {"where": "", "first": "depth 3", "second": "depth 5"} | about
    return WidthRatio(n=n, quantile=q, ratio=ends[0], lower=ends[1], upper=ends[2], level=0.95, paired=False, pairs=0,
                      odds_ratio=None, status=status, **names)  # fmt: skip


def drawn(*ratios: WidthRatio) -> Axes:
    return plot_ratio(WidthComparison(ratios=ratios, answer=""))


def marks(ax: Axes) -> dict[tuple[str, str], list[float]]:
    """Heights of what is drawn, by marker and fill."""
    found: dict[tuple[str, str], list[float]] = {}
    for line in ax.lines:
        found.setdefault((line.get_marker(), line.get_fillstyle()), []).extend(map(float, line.get_ydata()))
    return found


def test_the_figure_tells_probabilities_apart_by_their_marks() -> None:
    ax = drawn(
        ratio_of(100, 0.5, 1.5, 1.2, 1.8), ratio_of(100, 0.9, 1.4, None, 2.0), ratio_of(400, 0.5, None, 3.0, None)
    )
    found = marks(ax)
    assert found["o", "full"] == [1.5]
    assert found["s", "none"] == [1.4]
    assert (found["v", "none"], found["^", "full"]) == ([2.0], [3.0])
    assert sorted(found["None", "full"]) == [1, 1, 1.2, 1.4, 1.5, 1.8, 2.0, 3.0]  # the line at 1, and the bars
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert 1 in ax.get_yticks()
    legend = ax.get_legend()
    assert legend.get_title().get_text() == "depth 5 over depth 3"
    assert [t.get_text() for t in legend.get_texts()] == [
        "equal widths", "success probability 0.5", "success probability 0.9"
    ]  # fmt: skip


def test_the_figure_names_several_comparisons_and_says_where_nothing_is_settled() -> None:
    ax = drawn(ratio_of(100, 0.5, None, None, None), ratio_of(100, 0.5, None, None, None, second="depth 8", where="x"))
    assert [t.get_text() for t in ax.get_legend().get_texts()][1:] == [
        "depth 5 over depth 3, success probability 0.5", "depth 8 over depth 3, x, success probability 0.5"
    ]  # fmt: skip
    assert [t.get_text() for t in ax.texts] == ["the trials do not settle the ratio"]


def test_the_command_compares_folders(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*STUDY, "--extend", "0", "--label-noise", "0,0.2", "--out", str(tmp_path / "0")]) == 0
    capsys.readouterr()
    (tmp_path / "1").mkdir()  # as if made with another seed
    for name in ("result.json", "trials.csv"):
        text = (tmp_path / "0" / name).read_text(encoding="utf-8").replace('"seed": 0', '"seed": 1')
        (tmp_path / "1" / name).write_text(text, encoding="utf-8")
    both = document(["width", "compare", str(tmp_path / "0"), str(tmp_path / "1")], capsys)["result"]["ratios"]
    assert {(r["paired"], r["first"], r["where"]) for r in both} == {
        (False, "the first study", "label noise 0"), (False, "the first study", "label noise 0.2")
    }  # fmt: skip
    arguments = ["width", "compare", str(tmp_path / "0"), "--by", "label_noise", "--out", str(tmp_path / "ratio")]
    ratios = document(arguments, capsys)["result"]["ratios"]
    assert {(r["paired"], r["first"], r["second"]) for r in ratios} == {(True, "label noise 0", "label noise 0.2")}
    assert main(arguments) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "How many times as wide?"
    assert "label noise 0.2" in lines[1].lower()
    assert (tmp_path / "ratio" / "report.html").exists()
    assert (tmp_path / "ratio" / "width-ratio.svg").exists()
    line = refused(["width", "compare", str(tmp_path / "ratio"), str(tmp_path / "0")], capsys)
    assert line == (f"{tmp_path / 'ratio'} holds a result of width compare; name folders that width wrote with --out\n")
    assert "holds no result.json" in refused(["width", "compare", str(tmp_path), str(tmp_path / "0")], capsys)
    (tmp_path / "1" / "result.json").unlink()
    (tmp_path / "1" / "study.json").touch()
    assert "is not finished; run its command again" in refused(["width", "compare", *[str(tmp_path / "1")] * 2], capsys)
    assert "give a second study" in refused(["width", "compare", str(tmp_path / "0")], capsys)
    assert "--n belongs to width without compare" in refused(
        ["width", "--n", "100", "compare", str(tmp_path / "0")], capsys
    )


def test_the_library_names_it() -> None:
    assert hw.width.compare is compare
