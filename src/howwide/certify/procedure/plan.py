"""What is settled before any example is looked at: the algorithm, a declared grid, and the probability of failure.

A certificate holds for a procedure that the sample did not shape. So a step size must come from numbers that were
known before (width, depth, output scale, a constant), and where several widths or constants are wanted there are two
honest ways: a union bound over all of them, or a part of the sample that is spent on choosing and never certified on.
"""

import dataclasses
import itertools
import numbers
from collections.abc import Sequence
from typing import Any, Literal, get_args

from howwide.checks import check_choice, check_count, check_positive, check_probability, check_seed, is_positive
from howwide.errors import SettingError
from howwide.networks import DeepReLU, FixedHeadReLU, make_network
from howwide.plain import one_or_several, plain
from howwide.training.paper_rules import ONE_LAYER
from howwide.training.step_sizes import RULES

__all__ = ["ALGORITHMS", "A_PRIORI", "LARGEST_GRID", "LEAST_DELTA", "Algorithm", "Combination", "Plan"]

Algorithm = Literal["sgd", "gd"]
"""One pass of stochastic gradient descent, and full-batch gradient descent."""

ALGORITHMS: tuple[Algorithm, ...] = get_args(Algorithm)

A_PRIORI = ("theory", "zou-gu", "ji-telgarsky", "li")
"""The step rules that look at the network alone, never at the sample."""

LEAST_DELTA = 1e-300
"""Its shares are numbers still."""

LARGEST_GRID = 1024
"""Combinations of a grid, at most."""


@dataclasses.dataclass(frozen=True)
class Combination:
    """One point of the declared grid: a width, and the constant of the step size unless that is a number."""

    width: int
    step_constant: float | None

    def __str__(self) -> str:
        width = f"width {self.width}"
        return width if self.step_constant is None else f"{width}, step constant {self.step_constant:g}"

    def as_dict(self) -> dict[str, float]:
        """What there is, by name."""
        return {name: value for name, value in dataclasses.asdict(self).items() if value is not None}


@dataclasses.dataclass(frozen=True)
class Plan:
    r"""The declared procedure.

    Args:
        algorithm: ``sgd`` (one pass, batch size 1) or ``gd`` (full batch).
        network: ``deep`` or ``fixed-head``.
        width: m, one or several.
        depth: L, as the network counts it.
        alpha: output scale of the deep network.
        step_constant: c of the step size :math:`c / (L m^{2\alpha})`, one or several; 4 unless given, and none beside
            a step size that is a number.
        step_size: a rule that looks at the network alone (`A_PRIORI`), or a number chosen without the sample.
        steps: of gd, declared beforehand.
        delta: probability that a certificate fails.
        joint: all certificates hold at once with probability 1 - delta, instead of each one by itself.
        tune_on: share of the sample, in (0, 1), on which the best combination is chosen; None pays for all of them.
        dtype: of training, ``float32`` or ``float64``.
        seed: changes the order of the examples, the start and every draw.

    Raises:
        SettingError: a setting outside its domain, one that looks at the sample, or settings that contradict each
            other.
    """

    algorithm: Algorithm = "sgd"
    network: str = "deep"
    width: int | Sequence[int] = 256
    depth: int = 3
    alpha: float = 0.5
    step_constant: float | Sequence[float] | None = None
    step_size: str | float = "theory"
    steps: int = 100
    delta: float = 0.05
    joint: bool = False
    tune_on: float | None = None
    dtype: str = "float32"
    seed: int = 0

    def __post_init__(self) -> None:
        check_choice(self.algorithm, "algorithm", ALGORITHMS)
        check_choice(self.dtype, "dtype", ("float32", "float64"))
        for field in dataclasses.fields(self):
            self._settle(field.name, plain(getattr(self, field.name)))
        self._settle("width", _listed(self.width, "width"))
        self._settle("delta", check_probability(self.delta, "delta"))
        if self.delta < LEAST_DELTA:
            raise SettingError(f"delta is divided, and must be at least {LEAST_DELTA:g}; got {self.delta!r}")
        if not isinstance(self.joint, bool):
            raise SettingError(f"joint is True or False; got {self.joint!r}")
        check_count(self.steps, "steps", 1)
        check_seed(self.seed)
        for width in self.widths:
            make_network(self.network, width, self.depth, self.alpha)
        self._settle_step_size()
        size = len(self.combinations)
        if size > LARGEST_GRID:
            raise SettingError(f"a grid has at most {LARGEST_GRID} combinations; got {size}")
        if self.tune_on is not None and not (is_positive(self.tune_on) and self.tune_on < 1):
            raise SettingError(
                f"tune-on is the share of the sample that is spent on choosing, strictly between 0 and 1; got "
                f"{self.tune_on}. Choosing on the examples that are certified on would void the certificate"
            )
        if self.tune_on is not None and size == 1:
            raise SettingError("tune-on has nothing to choose: give several widths or step constants")

    def _settle(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    def _settle_step_size(self) -> None:
        """The rule, which looks at the network alone, and its constants; or a number, which has none."""
        rule: str | float = self.step_size
        given: object = self.step_constant
        if isinstance(rule, str) and rule in RULES:
            if rule not in A_PRIORI:
                raise SettingError(
                    f"step size {rule} is computed from the sample, and then no certificate holds. Use theory with a "
                    "--step-constant, or a grid of constants: --step-constant 1,4,16 pays for all, --tune-on 0.25 "
                    "chooses on a part of the sample"
                )
            if rule != "theory" and (self.network == "deep" or (rule in ONE_LAYER and self.depth != 1)):
                raise SettingError(f"step size {rule} belongs to another network; use theory, or a number")
            constants = _listed(4.0 if given is None else given, "step constant")
            for constant in constants:
                check_positive(constant, "the step constant")
            self._settle("step_constant", constants)
            return
        try:
            number = float(rule)
        except (TypeError, ValueError):
            raise SettingError(
                f"unknown step size {rule!r}; use theory, or a number chosen without these data"
            ) from None
        self._settle("step_size", check_positive(number, "a step size"))
        if given not in (None, (None,)):  # the second is what a copy of a plan has
            raise SettingError("a step size given as a number has no step constant; leave one of the two")
        self._settle("step_constant", (None,))

    @property
    def widths(self) -> tuple[int, ...]:
        """The declared widths."""
        return self.width  # type: ignore[return-value]

    @property
    def step_constants(self) -> tuple[float | None, ...]:
        """The declared constants; one None where the step size is a number."""
        return self.step_constant  # type: ignore[return-value]

    @property
    def combinations(self) -> tuple[Combination, ...]:
        """The declared grid."""
        return tuple(itertools.starmap(Combination, itertools.product(self.widths, self.step_constants)))

    def net(self, combination: Combination) -> DeepReLU | FixedHeadReLU:
        """The network of one combination."""
        return make_network(self.network, combination.width, self.depth, self.alpha)

    def described(self) -> dict[str, Any]:
        """The settings as a document has them: lists of one as their value."""
        settings = dataclasses.asdict(self)
        return {k: v[0] if isinstance(v, tuple) and len(v) == 1 else v for k, v in settings.items()}


def _listed(value: object, name: str) -> tuple[Any, ...]:
    values = tuple(one_or_several(value))
    if not values:
        raise SettingError(f"give at least one {name}")
    if not all(isinstance(v, numbers.Real) for v in values):
        raise SettingError(f"a {name} is a number, or several in one sequence; got {value!r}")
    if len(set(values)) < len(values):
        raise SettingError(f"the same {name} is given twice: the grid would pay for it twice")
    return values
