"""Exponents read back from the formulas, logarithmic factors set to one, against the master table of the theory.

The table below is a second transcription, a row a theorem: exponents of the width, of the time and of what is said of
the test error. An exponent is a difference of logarithms when one fact doubles and all others stay; every fact that a
formula uses and a row does not name must have the exponent 0. A sum or a minimum is read where one term outweighs the
rest by more than 1e9.
"""

import math
from dataclasses import replace
from typing import Any

import pytest

import theory_relatives
import theory_seed_papers
from howwide import theory
from theory_problem import EVERY_FACT as BASE
from theory_problem import set_logarithms_to_one

ICLR, ALPHA = "chen-cao-zou-gu/iclr2021", "chen-cao-zou-gu/alpha-scaled"
ZOU, NCS, LI = "zou-cao-zhou-gu", "nitanda-chinot-suzuki/arxiv2019", "li-lei-guo-ying/neurips2025"
TT, TTM = "taheri-thrampoulidis/jmlr2024", "taheri-thrampoulidis-mazumdar/iclr2025"
DU_DEEP, DU = "du-lee-li-wang-zhai/icml2019/thm-fully-connected", "du-zhai-poczos-singh/iclr2019/thm-gd"
JT, AZ = "ji-telgarsky/iclr2020", "allen-zhu-li-song/icml2019"
MUNTEANU = "munteanu-omlor-song-woodruff/icml2022/thm-logistic"

CHATTERJI = "chatterji-long-bartlett/colt2021/thm-small-loss"

SPECTRAL, FIRST, SECOND = {"radius": 1e90}, {"radius": 1e20, "width": 1e300}, {"radius": 1e40, "width": 1e60}
"""Where one term of Theorem 3.4 outweighs the others: the spectral branch, and the two terms of the linear one."""

