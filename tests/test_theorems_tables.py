"""Complete tables on real and synthetic data, and what the checks say of margins that shrink.

Every theorem that applies has a width, or the reason why it has none is stated. The larger data sets are slow tests;
their time is that of ``howwide theorems compare`` on them.
"""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import howwide as hw
from cases import digits
from howwide import theory
from howwide.results import CompareResult
from howwide.theorems import compare, prescribe
from howwide.theorems.facts.networks import margin_decay
from howwide.theory.claims import POLYLOGARITHMIC_WIDTH

CHEN, LI = "chen-cao-zou-gu/iclr2021/thm-3.3", "li-lei-guo-ying/neurips2025/thm-3"
JT = "ji-telgarsky/iclr2020/thm-2.2"


def check_complete(found: CompareResult) -> None:
    """A width, or a reason that a reader can act on, for all that applies."""
    result = found.model_dump()
    CompareResult.model_validate(result)
    assert [t["id"] for t in result["theorems"]] == [t.id for t in theory.all_theorems()]
    measured = result["measured"]
    for fact in ("separation_across", "margin", "margin_infinite", "lambda_min", "radius", "ntrf_loss"):
        assert measured[fact] is not None, fact
    widths = 0
    for t in result["theorems"]:
        stated = "width" in theory.get(t["id"]).formulas
        if t["verdict"] == "not_applicable":
            assert t["reason"].startswith("stated for")
        elif t["log10_width"] is not None:
            assert stated
            widths += 1
        elif stated:
            assert t["statuses"]["width"] in ("infinite", "unknown"), t["id"]
            assert t["reason"], t["id"]
            assert t["statuses"]["width"] == "infinite" or t["missing"], t["id"]
        else:
            assert t["statuses"]["width"] == "not_stated"
    assert widths >= 15


def problem_of(found: CompareResult, id: str) -> theory.Problem:
    """The facts that a theorem is judged by."""
    theorem = theory.get(id)
    return prescribe(theorem, found.facts[-1].problem(theorem)).problem


def claim(found: CompareResult, id: str) -> theory.Verdict:
    (verdict,) = theory.get(id).judge(problem_of(found, id)).claims
    (printed,) = [c for t in found.theorems if t.id == id for c in t.assumptions if c["role"] == "claim"]
    assert printed == {"role": "claim", **verdict.as_dict()}
    return verdict


@pytest.fixture(scope="module")
def coins() -> CompareResult:
    """Points of the sphere under fair coins."""
    return compare(hw.data.load("sphere:dim=10,n=120"), depth=3, width=64)


@pytest.mark.slow
def test_random_labels_have_a_complete_table_and_no_polylogarithmic_width(coins: CompareResult) -> None:
    check_complete(coins)
    for id in (CHEN, "chen-cao-zou-gu/alpha-scaled/thm-2.1", "chen-cao-zou-gu/iclr2021/thm-3.3+prop-4.2", LI, JT):
        verdict = claim(coins, id)
        assert verdict.outcome == "fails", id
        assert "n^-0.5" in verdict.reason
        assert "random labels" in verdict.reason
        assert "the claim does not apply" in verdict.reason
        assert verdict.measured is not None
        assert 0.45 <= verdict.measured <= 0.75
        assert verdict.required == 0.45


def test_random_labels_have_a_margin_of_the_root_of_one_over_n() -> None:
    """Between sqrt(lambda_min/n) and sqrt(y'Ky)/n at every size, and its power of n near -1/2."""
    net, margins = hw.DeepReLU(8, 5), []
    sizes = (50, 100, 200, 400)
    for n in sizes:
        ds = hw.data.load(f"sphere:dim=50,n={n}")
        kernel = hw.tangent.infinite_gram(net, ds.x)
        margin = hw.ntrf.kernel_margin(kernel, ds.y)
        assert margin.lower <= math.sqrt(ds.y @ kernel @ ds.y) / n * (1 + 1e-9)
        assert margin.upper >= math.sqrt(np.linalg.eigvalsh(kernel)[0] / n) * (1 - 1e-9)
        margins.append(margin.lower)
    power = np.polyfit(np.log(sizes), np.log(margins), 1)[0]
    assert -0.62 < power < -0.45
    assert margins[-1] == pytest.approx(math.sqrt(3 / 400), rel=0.35)  # sqrt((L+1)/(2n)), the ceiling, at L = 5


def test_separated_caps_keep_their_margin() -> None:
    found = compare(
        hw.data.load("caps:dim=20,n=120"), depth=3, width=32, theorems=[theory.get(CHEN)], parts=["infinite", "radius"]
    )
    assert claim(found, CHEN).outcome == "holds"
    assert found.facts[-1].deep["margin_decay"].upper < 0.05


def test_a_margin_that_falls_more_slowly_leaves_the_claim_open() -> None:
    found = compare(digits(), n=160, depth=5, width=16, theorems=[theory.get(CHEN)], parts=["infinite"])
    verdict = claim(found, CHEN)
    assert verdict.outcome == "unknown"
    assert verdict.reason.startswith("undecided: the margin falls like n^-a with a from 0.31 to 0.50, on both sides of")
    missing = compare(digits(), n=30, depth=3, width=8, parts=["separation"])
    assert claim(missing, CHEN).reason == "not known: margin_decay"


