"""What the statements assume, as objects that statements share and that answer for themselves.

``assumption.check(problem)`` compares measured facts with what is required and returns a :class:`Verdict`: holds,
fails, or unknown, with the numbers and how far apart they are. An assumption on a population, or on a supremum over a
ball, cannot be checked on a sample; then the verdict is unknown and says so.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from howwide.theory.magnitude import Magnitude
from howwide.theory.problem import Interval, Problem

__all__ = ["Assumption", "Verdict", "at_least", "at_most", "cannot_be_checked", "is_finite", "is_true", "positive"]


@dataclass(frozen=True)
class Verdict:
    """The answer of one check.

    Attributes:
        name: the assumption.
        outcome: "holds", "fails" or "unknown".
        measured: the number that was compared, at its worst end; None if there is none.
        required: what it was compared with; None if there is none.
        slack_log10: factors of 10 to spare, negative where it fails; None where no ratio makes sense.
        reason: in words; empty when it holds.
    """

    name: str
    outcome: str
    measured: float | None = None
    required: float | None = None
    slack_log10: float | None = None
    reason: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types; what is infinite is null."""
        return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in self.__dict__.items()}


@dataclass(frozen=True)
class Assumption:
    """One assumption.

    Attributes:
        name: a permanent slug.
        statement: the assumption in one line.
        facts: names of the facts that decide it; empty if none can.
        test: from a problem to a verdict.
    """

    name: str
    statement: str
    facts: tuple[str, ...]
    test: Callable[[Problem], Verdict]

    def check(self, problem: Problem) -> Verdict:
        """Does it hold, as far as the facts tell?"""
        missing = [fact for fact in self.facts if getattr(problem, fact) is None]
        if missing:
            return Verdict(self.name, "unknown", reason=f"not known: {', '.join(missing)}")
        return self.test(problem)


def positive(name: str, statement: str, fact: str) -> Assumption:
    """A fact is above zero; an interval that touches zero leaves it open."""

    def test(problem: Problem) -> Verdict:
        lower, upper = _interval(problem, fact)
        if lower > 0:
            return Verdict(name, "holds", lower, 0.0)
        if upper == 0:
            return Verdict(name, "fails", 0.0, 0.0, reason=f"{fact} is 0")
        return Verdict(name, "unknown", 0.0, 0.0, reason=f"{fact} lies between 0 and {upper:.4g}")

    return Assumption(name, statement, (fact,), test)


def at_most(
    name: str, statement: str, fact: str, bound: Callable[[Problem], Magnitude], needs: tuple[str, ...] = ()
) -> Assumption:
    """A fact is at most a bound, which may depend on the facts in ``needs``; an interval across it leaves it open."""

    def test(problem: Problem) -> Verdict:
        lower, upper = (Magnitude.of(end) for end in _interval(problem, fact))
        required = bound(problem)
        slack = None if upper.log10 == required.log10 == math.inf else required.log10 - upper.log10
        numbers = (float(upper), float(required), slack)
        if upper <= required:
            return Verdict(name, "holds", *numbers)
        if lower > required:
            return Verdict(name, "fails", *numbers, reason=f"{fact} {float(lower):.4g} > {float(required):.4g}")
        return Verdict(name, "unknown", *numbers, reason=f"{fact} may be on either side of {float(required):.4g}")

    return Assumption(name, statement, (fact, *needs), test)


def at_least(
    name: str, statement: str, fact: str, bound: Callable[[Problem], Magnitude], needs: tuple[str, ...] = ()
) -> Assumption:
    """A fact is at least a bound, which may depend on the facts in ``needs``; an interval across it leaves it open."""

    def test(problem: Problem) -> Verdict:
        lower, upper = (Magnitude.of(end) for end in _interval(problem, fact))
        required = bound(problem)
        numbers = (float(lower), float(required), lower.log10 - required.log10 if required > 0 else None)
        if lower >= required:
            return Verdict(name, "holds", *numbers)
        if upper < required:
            return Verdict(name, "fails", *numbers, reason=f"{fact} {float(upper):.4g} < {float(required):.4g}")
        return Verdict(name, "unknown", *numbers, reason=f"{fact} may be on either side of {float(required):.4g}")

    return Assumption(name, statement, (fact, *needs), test)