# (row, id, kind, facts at which it is read, exponents); L is depth as the statement counts it
TABLE: list[tuple[str, str, str, dict[str, Any], dict[str, float]]] = [
    ("Chen 3.3", f"{ICLR}/thm-3.3", "width", {}, {"depth": 22, "radius": 8}),
    ("Chen 3.3", f"{ICLR}/thm-3.3", "num_steps", {}, {"depth": 2, "radius": 2, "ntrf_loss": -1}),
    ("Chen 3.4", f"{ICLR}/thm-3.4", "width", {}, {"depth": 22, "radius": 8}),
    ("Chen 3.4", f"{ICLR}/thm-3.4", "test_error", FIRST, {"depth": 1.5, "radius": 1, "n": -0.5}),
    ("Chen 3.4", f"{ICLR}/thm-3.4", "test_error", SECOND, {"depth": 11 / 3, "radius": 4 / 3, "width": -1 / 6}),
    ("Chen 3.5", f"{ICLR}/thm-3.5", "width", {}, {"depth": 22, "radius": 8}),
    ("Chen 3.5", f"{ICLR}/thm-3.5", "num_steps", {}, {"n": 1}),
    ("Chen 3.5", f"{ICLR}/thm-3.5", "test_error", {"radius": 1e9}, {"depth": 2, "radius": 2, "n": -1}),
    ("Chen 3.5", f"{ICLR}/thm-3.5", "test_error", {"radius": 1e-9, "ntrf_loss": 1e-18}, {"n": -1}),
    ("Chen 3.5", f"{ICLR}/thm-3.5", "test_error", {"radius": 1e-9, "n": 10**14}, {"ntrf_loss": 1}),
    ("Chen + 4.2", f"{ICLR}/thm-3.3+prop-4.2", "width", {}, {"depth": 22, "margin": -8}),
    ("Chen + 4.2", f"{ICLR}/thm-3.3+prop-4.2", "num_steps", {}, {"depth": 2, "margin": -2, "target_loss": -1}),
    ("Chen + 4.2", f"{ICLR}/thm-3.5+prop-4.2", "width", {}, {"depth": 22, "margin": -8}),
    ("Chen + 4.2", f"{ICLR}/thm-3.5+prop-4.2", "num_steps", {}, {"n": 1}),
    ("Chen + 4.2", f"{ICLR}/thm-3.5+prop-4.2", "test_error", {}, {"depth": 2, "margin": -2, "n": -1}),
    ("Chen + 4.6", f"{ICLR}/prop-4.6", "radius", {}, {"n": 1.5, "separation_across": -0.5}),
    ("Chen + 4.6", f"{ICLR}/prop-4.6", "margin", {}, {"n": -1.5, "separation_across": 0.5}),
    ("Chen + 4.6", f"{ICLR}/prop-4.6", "width", {}, {"n": 12, "depth": 22, "separation_across": -4}),
    ("Chen + 4.6", f"{ICLR}/thm-3.3+prop-4.6", "width", {}, {"n": 12, "depth": 22, "separation_across": -4}),
    (
        "Chen + 4.6", f"{ICLR}/thm-3.3+prop-4.6", "num_steps", {},
        {"depth": 2, "n": 3, "separation_across": -1, "target_loss": -1},
    ),
    ("Zou 2019", f"{ZOU}/ml2020/thm-gd", "width", {"n": 10**6}, {"n": 14, "depth": 16, "separation_across": -4}),
    (
        "Zou 2019", f"{ZOU}/ml2020/thm-gd", "width", {"target_loss": 1e-20},
        {"n": 12, "depth": 16, "separation_across": -4, "target_loss": -1},
    ),
    ("Zou 2019", f"{ZOU}/derived/zero-error", "width", {}, {"n": 14, "depth": 16, "separation_across": -4}),
    ("Zou 2019", f"{ZOU}/ml2020/thm-gd", "num_steps", {"n": 10**6}, {"n": 5, "depth": 3, "separation_across": -1}),
    (
        "Zou 2019", f"{ZOU}/ml2020/thm-gd", "num_steps", {"target_loss": 1e-20},
        {"n": 3, "depth": 3, "separation_across": -1, "target_loss": -1},
    ),
    ("Zou 2018", f"{ZOU}/arxiv2018/thm-gd", "width", {}, {"n": 26, "depth": 38, "separation_across": -8}),
    ("Zou 2018", f"{ZOU}/arxiv2018/thm-gd", "num_steps", {}, {"n": 8, "depth": 9, "separation_across": -4}),
    (
        "Zou-Gu 2019", "zou-gu/neurips2019/thm-gd", "width", {},
        {"output_dim": 1, "n": 8, "depth": 12, "separation_all": -4},
    ),
    ("Zou-Gu 2019", "zou-gu/neurips2019/thm-gd", "num_steps", {}, {"n": 2, "depth": 2, "separation_all": -1}),
    ("Allen-Zhu 2019", f"{AZ}/thm-gd", "width", {}, {"output_dim": 1, "n": 24, "depth": 12, "separation_all": -8}),
    ("Allen-Zhu 2019", f"{AZ}/thm-gd", "num_steps", {}, {"n": 6, "depth": 2, "separation_all": -2}),
    ("Du 2019 2-layer", DU, "width", {}, {"n": 6, "lambda_min_shallow": -4, "failure_probability": -3}),
    ("Du 2019 2-layer", DU, "num_steps", {}, {"n": 2, "lambda_min_shallow": -2}),
    ("Cao-Gu 2019", "cao-gu/neurips2019/thm-3.3", "width", {}, {"n": 7}),
    ("Cao-Gu 2019", "cao-gu/neurips2019/thm-3.3", "num_steps", {}, {"n": 1}),
    (
        "Cao-Gu 2019", "cao-gu/neurips2019/thm-3.3", "test_error", {"radius": 1e20},
        {"depth": 1, "radius": 1, "n": -0.5},
    ),
    ("Cao-Gu 2020", "cao-gu/aaai2020/thm-gd", "width", {}, {"target_loss": -14}),
    ("Cao-Gu 2020", "cao-gu/aaai2020/thm-gd", "sample_size", {}, {"target_loss": -4}),
    ("Ji-Telgarsky 2020", f"{JT}/thm-2.2", "width", {}, {"margin_shallow": -8}),
    (
        "Ji-Telgarsky 2020", f"{JT}/thm-2.2", "num_steps", {"margin_shallow": 1e-9},
        {"margin_shallow": -2, "target_loss": -1, "step_size": -1},
    ),
    ("Ji-Telgarsky 2020", f"{JT}/thm-3.2", "test_error", {"margin_shallow": 1e-9}, {"margin_shallow": -2, "n": -0.5}),
    ("Ji-Telgarsky 2020", f"{JT}/thm-sgd", "width", {}, {"margin_shallow": -8}),
    ("Ji-Telgarsky 2020", f"{JT}/thm-sgd", "sample_size", {}, {"margin_shallow": -2, "target_loss": -1}),
    ("Munteanu 2022", MUNTEANU, "width", {}, {"margin_shallow": -2}),
    ("Munteanu 2022", MUNTEANU, "num_steps", {}, {"margin_shallow": -2, "target_loss": -1}),
    ("Nitanda 2019", f"{NCS}/narrow", "width", {}, {"target_loss": -1}),
    ("Nitanda 2019", f"{NCS}/narrow", "num_steps", {}, {"target_loss": -2}),
    ("Nitanda 2019", f"{NCS}/narrow", "sample_size", {}, {"target_loss": -4}),
    ("Nitanda 2019", f"{NCS}/fast", "width", {}, {"target_loss": -1.5}),
    ("Nitanda 2019", f"{NCS}/fast", "num_steps", {}, {"target_loss": -1}),
    ("Nitanda 2019", f"{NCS}/fast", "sample_size", {}, {"target_loss": -2}),
    ("Taheri-T. 2024", f"{TT}/cor-margin", "width", {}, {"margin": -4}),
    ("Taheri-T. 2024", f"{TT}/cor-margin", "training_loss", {}, {"margin": -2, "num_steps": -1}),
    ("Taheri-T. 2024", f"{TT}/cor-margin", "test_loss", {}, {"margin": -2, "n": -1}),
    ("Taheri-T. 2024", f"{TT}/thm-realizable", "width", {}, {"reference_distance": 4}),
    (
        "Taheri et al. 2025", f"{TTM}/thm-realizable", "training_loss", {},
        {"reference_distance": 2, "step_size": -1, "num_steps": -1},
    ),
    ("Li et al. 2025", f"{LI}/thm-1", "width", {}, {"depth": 16, "reference_distance": 8}),
    ("Li et al. 2025", f"{LI}/thm-2", "width", {}, {"depth": 16, "input_dim": 1, "reference_distance": 8}),
    ("Li et al. 2025", f"{LI}/thm-3", "width", {}, {"depth": 16, "input_dim": 1, "margin": -8}),
    ("Li et al. 2025", f"{LI}/thm-3", "num_steps", {}, {"n": 1, "step_size": -1}),
    ("Li et al. 2025", f"{LI}/thm-3", "test_loss", {"margin": 1e-15}, {"depth": 4, "margin": -2, "n": -1}),
    ("Li et al. 2025", f"{LI}/thm-3", "test_loss", {"margin": 1e15}, {"depth": 6, "margin": -1, "n": -1}),
    ("Chatterji et al. 2021", CHATTERJI, "training_loss", {}, {"num_steps": -1}),
    ("Noy 2021", "noy-xu-aflalo-zelnik-manor-jin/arxiv2021/thm-gd", "width", {}, {"n": 2, "depth": 1}),
    ("Bombari 2022", "bombari-amani-mondelli/neurips2022/thm-gd", "width", {}, {"n": 0.5}),
    *theory_relatives.EXPONENTS,
]  # fmt: skip

