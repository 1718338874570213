"""The facts that the theorems ask about: a neutral record between the measured world and the statements.

A :class:`Problem` says what is known of one learning problem and nothing of any theorem; every fact is optional. What
is known only between two ends is an :class:`Interval`, and every formula is evaluated at both. A fact that a statement
needs and that is not here makes its result ``unknown`` and is named there.
"""

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from howwide.errors import SettingError
from howwide.plain import plain

__all__ = ["ALGORITHMS", "NETWORKS", "Fact", "Interval", "Problem"]

NETWORKS = ("deep", "fixed_head", "fixed_head_antisymmetric")
"""The networks that exist in the library: DeepReLU, FixedHeadReLU, and the latter started so that f = 0."""

ALGORITHMS = ("gd", "one_pass_sgd", "minibatch_sgd")


@dataclass(frozen=True)
class Interval:
    """A nonnegative number known to lie between two ends; ``upper`` may be infinite (no upper end is known).

    Raises:
        SettingError: an end is negative or NaN, or the ends are in the wrong order.
    """

    lower: float = 0.0
    upper: float = math.inf

    def __post_init__(self) -> None:
        if not 0 <= self.lower <= self.upper:
            raise SettingError(f"an interval needs 0 <= lower <= upper; got [{self.lower}, {self.upper}]")


Fact = float | Interval