def is_finite(name: str, statement: str, fact: str, needs: tuple[str, ...] = ()) -> Assumption:
    """There is something whose size is the fact; one that was not found leaves it open. Nothing is required of it."""

    def test(problem: Problem) -> Verdict:
        lower, upper = _interval(problem, fact)
        if upper < math.inf:
            return Verdict(name, "holds", upper)
        if lower == math.inf:
            return Verdict(name, "fails", reason=f"there is none: {fact} is infinite")
        return Verdict(name, "unknown", reason=f"none was found: {fact} is at least {lower:.4g}")

    return Assumption(name, statement, (fact, *needs), test)


def is_true(name: str, statement: str, fact: str) -> Assumption:
    """A yes-or-no fact is yes."""

    def test(problem: Problem) -> Verdict:
        holds = getattr(problem, fact)
        return Verdict(name, "holds") if holds else Verdict(name, "fails", reason=f"not so: {statement}")

    return Assumption(name, statement, (fact,), test)


def cannot_be_checked(name: str, statement: str, why: str) -> Assumption:
    """No facts of a sample decide it."""
    return Assumption(name, statement, (), lambda problem: Verdict(name, "unknown", reason=f"cannot be checked: {why}"))


def _interval(problem: Problem, fact: str) -> tuple[float, float]:
    value = getattr(problem, fact)
    return (value.lower, value.upper) if isinstance(value, Interval) else (value, value)


def _constant(value: float) -> Callable[[Problem], Magnitude]:
    return lambda problem: Magnitude.of(value)


def _least(problem: Problem, fact: str) -> Magnitude:
    return Magnitude.of(_interval(problem, fact)[0])


def _greatest(problem: Problem, fact: str) -> Magnitude:
    return Magnitude.of(_interval(problem, fact)[1])