EXPONENTIAL = [  # bases whose power is the depth, beside powers of other facts
    ("Chen 3.4", f"{ICLR}/thm-3.4", "test_error", SPECTRAL, 4, {"depth": 2, "radius": 1, "width": 0.5, "n": -0.5}),
    (
        "Chen + 4.2", f"{ICLR}/thm-3.3+prop-4.2", "test_error", {"margin": 1e-90}, 4,
        {"depth": 2, "margin": -1, "width": 0.5, "n": -0.5},
    ),
    ("Du 2019 deep", DU_DEEP, "width", {"lambda_min_last": 1e-9}, 2, {"n": 4, "lambda_min_last": -4}),
    ("Du 2019 deep", DU_DEEP, "num_steps", {}, 2, {"n": 2, "lambda_min_last": -2}),
    ("Taheri et al. 2025", f"{TTM}/cor-margin", "test_loss", {}, math.e, {"margin": -2, "n": -1}),
]  # fmt: skip

MASTER_ROWS = {
    "Chen 3.3", "Chen 3.4", "Chen 3.5", "Chen + 4.2", "Chen + 4.6", "Chen alpha", "Zou 2019", "Zou 2018", "Zou-Gu 2019",
    "Allen-Zhu 2019", "Du 2019 deep", "Du 2019 2-layer", "Cao-Gu 2019", "Cao-Gu 2020", "Ji-Telgarsky 2020",
    "Munteanu 2022", "Nitanda 2019", "Taheri-T. 2024", "Taheri et al. 2025", "Li et al. 2025", "Chatterji et al. 2021",
    "Noy 2021", "Bombari 2022", *theory_relatives.ROWS,
}  # fmt: skip

