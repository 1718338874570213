"""Harder problems need more: every formula is monotone in n, eps, delta, margins, separations, L, m and radii.

``DIRECTIONS`` says for each kind whether a larger fact makes it larger (+1) or smaller (-1); what the statements
themselves have otherwise is listed in ``OTHERWISE``, with the reason.
"""

import itertools
from dataclasses import fields, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import theory_relatives
from howwide import theory

EASE = dict.fromkeys(
    ("margin", "margin_shallow", "margin_features", "separation_across", "separation_all", "lambda_min",
     "lambda_min_infinite", "lambda_min_shallow", "lambda_min_last", "failure_probability"), -1,
)  # fmt: skip
EFFORT = dict.fromkeys(
    ("radius", "network_radius", "reference_distance", "initial_output", "label_complexity", "initial_norm", "bias",
     "label_complexity_shallow", "margin_spread", "activation_slope", "activation_curvature", "initial_loss"), 1,
)  # fmt: skip
NEEDED = {"n": 1, "depth": 1, "target_loss": -1, "ntrf_loss": -1, "reference_loss": -1, "width": 1, **EASE, **EFFORT}
PROMISED = {"depth": 1, "width": 1, "target_loss": 1, "ntrf_loss": 1, "reference_loss": 1, "training_loss": 1,
            "online_loss": 1, "linearization_error": 1, **EASE, **EFFORT}  # fmt: skip

DIRECTIONS: dict[str, dict[str, int]] = {
    "width": NEEDED | {"reference_loss": 1},
    "num_steps": NEEDED,
    "sample_size": NEEDED,
    "radius": NEEDED,
    "training_loss": PROMISED | {"n": -1},
    "distance": PROMISED | {"width": -1},
    "online_loss": PROMISED | {"n": -1},
    "test_error": PROMISED | {"n": -1},
    "test_loss": PROMISED | {"n": -1},
    "step_size": {
        "n": -1,
        "depth": -1,
        "width": -1,
        "radius": 1,
        "network_radius": 1,
        "gradient_norm_squared": -1,
        "activation_slope": -1,
        "activation_curvature": -1,
        "initial_loss": -1,
    }
    | {fact: 1 for fact in EASE if fact != "failure_probability"},
    "margin": {"n": -1} | {fact: 1 for fact in EASE if fact != "failure_probability"},
    "margin_ceiling": {"n": -1, "label_energy": 1},
}

TERMS = {t.id: t.formulas["test_error"].terms.keys() for t in theory.all_theorems() if "test_error" in t.formulas}
SGD_STEPS = [id for id, terms in TERMS.items() if "eps_ntrf" in terms]
CHEN_TEST = [id for id, terms in TERMS.items() if "spectral" in terms]
RESNET = "du-lee-li-wang-zhai/icml2019/thm-resnet"

OTHERWISE = {
    **{(id, "step_size", "depth"): "min{L R^2/(n eps), 1/L}" for id in SGD_STEPS},
    **{(id, "test_error", "width"): "the least of a branch that rises and one that falls" for id in CHEN_TEST},
    (RESNET, "width", "depth"): "residual networks get easier",
    (RESNET, "num_steps", "depth"): "residual networks get easier",
    (RESNET, "step_size", "depth"): "residual networks get easier",
    ("ji-telgarsky/iclr2020/thm-3.2", "test_error", "target_loss"): "2 eps + log(4/eps)",
    ("cao-gu/aaai2020v3/thm-5.7", "test_error", "target_loss"): "1/eps + eps/2: the ball grows like 1/eps",
    **theory_relatives.OTHERWISE,
}

COUNTS = {"depth": (2, 30), "n": (10, 10**6), "input_dim": (2, 1000), "output_dim": (1, 10), "batch_size": (1, 9)}
RANGES = {"width": (10.0, 1e12), "alpha": (0.05, 0.5), "failure_probability": (1e-9, 0.2), "step_size": (1e-4, 1.0),
          "num_steps": (10.0, 1e6), "radius": (1.0, 1e3), "network_radius": (1.0, 1e3), "label_energy": (1.0, 1e4),
          "reference_distance": (0.2, 50.0), "gradient_norm_squared": (1.0, 1e5),
          "initial_norm": (2.0, 1e3)}  # fmt: skip