UNIT_INPUTS = is_true("unit-inputs", "‖x_i‖ = 1 for all i", "unit_inputs")
CONSTANT_COORDINATE = is_true(
    "constant-coordinate", "the last coordinate of every input is the same number in (0, 1)", "constant_coordinate"
)
SEPARATED_ACROSS = positive(
    "separation-across",
    "‖x_i - x_j‖ ≥ φ > 0 whenever y_i ≠ y_j (equal labels may be arbitrarily close)",
    "separation_across",
)
SEPARATED_ALL = positive("separation-all", "‖x_i - x_j‖ ≥ φ > 0 for all i ≠ j", "separation_all")
TANGENT_MARGIN = positive(
    "tangent-margin", "U* with Σ‖U*_l‖² = 1 has y_i⟨∇f_W0(x_i), U*⟩ ≥ m^½ γ for all i, γ > 0", "margin"
)
SHALLOW_MARGIN = positive(
    "shallow-margin",
    "u with ‖u(z)‖ ≤ 1 for every z has y_i E[1{⟨z,x_i⟩ > 0}⟨u(z),x_i⟩] ≥ γ₂ > 0 for all i",
    "margin_shallow",
)
FEATURE_MARGIN = positive(
    "feature-margin", "c with |c(u)| ≤ 1 for every u has y_i E[c(u) σ(⟨u,x_i⟩)] ≥ γ_f > 0 for all i", "margin_features"
)
POPULATION_MARGIN = cannot_be_checked(
    "population-margin", "the margin γ holds on the whole support of the distribution", "only a sample of it is known"
)
TANGENT_GRAM = positive("tangent-gram", "the tangent Gram at the start is positive definite", "lambda_min")
LIMIT_GRAM = positive("limit-gram", "the limit of the tangent Gram is positive definite", "lambda_min_infinite")
SHALLOW_GRAM = positive(
    "shallow-gram", "H^∞ is positive definite (true if no two inputs are parallel)", "lambda_min_shallow"
)
LAST_LAYER_GRAM = positive(
    "last-layer-gram", "the limit Gram K^(H) of the last hidden layer is positive definite", "lambda_min_last"
)
REFERENCE_NETWORK = is_finite(
    "reference-network",
    "some W* with ‖W*_l - W0_l‖ ≤ R m^-α for every l has L_i(W*) < ε for every i",
    "network_radius",
    ("target_loss",),
)
REFERENCE_LOSS = at_most(
    "reference-loss",
    "the reference has training loss at most 1/T",
    "reference_loss",
    lambda problem: 1 / _greatest(problem, "num_steps"),
    ("num_steps",),
)
STEP_BELOW_CURVATURE = at_most(
    "step-below-curvature",
    "η ≤ 1/(2 M₂), M₂ the largest squared gradient norm of f met",
    "step_size",
    lambda problem: 1 / (2 * _greatest(problem, "gradient_norm_squared")),
    ("gradient_norm_squared",),
)
LINEARIZATION_SMALL = at_most(
    "linearization-small",
    "ε_app ≤ 1/8 on the ball of radius (1 + √3) D (a supremum: a sample of the ball can refute it, not prove it)",
    "linearization_error",
    _constant(1 / 8),
)
DEFECT_SMALL = at_most(
    "linearization-defect", "κ_t ≤ 1/4 at every step of the run", "linearization_defect", _constant(1 / 4)
)
LOSS_GRADIENT_SMALL = at_most(
    "loss-gradient", "η‖∇L_S‖² ≤ L_S/2 at every step of the run", "loss_gradient_share", _constant(1 / 2)
)
TARGET_BELOW_ONE = at_most("target-below-one", "ε ≤ 1", "target_loss", _constant(1.0))
FAILURE_BELOW_THIRD = at_most("failure-below-third", "δ ≤ 1/3", "failure_probability", _constant(1 / 3))
FAILURE_BELOW_INVERSE_E = at_most("failure-below-inverse-e", "δ ≤ 1/e", "failure_probability", _constant(1 / math.e))
IID_SAMPLE = cannot_be_checked(
    "iid-sample",
    "the examples are drawn independently from the distribution that errors are counted on",
    "only a sample is known",
)
IID_INPUTS = cannot_be_checked(
    "iid-inputs", "inputs are drawn independently from a distribution that concentrates", "only a sample is known"
)
GOOD_START = cannot_be_checked(
    "good-start", "the first layer's features at the start are well conditioned, against the loss there", "not measured"
)
UNKNOWN_WIDTH = cannot_be_checked(
    "width", "the width is at least a polynomial in n, L and 1/φₐ", "its exponents are not known here"
)
POINTWISE_LINEARISED = cannot_be_checked(
    "pointwise-linearised",
    "some function of the linearised class of radius R has ℓ(y_i f(x_i)) ≤ ε/2 for every i",
    "the radius that is measured is one for the average loss",
)
WIDTH_NOT_GIVEN = cannot_be_checked(
    "width-not-given", "the width is at least a number that depends on δ, L, n and λ∞", "the paper does not say which"
)
SMALL_INITIAL_LOSS = at_most(
    "small-initial-loss",
    "L_S(W0) ≤ n^-(1+24L), L hidden layers",
    "initial_loss",
    lambda problem: Magnitude.of(problem.n or 1) ** -(1 + 24 * (problem.hidden_layers or 1)),
    ("n", "depth"),
)


def _rows_of_corollary(problem: Problem) -> Magnitude:
    return math.sqrt(math.pi) / (16 * (12 + _greatest(problem, "reference_distance") ** 2))