TABLE += theory_seed_papers.TABLE
EXPONENTIAL += theory_seed_papers.EXPONENTIAL
MASTER_ROWS |= theory_seed_papers.ROWS

ALPHAS = (0.5, 0.4, 0.25, 0.1)


@pytest.fixture(autouse=True)
def without_logarithms(monkeypatch: pytest.MonkeyPatch) -> None:
    set_logarithms_to_one(monkeypatch)


def problem_of(id: str, at: dict[str, Any]) -> theory.Problem:
    """The facts, with ``depth`` as the statement counts it."""
    counts = theory.get(id).setting.depth_counts
    return replace(BASE, network="deep" if counts == "weight matrices" else "fixed_head", **at)


def log10(id: str, kind: str, problem: theory.Problem) -> float:
    quantity = theory.get(id).quantity(kind, problem)
    assert quantity.status == "value", quantity
    assert quantity.log10 is not None
    return quantity.log10


def slope(id: str, kind: str, fact: str, at: dict[str, Any]) -> float:
    problem = problem_of(id, at)
    doubled = replace(problem, **{fact: 2 * getattr(problem, fact)})
    return (log10(id, kind, doubled) - log10(id, kind, problem)) / math.log10(2)


def used(id: str, kind: str) -> set[str]:
    return set(theory.get(id).formulas[kind].facts) - {"alpha"}


def test_every_row_of_the_master_table_is_here() -> None:
    here = {row for row, *_ in TABLE} | {row for row, *_ in EXPONENTIAL} | {"Chen alpha"}
    assert here == MASTER_ROWS


@pytest.mark.parametrize(("row", "id", "kind", "at", "powers"), TABLE, ids=[f"{t[1]} {t[2]} {t[3]}" for t in TABLE])
def test_exponents_are_those_of_the_master_table(
    row: str, id: str, kind: str, at: dict[str, Any], powers: dict[str, float]
) -> None:
    assert set(powers) <= used(id, kind)
    for fact in used(id, kind) - {"training_loss", "initial_output"}:
        assert slope(id, kind, fact, at) == pytest.approx(powers.get(fact, 0), abs=1e-6), (row, fact)