WORDS = {"network", "activation", "loss", "algorithm", "unit_inputs", "constant_coordinate"}
NUMBERS = [f.name for f in fields(theory.Problem) if f.name not in {*COUNTS, *WORDS}]
PROBLEMS = st.fixed_dictionaries(
    {name: st.integers(*ends) for name, ends in COUNTS.items()}
    | {name: st.floats(*RANGES.get(name, (1e-4, 0.5))) for name in NUMBERS}
)
CASES = [
    (theorem.id, kind, fact)
    for theorem in theory.all_theorems()
    for kind, formula in theorem.formulas.items()
    for fact in formula.facts
    if fact in DIRECTIONS[kind] and (theorem.id, kind, fact) not in OTHERWISE
]


def value(theorem: theory.Theorem, kind: str, problem: theory.Problem) -> float:
    log10 = theorem.quantity(kind, problem).log10
    assert log10 is not None
    return log10


@pytest.mark.parametrize("id", sorted({id for id, *_ in CASES}))
def test_formulas_are_monotone(id: str) -> None:
    theorem = theory.get(id)
    cases = [(kind, fact) for one, kind, fact in CASES if one == id]

    @settings(max_examples=25, deadline=None, derandomize=True)
    @given(PROBLEMS, st.floats(1.01, 50))
    def monotone(facts: dict[str, float], factor: float) -> None:
        problem = theory.Problem(**facts)  # type: ignore[arg-type]
        for kind, fact in cases:
            now = facts[fact]
            larger = int(now) + max(1, int(now * (factor - 1))) if fact in COUNTS else now * factor
            if fact in ("failure_probability", "target_loss", "initial_loss"):
                larger = min(larger, 0.9)
            before, after = (value(theorem, kind, p) for p in (problem, replace(problem, **{fact: larger})))
            change = (after - before) * DIRECTIONS[kind][fact]
            assert change >= -1e-9 * max(1.0, abs(before)), (kind, fact, before, after)

    monotone()


def test_each_variable_is_tried_on_many_statements_and_moves_them() -> None:
    """None of the above passes because nothing happens: a tenfold change moves most formulas that use a fact."""
    base = dict.fromkeys(COUNTS, 5) | {name: RANGES.get(name, (1e-4, 0.5))[1] / 2 for name in NUMBERS}
    problem = theory.Problem(**(base | {"alpha": 0.5}))  # type: ignore[arg-type]
    moved: dict[str, int] = {}
    for id, kind, fact in CASES:
        theorem, now = theory.get(id), getattr(problem, fact)
        changed = replace(problem, **{fact: now / 10 if fact not in COUNTS else now * 10})
        moved[fact] = moved.get(fact, 0) + (value(theorem, kind, changed) != value(theorem, kind, problem))
    for fact, least in (
        ("n", 40), ("target_loss", 30), ("failure_probability", 20), ("depth", 30), ("width", 10), ("margin", 8),
        ("margin_shallow", 6), ("separation_across", 8), ("separation_all", 8), ("radius", 8), ("lambda_min", 1),
    ):  # fmt: skip
        assert moved[fact] >= least, (fact, moved[fact])


@pytest.mark.parametrize("case", OTHERWISE, ids=lambda case: " ".join(case))
def test_exceptions_are_real(case: tuple[str, str, str]) -> None:
    """Where a statement is said not to follow the direction, two problems show it."""
    id, kind, fact = case
    theorem = theory.get(id)
    assert fact in theorem.formulas[kind].facts
    seen = set()
    values = [2, 3, 5, 9, 17, 30] if fact == "depth" else [10.0**k for k in range(-8, 0)]
    if fact == "width":
        values = [10.0**k for k in range(1, 40)]
    if fact == "n":
        values = [10, 20, 40, 80]
    base = {"n": 1000, "depth": 5, "alpha": 0.5, "width": 100.0, "radius": 30.0, "network_radius": 30.0,
            "ntrf_loss": 0.1, "target_loss": 0.1, "failure_probability": 0.01, "training_loss": 0.1,
            "margin_shallow": 0.4, "margin_features": 0.4, "lambda_min_last": 0.001, "input_dim": 10,
            "num_steps": 100, "step_size": 0.1,
            "initial_loss": 1e-9, "initial_norm": 40.0, "activation_slope": 0.1,
            "activation_curvature": 9.0, "margin": 0.1}  # fmt: skip
    for n in (10, 10**7):
        path = [value(theorem, kind, theory.Problem(**(base | {"n": n, fact: v}))) for v in values]  # type: ignore[arg-type]
        seen |= {(b > a) - (b < a) for a, b in itertools.pairwise(path)}
    assert -DIRECTIONS[kind][fact] in seen