@dataclass(frozen=True, kw_only=True)
class Problem:
    r"""What is known; None where nothing is. Numbers may be :class:`Interval` s unless marked *exact*.

    Lengths and kernels are in the scale of the library: gradients are divided by the network's gradient scale
    (:math:`m^{\alpha}`, or :math:`\sqrt m` for a fixed head), radii multiplied by it.

    Attributes:
        network: one of :data:`NETWORKS`, or None to ask every theorem about its own network.
        activation: "relu" or "smooth"; loss: "logistic" or "square"; algorithm: one of :data:`ALGORITHMS`.
        depth: as the network class counts it; weight matrices (hidden layers + 1) where ``network`` is None; exact.
        width: the width m at hand; alpha: exponent of the output scale; both exact.
        n: number of examples; input_dim: d; output_dim: number of outputs; batch_size: B; exact.
        target_loss: eps; failure_probability: delta; exact.
        unit_inputs: every input has norm 1; constant_coordinate: the last coordinate is a constant in (0, 1).
        separation_across: least distance of inputs with different labels; separation_all: of any two inputs.
        margin: Assumption 4.1 of Chen et al. (gamma); margin_infinite: its limit of infinite width.
        margin_shallow: Assumption 4.3 of Chen et al., 2.1 of Ji and Telgarsky; margin_features: the random-feature
            margin of Cao and Gu (AAAI 2020).
        margin_decay: the power a with which the margin at infinite width falls as :math:`n^{-a}` when examples are
            added, over the sample sizes at hand, as an interval; 0 where it does not fall.
        lambda_min: least eigenvalue of the normalised tangent Gram; lambda_min_infinite: of its limit;
            lambda_min_shallow: of the limit for one hidden layer under a frozen head, :math:`H^\infty` of Du et al.;
            lambda_min_last: of the last hidden layer's Gram :math:`K^{(H)}` of Du et al. (smooth activation).
        radius: a radius R of per-layer balls; ntrf_loss: eps_NTRF at that radius.
        network_radius: a radius R with every example's loss below target_loss for some *network* in the balls.
        reference_distance: :math:`D = \|W^* - W^{(0)}\|_F`, all layers together, in the parametrisation of the
            statement, not multiplied; reference_row_distance: the largest distance of one neuron's weights in it,
            :math:`\|W^* - W^{(0)}\|_{2,\infty}`; reference_loss: the average loss of the reference, linearised at the
            start where the statement says so.
        margin_spread: :math:`\sqrt m \|U^*\|_{2,\infty} / \|U^*\|_F` of the direction of the margin, for one hidden
            layer; 1 where every neuron moves as far as every other, :math:`\sqrt m` where one alone moves.
        gradient_norm_squared: largest :math:`\|\nabla f_W(x_i)\|_F^2` met, all layers together, not divided.
        linearization_error: eps_app, the error of the linearisation over the ball; linearization_defect: kappa, the
            largest share of the loss that the linearisation cost along a run; loss_gradient_share: the largest
            :math:`\eta \|\nabla L_S\|_F^2 / L_S` along a run.
        label_energy: :math:`y^\top K y` of the normalised Gram; label_complexity: :math:`y^\top \Theta^{-1} y` of the
            limit; label_complexity_shallow: :math:`y^\top (H^\infty)^{-1} y`, for one hidden layer under a frozen head.
        initial_loss: :math:`L_S(W^{(0)})`; initial_output: largest :math:`|f_{W^{(0)}}(x_i)|`; initial_norm:
            :math:`\|W^{(0)}\|_F`, all trained layers together, in the parametrisation of the statement.
        activation_slope: largest :math:`|\sigma'|`; activation_curvature: largest :math:`|\sigma''|`.
        bias: b, with which every hidden neuron starts, :math:`\sigma(\langle w_j, x \rangle - b)`.
        step_size: eta, in the parametrisation of the statement; num_steps: T; training_loss: :math:`L_S(W^{(t)})`;
            online_loss: mean loss of one-pass SGD on each example before its step.

    Raises:
        SettingError: a fact outside its domain.
    """

    network: str | None = None
    activation: str | None = None
    loss: str | None = None
    algorithm: str | None = None
    depth: int | None = None
    width: float | None = None
    alpha: float | None = None
    n: int | None = None
    input_dim: int | None = None
    output_dim: int = 1
    batch_size: int | None = None
    target_loss: float | None = None
    failure_probability: float | None = None
    unit_inputs: bool | None = None
    constant_coordinate: bool | None = None
    separation_across: Fact | None = None
    separation_all: Fact | None = None
    margin: Fact | None = None
    margin_infinite: Fact | None = None
    margin_shallow: Fact | None = None
    margin_features: Fact | None = None
    margin_decay: Fact | None = None
    lambda_min: Fact | None = None
    lambda_min_infinite: Fact | None = None
    lambda_min_shallow: Fact | None = None
    lambda_min_last: Fact | None = None
    radius: Fact | None = None
    ntrf_loss: Fact | None = None
    network_radius: Fact | None = None
    reference_distance: Fact | None = None
    reference_row_distance: Fact | None = None
    reference_loss: Fact | None = None
    margin_spread: Fact | None = None
    gradient_norm_squared: Fact | None = None
    linearization_error: Fact | None = None
    linearization_defect: Fact | None = None
    loss_gradient_share: Fact | None = None
    label_energy: Fact | None = None
    label_complexity: Fact | None = None
    label_complexity_shallow: Fact | None = None
    initial_loss: Fact | None = None
    initial_output: Fact | None = None
    initial_norm: Fact | None = None
    activation_slope: Fact | None = None
    activation_curvature: Fact | None = None
    bias: Fact | None = None
    step_size: Fact | None = None
    num_steps: Fact | None = None
    training_loss: Fact | None = None
    online_loss: Fact | None = None

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            object.__setattr__(self, field.name, plain(getattr(self, field.name)))
        _check_choice("network", self.network, NETWORKS)
        _check_choice("activation", self.activation, ("relu", "smooth"))
        _check_choice("loss", self.loss, ("logistic", "square"))
        _check_choice("algorithm", self.algorithm, ALGORITHMS)
        for name in ("depth", "n", "input_dim", "output_dim", "batch_size", "width"):
            _check(name, getattr(self, name), lambda value: value >= 1, "at least 1")
        _check("depth", self.depth, lambda value: value >= 2 or self.network in NETWORKS[1:], "at least 2 matrices")
        _check("alpha", self.alpha, lambda value: 0 < value <= 0.5, "in (0, 1/2]")
        _check("target_loss", self.target_loss, lambda value: 0 < value < math.inf, "positive")
        _check("failure_probability", self.failure_probability, lambda value: 0 < value < 1, "in (0, 1)")
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if isinstance(value, (int, float)):
                _check(field.name, value, lambda number: 0 <= number < math.inf, "finite and nonnegative")

    @property
    def hidden_layers(self) -> int | None:
        """Number of hidden layers, whatever the network class counts."""
        if self.depth is None:
            return None
        return self.depth if self.network in NETWORKS[1:] else self.depth - 1

    def as_dict(self) -> dict[str, Any]:
        """The known facts as plain JSON types; an interval as its two ends, an end that is not known as null."""
        known = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return {name: _plain(value) for name, value in known.items() if value is not None}

    @staticmethod
    def from_dict(facts: dict[str, Any]) -> "Problem":
        """The inverse of :meth:`as_dict`.

        Raises:
            SettingError: a name that is no fact, or a value outside its domain.
        """
        unknown = set(facts) - {field.name for field in dataclasses.fields(Problem)}
        if unknown:
            raise SettingError(f"no such facts: {', '.join(sorted(unknown))}")
        return Problem(**{name: _fact(value) for name, value in facts.items()})


def _plain(value: Any) -> Any:
    if isinstance(value, Interval):
        return [value.lower, value.upper if math.isfinite(value.upper) else None]
    return value


def _fact(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        lower, upper = value
        return Interval(lower, math.inf if upper is None else upper)
    return value


def _check_choice(name: str, value: str | None, choices: tuple[str, ...]) -> None:
    if value is not None and value not in choices:
        raise SettingError(f"{name} must be one of {', '.join(choices)}; got {value!r}")


def _check(name: str, value: Any, holds: Callable[[Any], bool], expected: str) -> None:
    if value is not None and not holds(value):
        raise SettingError(f"{name} must be {expected}; got {value}")