@pytest.mark.parametrize(
    ("row", "id", "kind", "at", "base", "powers"), EXPONENTIAL, ids=[f"{t[1]} {t[2]}" for t in EXPONENTIAL]
)
def test_exponential_factors_are_those_of_the_master_table(
    row: str, id: str, kind: str, at: dict[str, Any], base: float, powers: dict[str, float]
) -> None:
    for fact in used(id, kind) - {"training_loss", "depth"}:
        assert slope(id, kind, fact, at) == pytest.approx(powers.get(fact, 0), abs=1e-6), (row, fact)
    problem = problem_of(id, at)
    deeper = log10(id, kind, replace(problem, depth=12)) - log10(id, kind, problem)
    assert deeper == pytest.approx(6 * math.log10(base) + powers.get("depth", 0) * math.log10(2), abs=1e-6)


@pytest.mark.parametrize("alpha", ALPHAS)
def test_exponents_with_the_output_scale(alpha: float) -> None:
    """Theorems 2.1 to 2.3: (L^11 R^4)^(1/alpha), L^2 R^2/eps, and L^(11/3) R^(4/3) m^(-alpha/3)."""
    for number in ("2.1", "2.2", "2.3"):
        for fact, power in (("depth", 11 / alpha), ("network_radius", 4 / alpha), ("n", 0)):
            assert slope(f"{ALPHA}/thm-{number}", "width", fact, {"alpha": alpha}) == pytest.approx(power, abs=1e-6)
    steps = {"depth": 2, "network_radius": 2, "target_loss": -1}
    for fact, power in steps.items():
        assert slope(f"{ALPHA}/thm-2.1", "num_steps", fact, {"alpha": alpha}) == pytest.approx(power)
    second = {"alpha": alpha, "network_radius": 1e80, "width": 1e120}
    for fact, power in {"depth": 11 / 3, "network_radius": 4 / 3, "width": -alpha / 3, "n": 0}.items():
        assert slope(f"{ALPHA}/thm-2.2", "test_error", fact, second) == pytest.approx(power, abs=1e-6)
    assert slope(f"{ALPHA}/thm-2.1", "step_size", "width", {"alpha": alpha}) == pytest.approx(-2 * alpha)


@pytest.mark.parametrize("layers", [1, 2, 5])
def test_exponents_that_grow_with_the_depth(layers: int) -> None:
    """Taheri et al. 2025: gamma^-(6L+4), D^(6L+4), n^(3L+3), L hidden layers."""
    at = {"depth": layers}
    assert slope(f"{TTM}/cor-margin", "width", "margin", at) == pytest.approx(-(6 * layers + 4))
    assert slope(f"{TTM}/thm-realizable", "width", "reference_distance", at) == pytest.approx(6 * layers + 4)
    assert slope(f"{TTM}/cor-noisy", "width", "n", at) == pytest.approx(3 * layers + 3)


def test_what_the_master_table_leaves_empty_is_not_stated() -> None:
    for id, kind in (
        (f"{ZOU}/ml2020/thm-gd", "test_error"),
        ("zou-gu/neurips2019/thm-gd", "test_error"),
        (f"{AZ}/thm-gd", "test_error"),
        (DU, "test_error"),
        ("cao-gu/aaai2020/thm-gd", "num_steps"),
        (CHATTERJI, "width"),
    ):
        assert kind not in theory.get(id).formulas


def test_the_test_bound_is_vacuous_with_separation_alone() -> None:
    """L^(3/2) R n^(-1/2) >= n phi^(-1/2) > 1 at the R of Proposition 4.6."""
    for n in (10, 10**3, 10**6):
        facts = replace(BASE, n=n)
        radius = theory.get(f"{ICLR}/prop-4.6").quantity("radius", facts).value
        assert radius == pytest.approx(n**1.5 * 0.3**-0.5)
        bound = theory.get(f"{ICLR}/thm-3.4").test_error(facts, radius=radius, width=1e300).value
        assert bound is not None
        assert bound >= n * 0.3**-0.5 > 1