@pytest.mark.parametrize(
    ("lower", "upper", "outcome", "words"),
    [
        (0.0, 0.04, "holds", ""),
        (0.46, 0.6, "fails", "at these sample sizes the claim does not apply"),
        (0.44, 0.6, "unknown", "undecided: the margin falls like n^-a with a from 0.44 to 0.60, on both sides of 0.45"),
        (0.0, 0.2, "unknown", "undecided: the margin falls like n^-a with a from 0.00 to 0.20, on both sides of 0.05"),
        (0.0, 0.6, "unknown", "on both sides of 0.05, up to which it counts as one that stays and of 0.45"),
        (0.2, 0.4, "unknown", "the claim applies only if that levels off"),
    ],
)
def test_a_claim_is_answered_only_where_the_whole_interval_does(
    lower: float, upper: float, outcome: str, words: str
) -> None:
    verdict = POLYLOGARITHMIC_WIDTH.check(theory.Problem(margin_decay=theory.Interval(lower, upper)))
    assert verdict.outcome == outcome
    assert words in verdict.reason
    assert ("undecided" in verdict.reason) == (lower <= 0.05 < upper or lower < 0.45 <= upper)


@pytest.mark.slow
def test_no_subset_of_the_digits_flips_the_claim() -> None:
    """500 of the digits: the power of many subsets of the whole lies in every interval, and all answers agree."""
    whole, net = digits(), hw.DeepReLU(8, 2)
    kernel, labels = hw.tangent.infinite_gram(net, whole.x), whole.y.astype(float)
    rng, logs = np.random.default_rng(0), []
    sizes = (25, 62, 250)
    for size, draws in zip(sizes, (60, 30, 8), strict=True):
        parts = [rng.permutation(whole.n)[:size] for _ in range(draws)]
        margins = [hw.ntrf.kernel_margin(kernel[np.ix_(p, p)], labels[p]).lower for p in parts]
        logs.append(np.mean(np.log(margins)))
    truth = -np.polyfit(np.log(sizes), logs, 1)[0]
    outcomes = set()
    for seed in range(8):
        ds = whole.subset(500, seed=seed)
        found = margin_decay(hw.tangent.infinite_gram(net, ds.x), ds.y, seed=seed)
        assert found is not None
        assert found.lower <= truth <= found.upper
        assert found.upper - found.lower < 0.4
        outcomes.add(POLYLOGARITHMIC_WIDTH.check(theory.Problem(margin_decay=found)).outcome)
    assert outcomes == {"unknown"}


@pytest.mark.parametrize("n", [40, 64, 200])
def test_the_decay_of_orthogonal_features_is_one_half(n: int) -> None:
    """K = I has the margin n^(-1/2), whatever the labels; K = yy' has the margin 1; K = 0 has none."""
    labels = np.where(np.arange(n) < n // 2, 1.0, -1.0)
    half, none = margin_decay(np.eye(n), labels), margin_decay(np.outer(labels, labels), labels)
    assert half is not None
    assert none is not None
    assert (half.lower, half.upper) == pytest.approx((0.5, 0.5), abs=2e-3)
    assert (none.lower, none.upper) == pytest.approx((0, 0), abs=2e-3)
    assert margin_decay(np.zeros((n, n)), labels) is None
    assert margin_decay(np.eye(39), np.resize([1.0, -1.0], 39)) is None
    assert margin_decay(np.eye(60), np.where(np.arange(60) < 3, 1.0, -1.0)) is None


def test_the_claim_is_no_condition(coins: CompareResult) -> None:
    prop = next(t for t in coins.theorems if t.id == "chen-cao-zou-gu/iclr2021/prop-4.2")
    assert {check["role"] for check in prop.assumptions} == {"assumption"}
    chen = next(t for t in coins.theorems if t.id == CHEN)
    assert "polylogarithmic" not in chen.reason
    wide = theory.get(CHEN).judge(problem_of(coins, CHEN), 1e-60)
    assert wide.verdict == "holds", wide.reason
    assert wide.claims[0].outcome == "fails"


def test_a_reference_is_always_found_for_li_et_al(coins: CompareResult) -> None:
    """Where no weights of mean loss 1/n were met, the start itself is one: D = 0, loss log 2."""
    for number in (1, 2):
        (li,) = [t for t in coins.theorems if t.id == f"li-lei-guo-ying/neurips2025/thm-{number}"]
        assert li.log10_width is not None
    facts = coins.facts[-1].antisymmetric
    if facts["reference_distance"] == 0:
        assert facts["reference_loss"] == pytest.approx(math.log(2))
        assert any("Li et al." in note for note in coins.facts[-1].notes)


def load(spec: str, shared_data: Path | None = None) -> Any:
    return hw.data.load(spec if shared_data is None else shared_data / spec)


@pytest.mark.slow
def test_noisy_xor_in_ten_dimensions_has_a_complete_table() -> None:
    found = compare(load("xor:dim=10,n=400"), depth=5, width=64)
    check_complete(found)
    assert claim(found, CHEN).outcome != "holds"


@pytest.mark.slow
@pytest.mark.parametrize(("spec", "n"), [("digits:even/odd", 500), ("xor:dim=20,n=1600", None)])
def test_larger_data_have_a_complete_table(spec: str, n: int | None) -> None:
    check_complete(compare(load(spec), n=n, depth=5, width=512))


@pytest.mark.slow
def test_mnist_three_against_eight_has_a_complete_table(shared_data: Path) -> None:
    check_complete(compare(load("mnist_binary.npz", shared_data), n=2000, depth=5, width=512))


@pytest.mark.slow
def test_noisy_xor_in_forty_dimensions_has_a_complete_table() -> None:
    check_complete(compare(load("xor:dim=40,n=6400"), depth=5, width=512))
