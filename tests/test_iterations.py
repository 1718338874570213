"""The iteration law: counted steps against NumPy, exponents against known laws, and what is said of both."""

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pandas as pd
import pytest

import cases
import howwide as hw
import oracles
from commands import document, refused
from howwide import theory
from howwide.data import Dataset
from howwide.errors import SettingError
from howwide.evaluate import distances
from howwide.figures import plot_iterations
from howwide.measure import IterationLaw, iteration_law
from howwide.measure.iteration_fit import law_of_runs
from howwide.measure.iterations import arrivals
from howwide.training import Status
from theory_problem import EVERY_FACT

LOSSES = (0.3, 0.1, 0.03, 0.01)
NET = hw.DeepReLU(8, 2)


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return cases.digits(20)


def runs(
    b: float = 1.0,
    a: float = 2.0,
    *,
    r: float = 0.0,
    depths: tuple[int, ...] = (3,),
    losses: tuple[float, ...] = LOSSES,
    starts: int = 6,
    spread: float = 0.02,
    **changed: Any,
) -> pd.DataFrame:
    """Runs with T = 100 c L^a eps^-b and R = 4 eps^-r; each start has a c, b and a of its own, the last ``spread``."""
    random = np.random.default_rng(0)
    own = random.normal(0.0, [0.5, spread, spread], size=(starts, 3))
    rows = [
        {
            "depth": depth, "start": k, "eps": eps, "radius": 4.0 * eps**-r, "status": str(Status.CONVERGED),
            "steps": 100 * np.exp(own[k, 0]) * depth ** (a + own[k, 1]) * eps ** -(b + own[k, 2]),
        }
        for depth, k, eps in itertools.product(depths, range(starts), losses)
    ]  # fmt: skip
    return pd.DataFrame(rows).assign(**changed)


def law(table: pd.DataFrame) -> IterationLaw:
    return law_of_runs(table, 0.95, "theory", 10_000)


def exponents(found: IterationLaw, against: str = "1/eps") -> dict[str, Any]:
    """By quantity; in L at the smallest loss."""
    return {e.quantity: e for e in found.exponents if e.against == against}


def test_known_exponents_come_out() -> None:
    found = law(runs(b=1.3, a=1.5, r=0.25, depths=(2, 4, 8)))
    loss, depth = exponents(found), exponents(found, "L")
    for e, exponent in (
        (loss["steps"], 1.3), (loss["steps, two smallest losses"], 1.3), (loss["steps over the bound"], -0.2),
        (depth["steps"], 1.5), (depth["steps over the bound"], -0.5),
    ):  # fmt: skip
        assert e.lower is not None
        assert e.lower < exponent < e.upper
        assert e.upper - e.lower < 0.1
    assert loss["radius"].exponent == pytest.approx(0.25)
    assert depth["radius"].exponent == pytest.approx(0.0, abs=1e-12)
    [deeper] = [e for e in found.exponents if (e.quantity, e.depth) == ("steps", 4)]
    assert f"({deeper.lower:.2f} to {deeper.upper:.2f}) at depth 4, slower" in found.verdict
    assert [e.theorem for e in (loss["steps"], depth["steps"], loss["steps over the bound"])] == [1.0, 2.0, 0.0]
    [point] = [p for p in found.points if (p.depth, p.eps) == (2, 0.1)]
    assert point.steps is not None
    assert point.radius == pytest.approx(4 * 0.1**-0.25)
    assert point.constant == pytest.approx(point.steps * 0.1 / (2 * 4 * 0.1**-0.25) ** 2)


@pytest.mark.parametrize(("b", "finding"), [(1.0, "consistent"), (1.3, "slower"), (0.7, "faster")])
def test_the_words_compare_with_the_theorem_and_never_refute_it(b: float, finding: str) -> None:
    found = law(runs(b=b))
    assert exponents(found)["steps"].finding == finding
    word = "consistent with" if finding == "consistent" else f"{finding} than"
    assert f"from eps = 0.3 to 0.01: {word} the O(1/eps) of the theorem over this range" in found.answer
    assert "violate" not in found.answer + found.verdict
    assert "refute" not in found.answer + found.verdict


def test_a_bound_that_grows_through_its_radius_is_compared_as_a_whole() -> None:
    """T like eps^-1.4 is more than 1/eps, and what the theorem has where R grows like eps^-0.2."""
    found = law(runs(b=1.4, r=0.2))
    assert exponents(found)["steps"].finding == "slower"
    assert exponents(found)["steps over the bound"].finding == "consistent"
    assert "T grows like the theorem's bound" in found.verdict