def _rows_of_loss(problem: Problem) -> Magnitude:
    eta, steps, loss = (_greatest(problem, fact) for fact in ("step_size", "num_steps", "reference_loss"))
    return math.sqrt(math.pi) / (16 * (3 * eta * steps * loss + _greatest(problem, "reference_distance") ** 2))


def _regularised_start(problem: Problem) -> Magnitude:
    eta, steps, loss = (_greatest(problem, fact) for fact in ("step_size", "num_steps", "reference_loss"))
    return (eta * max(steps * loss, _greatest(problem, "initial_loss"))) ** 0.5


def _inverse_smoothing(problem: Problem) -> Magnitude:
    """1/h_max of Chatterji, Long and Bartlett (2021), (3a)."""
    layers, norm = problem.hidden_layers or 1, _greatest(problem, "initial_norm")
    log_loss = Magnitude.of(max(1e-300, -_greatest(problem, "initial_loss").log10 * math.log(10)))
    root_width = Magnitude.of(problem.width or 1) ** 0.5
    return max(Magnitude.of(1), 24 * root_width * norm**layers / (layers ** (layers / 2 - 3) * log_loss))


REFERENCE_ROWS = at_most(
    "reference-rows",
    "no neuron of the reference is farther than √π/(16(12 + D²)) from its start",
    "reference_row_distance",
    _rows_of_corollary,
    ("reference_distance",),
)
REFERENCE_ROWS_OF_LOSS = at_most(
    "reference-rows-of-loss",
    "no neuron of the reference is farther than √π/(16(3ηTε* + D²)) from its start",
    "reference_row_distance",
    _rows_of_loss,
    ("reference_distance", "reference_loss", "step_size", "num_steps"),
)
REFERENCE_FAR = at_least(
    "reference-far",
    "D² ≥ max{ηTε*, ηL_S(W0)}",
    "reference_distance",
    _regularised_start,
    ("reference_loss", "initial_loss", "step_size", "num_steps"),
)
SIXTEEN_STEPS = at_least(
    "sixteen-steps", "T ≥ 16, 4 over the smoothness of the logistic loss", "num_steps", _constant(16)
)
SHARP_ACTIVATION = at_least(
    "sharp-activation",
    "the activation is close to ReLU: h < min{L^{L/2-3} log(1/L₀)/(24 m^½ V₀ᴸ), 1}, h = 1/β",
    "activation_curvature",
    _inverse_smoothing,
    ("depth", "width", "initial_loss", "initial_norm"),
)
SMALL_INITIAL_LOSS_ABSOLUTE = cannot_be_checked(
    "small-initial-loss-absolute", "L_S(W1) ≤ n^-(1+C₁) for an absolute constant C₁", "the paper does not compute C₁"
)
FOUR_CLUSTERS = cannot_be_checked(
    "four-clusters",
    "four narrow clusters of nearly n/4 examples, two a label, centres of different labels nearly orthogonal or obtuse",
    "how narrow, how even and how orthogonal is an absolute constant that the paper does not compute",
)
POLYLOG_WIDTH_OF_CLUSTERS = cannot_be_checked(
    "polylog-width", "m ≥ 2 log^C₃(nd/δ) for an absolute constant C₃", "the paper does not compute C₃"
)
BIASED_GRAM = cannot_be_checked(
    "biased-gram", "the least eigenvalue of the limit Gram with bias b is λ₀e^{-b²/2}", "it is measured at b = 0 only"
)
MODERATE_BIAS = at_most(
    "moderate-bias",
    "0 ≤ b ≤ (½ log m)^½",
    "bias",
    lambda problem: Magnitude.of(math.log(problem.width or 1) / 2) ** 0.5,
    ("width",),
)
NOISY_TARGET = cannot_be_checked(
    "noisy-target",
    "labels are a function on the sphere plus bounded-variance noise, fresh at every step",
    "only a sample is known",
)
THREE_EXAMPLES = at_least("three-examples", "n ≥ 3", "n", _constant(3))
