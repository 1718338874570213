"""What settles a trial beside sample size, width and seed: the network, how it is trained, what it must reach.

A :class:`Protocol` is plain data; a study holds it fixed, or varies some of it (:data:`VARIED`).
"""

import dataclasses
from collections.abc import Sequence
from typing import Any

from howwide.checks import check_count, check_seed, is_positive
from howwide.data import Dataset
from howwide.errors import DataError, SettingError
from howwide.losses import LOGISTIC, get_loss
from howwide.networks import DeepReLU, FixedHeadReLU
from howwide.plain import one_or_several, plain
from howwide.training import RULES, check_step_size
from howwide.training.paper_rules import ONE_LAYER, PAPER_RULES
from howwide.width.targets import TrialTarget, parse_trial_target

__all__ = ["LABELS", "NETWORKS", "VARIED", "Protocol", "make_network"]

NETWORKS = ("deep", "fixed-head")
"""Names of the networks: Chen et al.'s, and Zou et al.'s."""

LABELS = ("true", "random")
"""The labels of the data, or as a negative control a random permutation of them."""

VARIED = ("target", "depth", "alpha", "label_noise")
"""What a study may vary beside the sample size and the budget."""


def check_alpha(network: str, alpha: object) -> None:
    """Refuse an output scale that was given beside a network that has none.

    Raises:
        SettingError: it was.
    """
    if network == "fixed-head" and alpha is not None:
        raise SettingError("alpha contradicts network = fixed-head, which has no output scale; leave it out")


def make_network(network: str, width: int, depth: int, alpha: float | None = None) -> DeepReLU | FixedHeadReLU:
    """The network named ``deep`` or ``fixed-head``; ``alpha`` belongs to the first alone, 1/2 unless given.

    Raises:
        SettingError: an unknown name, a number outside the network's domain, or an alpha other than 1/2, which a caller
            may have as its default, for fixed-head.
    """
    if network == "deep":
        return DeepReLU(width, depth, 0.5 if alpha is None else alpha)
    if network == "fixed-head":
        check_alpha(network, None if alpha == 0.5 else alpha)
        return FixedHeadReLU(width, depth)
    raise SettingError(f"unknown network {network!r}; use one of {', '.join(NETWORKS)}")


@dataclasses.dataclass(frozen=True)
class Protocol:
    """Everything that the trials behind one point of a curve share.

    Args:
        network: ``deep`` or ``fixed-head``.
        depth: L, as the network counts it.
        alpha: output scale of the deep network.
        target: see :mod:`howwide.width.targets`.
        steps: budgets T of every try, one or several; kept in increasing order.
        step_size: a number or a rule; ``ladder`` makes up to three tries a trial.
        loss: ``logistic`` or ``square``.
        hidden_constant: the constant of the theorem's step size.
        antisymmetric: start with f = 0.
        stratified: subsets keep the share of positive labels; otherwise they are plain random ones.
        labels: ``true``, or ``random`` for the negative control.
        label_noise: share of the training labels that are flipped.
        seed: changes every subset, every start and every flip.

    Raises:
        SettingError: a setting outside its domain, or settings that contradict each other.
    """

    network: str = "deep"
    depth: int = 5
    alpha: float = 0.5
    target: str = "zero-error"
    steps: Sequence[int] = (1000,)
    step_size: str | float = "ladder"
    loss: str = "logistic"
    hidden_constant: float = 1.0
    antisymmetric: bool = False
    stratified: bool = True
    labels: str = "true"
    label_noise: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            object.__setattr__(self, field.name, plain(getattr(self, field.name)))
        make_network(self.network, 2, self.depth, self.alpha)
        object.__setattr__(self, "target", self.goal.name)
        get_loss(self.loss)
        if self.goal.radius is not None and get_loss(self.loss) is not LOGISTIC:
            raise SettingError("eps_NTRF is a logistic loss; with loss = square use a target loss<=EPS")
        steps = {check_count(t, "steps", 1) for t in one_or_several(self.steps)}
        if not steps:
            raise SettingError("give at least one budget of steps")
        object.__setattr__(self, "steps", tuple(sorted(steps)))
        object.__setattr__(self, "step_size", check_step_size(self.step_size, self.hidden_constant))
        self._check_rule()
        check_seed(self.seed)
        if self.labels not in LABELS:
            raise SettingError(f"labels are {' or '.join(LABELS)}; got {self.labels!r}")
        if not (self.label_noise == 0 or (is_positive(self.label_noise) and self.label_noise <= 0.5)):
            raise SettingError(f"label noise is a share of labels from 0 to 0.5; got {self.label_noise}")
        if self.labels == "random" and self.label_noise:
            raise SettingError("random labels carry no signal that noise could take away; leave label_noise at 0")

    @property
    def goal(self) -> TrialTarget:
        """The target, read."""
        return parse_trial_target(self.target)

    @property
    def width_step(self) -> int:
        """2 where the network needs an even width, otherwise 1."""
        return 2 if self.antisymmetric or self.network == "fixed-head" else 1

    @property
    def square_matrices(self) -> int:
        """How many of the network's matrices have a side of the width twice: all but the first, and the deep head."""
        return self.depth - (2 if self.network == "deep" else 1)

    @property
    def varied(self) -> dict[str, Any]:
        """The values of :data:`VARIED`."""
        return {name: getattr(self, name) for name in VARIED}

    @property
    def fixed(self) -> dict[str, Any]:
        """All the rest."""
        return {name: value for name, value in dataclasses.asdict(self).items() if name not in VARIED}

    def _check_rule(self) -> None:
        """The rules' own conditions, so that they are not found in the first trial."""
        if self.step_size in PAPER_RULES and self.network == "deep":
            raise SettingError(f"step size {self.step_size} is for network fixed-head; deep has {', '.join(RULES[:4])}")
        if self.step_size in ONE_LAYER and self.depth != 1:
            raise SettingError(f"step size {self.step_size} is for one hidden layer: depth 1; got {self.depth}")
        if self.step_size == "explicit" and get_loss(self.loss) is not LOGISTIC:
            raise SettingError("step size explicit belongs to the logistic loss; use curvature with another loss")

    def check(self, ds: Dataset) -> None:
        """Refuse a target that the data cannot answer.

        Raises:
            DataError: a test error without a test part.
        """
        if self.goal.test_error is not None and not ds.n_test:
            raise DataError(f"target {self.target} needs a test part, and {ds.name} has none")