def test_a_run_is_one_observation() -> None:
    """More losses along a run, or a factor of the whole run, say nothing of how runs differ."""
    few, many = (
        exponents(law(runs(losses=losses)))["steps"]
        for losses in ((0.3, 0.05, 0.01), tuple(np.geomspace(0.3, 0.01, 30)))
    )
    assert many.upper - many.lower == pytest.approx(few.upper - few.lower, rel=0.3)
    scaled = runs()
    scaled["steps"] *= 1.0 + scaled["start"]
    assert exponents(law(scaled))["steps"].lower == pytest.approx(exponents(law(runs()))["steps"].lower)


def test_a_loss_that_a_run_did_not_reach_is_left_out_for_all() -> None:
    table = runs()
    table.loc[(table["eps"] == 0.01) & (table["start"] < 2), ["steps", "radius"]] = np.nan
    found = law(table)
    assert exponents(found)["steps"].values == pytest.approx((1 / 0.3, 10, 1 / 0.03))
    [last] = [p for p in found.points if p.eps == 0.01]
    assert (last.runs, last.reached, last.steps, last.constant) == (6, 4, None, None)
    assert "Not reached within 10000 steps at depth 3, and left out: eps = 0.01 by 2 of 6 runs." in found.verdict
    table.loc[table["eps"] < 0.1, ["steps", "radius"]] = np.nan
    nothing = law(table)
    assert nothing.exponents == ()
    assert nothing.answer.startswith(
        "At depth 3 all runs reached 2 of the 4 losses within 10000 steps: too few for a law"
    )


def test_runs_that_died_are_left_out_and_named() -> None:
    table = runs(depths=(2, 3, 4))
    dead = (table["start"] == 0) & (table["depth"] == 3)
    table.loc[dead, ["steps", "radius", "status"]] = [np.nan, np.nan, str(Status.DEAD)]
    found = law(table)
    assert [e.runs for e in found.exponents if e.quantity == "steps" and e.against == "1/eps"] == [6, 5, 6]
    assert exponents(found, "L")["steps"].runs == 5, "starts that all depths have"
    assert "1 of the runs at depth 3 diverged or died" in found.verdict
    assert not law(table[table["start"] < 2]).answer.startswith("At depth 3")
    table["status"] = str(Status.DIVERGED)
    assert law(table).exponents == ()


def test_runs_that_do_not_differ_have_no_interval() -> None:
    found = law(runs(spread=0.0).assign(steps=lambda t: 64.0 / t["eps"]))
    steps = exponents(found)["steps"]
    assert steps.exponent == pytest.approx(1.0)
    assert (steps.lower, steps.finding) == (None, None)
    assert "no interval" in found.answer


@pytest.mark.parametrize(("against", "fact", "factor"), [("1/eps", "target_loss", 0.5), ("L", "depth", 2)])
def test_the_exponents_of_the_theorem_are_those_of_the_catalogue(against: str, fact: str, factor: float) -> None:
    """Steps for half the loss, and for twice the depth, at the same R."""
    formula = theory.get("chen-cao-zou-gu/arxiv2020v2/thm-3.3")
    other = replace(EVERY_FACT, **{fact: factor * getattr(EVERY_FACT, fact)})
    before, after = (formula.quantity("num_steps", problem).log10 for problem in (EVERY_FACT, other))
    assert before is not None
    assert after is not None
    steps = exponents(law(runs(depths=(2, 4))), against)["steps"]
    assert (after - before) / np.log10(2) == pytest.approx(steps.theorem)


def test_steps_and_radius_are_those_of_one_whole_run(digits: Dataset) -> None:
    """Made in stretches, against a run without a stop and its losses at every step."""
    start = NET.init(jax.random.key(0), digits.d, dtype="float64")
    found, status = arrivals(NET, start, digits.x, digits.y, losses=(0.5, 0.3, 0.1, 1e-9), steps=900, step_size=0.05)
    whole = hw.gradient_descent(NET, start, digits.x, digits.y, step_size=0.05, steps=900)
    for eps, arrival in zip((0.5, 0.3, 0.1), found, strict=False):
        assert arrival is not None
        assert arrival.steps == np.argmax(whole.loss <= eps)
        there = hw.gradient_descent(
            NET, start, digits.x, digits.y, step_size=0.05, steps=arrival.steps, record_every=arrival.steps
        )
        assert arrival.radius == pytest.approx(8**0.5 * distances(there.weights, start).max(), rel=1e-9)
    assert found[-1] is None
    assert status == Status.MAX_STEPS


def test_in_the_linear_regime_the_exponent_is_one() -> None:
    """Two orthogonal rows, a fixed head: f is linear in the weights that are on, and the loss falls like 1/(c t).

    With :math:`e^z + z = c t` + constant, T = (1/eps + log(1/eps) + constant)/c; NumPy counts the same steps.
    """
    net, x, y = hw.FixedHeadReLU(8, 1), np.eye(2), np.array([1.0, -1.0])
    start = oracles.start(net, 2, seed=3)
    losses = (0.1, 0.03, 0.01, 0.003)
    found, _ = arrivals(net, start, x, y, losses=losses, steps=5000, step_size=0.5)
    counted = oracles.gradient_descent(net, start, x, y, 0.5, 2000)[0]
    steps = [a.steps for a in found if a is not None]
    assert steps == [int(np.argmax(counted <= eps)) for eps in losses]
    assert np.log(steps[-1] / steps[-2]) / np.log(0.01 / 0.003) == pytest.approx(1.0, abs=0.03)


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "losses that rise": ({"losses": (0.1, 0.3, 0.03)}, "losses must decrease"),
    "equal losses": ({"losses": (0.3, 0.1, 0.1)}, "losses must decrease"),
    "two losses": ({"losses": (0.3, 0.1)}, "three losses or more; got 2"),
    "a loss of 0": ({"losses": (0.3, 0.1, 0.0)}, "a loss must be a positive finite number"),
    "a loss of the start": ({"losses": (5.0, 0.1, 0.03)}, "below that of the starts"),
    "one start": ({"seeds": 1}, "at least 2"),
    "no steps": ({"steps": 0}, "steps must be a whole number of at least 1"),
    "the ladder": ({"step_size": "ladder"}, "several step sizes"),
    "no step size": ({"step_size": "nosuch"}, "unknown step size"),
    "a depth twice": ({"depths": (2, 2)}, "depths must be different"),
    "no depth": ({"depths": ()}, "got none"),
    "depth 1": ({"depths": (1, 2)}, "depth must be a whole number of at least 2"),
    "the level": ({"level": 1.0}, "level"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_clear_line(name: str, digits: Dataset) -> None:
    changed, words = BAD[name]
    with pytest.raises(SettingError, match=words) as refusal:
        iteration_law(NET, digits.x, digits.y, **changed)
    assert "\n" not in str(refusal.value)


def test_another_network_is_refused(digits: Dataset) -> None:
    with pytest.raises(SettingError, match="whose head is trained"):
        iteration_law(hw.FixedHeadReLU(8, 1), digits.x, digits.y)  # type: ignore[arg-type]


COMMAND = [
    "iterations", "--data", "digits:even/odd", "--n", "20", "--width", "8", "--depth", "2,3", "--seeds", "2",
    "--losses", "0.5,0.3,0.2", "--steps", "900", "--step-size", "0.05",
]  # fmt: skip


def test_the_verb_says_the_same_as_the_function(
    digits: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = iteration_law(
        NET, digits.x, digits.y, losses=(0.5, 0.3, 0.2), depths=(2, 3), seeds=2, steps=900, step_size=0.05
    )
    found = document([*COMMAND, "--out", str(tmp_path / "law")], capsys)["result"]
    assert found["answer"] == made.answer
    assert found["step_rule"] == "number"
    assert [p["steps"] for p in found["points"]] == pytest.approx([p.steps for p in made.points])
    assert "other steps have another power" in found["verdict"]
    kept = pd.read_csv(tmp_path / "law" / "runs.csv")
    assert list(kept) == ["depth", "start", "eps", "steps", "radius", "status"]
    assert len(kept) == 2 * 2 * 3
    page = (tmp_path / "law" / "report.html").read_text(encoding="utf-8")
    assert made.answer.replace("'", "&#39;") in page
    assert page.count("<figure>") == 1
    assert "three losses" in refused([*COMMAND, "--losses", "0.5,0.3"], capsys)


def test_the_figure_has_a_line_for_each_depth() -> None:
    table = runs(depths=(2, 4))
    table.loc[(table["eps"] == 0.01) & (table["depth"] == 4), ["steps", "radius"]] = np.nan
    ax = plot_iterations(law(table))
    legend = ax.get_legend()
    assert legend is not None
    assert [t.get_text() for t in legend.get_texts()] == ["depth 2", "proportion to 1/eps", "depth 4"]
    assert plot_iterations(law(table).model_copy(update={"runs": None})).get_lines()
