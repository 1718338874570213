"""The settings of a width study: one record for the command line, TOML files, Python and the store.

A :class:`WidthStudy` may hold several values of what may vary (:data:`VARIED`); the trials behind one curve
share one combination of them, a :class:`TrialSettings`. Both check what can be checked without the data when they are
made. Nothing is imported before that, so the command line can show its help at once.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, TypedDict

from howwide.checks import check_choice, check_count, check_seed, check_width, is_positive
from howwide.errors import SettingError
from howwide.width.settings import DesignSettings, Settings, Several

if TYPE_CHECKING:
    from howwide.data import Dataset
    from howwide.statistics import AdaptiveDesign
    from howwide.width.targets import TrialTarget

__all__ = ["LABELS", "SUBSETS", "VARIED", "SharedSettings", "TrialSettings", "WidthStudy"]

ALGORITHMS = ("gd", "minibatch")
"""Full-batch gradient descent, or SGD with minibatches. (One pass of SGD ends with the data: no target.)"""

LABELS = ("true", "random")
"""The labels of the data, or as a negative control a random permutation of them."""

SUBSETS = ("stratified", "random")
"""How a trial's examples are drawn."""


class Varied(TypedDict):
    """What a study may vary beside the sample size and the budget."""

    target: str
    depth: int
    alpha: float
    label_noise: float


VARIED = tuple(Varied.__annotations__)
"""Names of what a study may vary."""


class SharedSettings(Settings):
    """What all trials of a study have in common.

    Raises:
        SettingError: as :class:`~howwide.width.settings.Settings`.
    """

    network: str = "deep"
    """deep (Chen et al., all layers trained) or fixed-head (Zou et al.)."""

    steps: Several[int] = (5000,)
    """Budget T of gradient steps for every try, or several that increase: a curve for each."""

    algorithm: str = "gd"
    """gd (full batch), or minibatch: a fresh batch at every step, the training error looked at every 10 steps."""

    batch_size: int | None = None
    """Examples of a minibatch (minibatch)."""

    step_size: str | float = "ladder"
    """A number, curvature, explicit, theory, ladder (up to three tries a trial), or a paper, as in the docs."""

    loss: str = "logistic"
    """logistic, or square: half the squared distance."""

    hidden_constant: float = 1.0
    """The constant that the paper's step size hides."""

    whole_tries: bool = False
    """Run on tries that can no longer reach the target; of trials stopped so, fewer than 1 in 100 would succeed."""

    antisymmetric: bool = False
    """Start with f = 0 (even widths only)."""

    subset: str = "stratified"
    """stratified (keeps the share of positive labels) or random."""

    labels: str = "true"
    """true, or random: permuted labels, a negative control."""

    test_after: bool = False
    """Train on to the budget after the target, for the test error there too; without, that where a run stopped."""

    seed: int = 0
    """Changes every subset, start and flip."""


class TrialSettings(SharedSettings):
    """What settles a trial beside sample size, width and its own seed: one combination of a study's settings.

    ``target``, ``depth``, ``alpha`` and ``label_noise`` are one value each of the study's; a network without an output
    scale has ``alpha`` 1/2.

    Raises:
        SettingError: as :class:`~howwide.width.settings.Settings`.
    """

    target: str
    depth: int
    alpha: float
    label_noise: float

    def model_post_init(self, _context: object) -> None:
        from howwide.losses import LOGISTIC, get_loss
        from howwide.networks import make_network
        from howwide.training import RULES, check_step_size
        from howwide.training.paper_rules import ONE_LAYER, PAPER_RULES

        make_network(self.network, 2, self.depth, self.alpha)
        logistic = get_loss(self.loss) is LOGISTIC
        if self.goal.radius is not None and not logistic:
            raise SettingError("eps_NTRF is a logistic loss; with loss = square use a target loss<=EPS")
        rule = check_step_size(self.step_size, self.hidden_constant)
        if rule in PAPER_RULES and self.network == "deep":
            raise SettingError(f"step size {rule} is for network fixed-head; deep has {', '.join(RULES[:4])}")
        if rule in ONE_LAYER and self.depth != 1:
            raise SettingError(f"step size {rule} is for one hidden layer: depth 1; got {self.depth}")
        if rule == "explicit" and not logistic:
            raise SettingError("step size explicit belongs to the logistic loss; use curvature with another loss")
        self._check_algorithm()
        check_seed(self.seed)
        check_choice(self.subset, "subset", SUBSETS)
        check_choice(self.labels, "labels", LABELS)
        if not (self.label_noise == 0 or (is_positive(self.label_noise) and self.label_noise <= 0.5)):
            raise SettingError(f"label noise is a share of labels from 0 to 0.5; got {self.label_noise}")
        if self.labels == "random" and self.label_noise:
            raise SettingError("random labels carry no signal that noise could take away; leave label_noise at 0")
        budgets = [check_count(t, "steps", 1) for t in self.steps]
        if any(t >= following for t, following in itertools.pairwise(budgets)):
            listed = ", ".join(map(str, budgets))
            raise SettingError(f"budgets increase: give steps from the least to the largest, each once; got {listed}")
        # Standard spellings, since studies are compared and stored by them; the record is frozen to everybody else.
        self.__dict__.update(target=self.goal.name, step_size=rule)

    def _check_algorithm(self) -> None:
        from howwide.training.minibatch_sgd import EVERY

        check_choice(self.algorithm, "algorithm", ALGORITHMS)
        if (self.batch_size is None) == (self.algorithm == "minibatch"):
            raise SettingError("batch size belongs to algorithm minibatch, which needs it (--batch-size)")
        if self.batch_size is None:
            return
        check_count(self.batch_size, "batch_size", 1)
        if odd := [t for t in self.steps if check_count(t, "steps", 1) % EVERY]:
            raise SettingError(
                f"with minibatches the training error is looked at every {EVERY} steps; steps must be a multiple of "
                f"{EVERY}, got {odd[0]}"
            )

    @property
    def goal(self) -> TrialTarget:
        """The target, read."""
        from howwide.width.targets import parse_trial_target

        return parse_trial_target(self.target)

    @property
    def stratified(self) -> bool:
        """Whether subsets keep the share of positive labels."""
        return self.subset == "stratified"

    @property
    def width_step(self) -> int:
        """2 where the network needs an even width, otherwise 1."""
        return 2 if self.antisymmetric or self.network == "fixed-head" else 1

    @property
    def square_matrices(self) -> int:
        """How many of the network's matrices have a side of the width twice: all but the first, and the deep head."""
        return self.depth - (2 if self.network == "deep" else 1)

    @property
    def varied(self) -> Varied:
        """The values of what a study may vary."""
        return Varied(target=self.target, depth=self.depth, alpha=self.alpha, label_noise=self.label_noise)


class WidthStudy(DesignSettings, SharedSettings):
    """All settings of a width study, beside its data: what is trained, what it must reach, and which trials are made.

    ``WidthStudy(n=[100, 200], depth=5)``; lists, tuples, ranges, arrays and single values are taken alike.

    Raises:
        SettingError: as :class:`~howwide.width.settings.Settings`.
    """

    n: Several[int]
    """Sample sizes."""

    depth: Several[int] = (5,)
    """L: weight matrices of deep, hidden layers of fixed-head; or several."""

    target: Several[str] = ("zero-error",)
    """zero-error, loss<=EPS, loss<=3*eps_ntrf(R), margin>=G or test-error<=E; or several."""

    alpha: Several[float] | None = None
    """Output scale width^alpha of deep, in (0, 1/2], 0.5 unless given; or several. None beside fixed-head."""

    label_noise: Several[float] = (0.0,)
    """Share of training labels that are flipped; or several."""

    max_width: int = 1024
    """No width beyond this is tried."""

    extend: int = 8
    """Run a sample of the trials still improving on to this many times the largest budget; 0 for none."""

    def __init__(self, **settings: object) -> None:  # for type checkers: any sequence, and a single value
        super().__init__(**settings)

    def model_post_init(self, _context: object) -> None:
        from howwide.networks import check_alpha

        check_alpha(self.network, self.alpha)
        if self.alpha is None and self.network != "fixed-head":
            self.__dict__["alpha"] = (0.5,)
        if check_count(self.extend, "extend") == 1:
            raise SettingError(
                "extend is how many times the budget a trial may be run on to: at least 2, or 0 for none"
            )
        self.design()

    def trial_settings(self) -> list[TrialSettings]:
        """One for each combination of the values of what may vary."""
        shared = {name: getattr(self, name) for name in SharedSettings.model_fields}
        values = [getattr(self, name) or (0.5,) for name in VARIED]
        combinations = (dict(zip(VARIED, chosen, strict=True)) for chosen in itertools.product(*values))
        return list(dict.fromkeys(TrialSettings(**shared, **chosen) for chosen in combinations))

    def design(self) -> AdaptiveDesign:
        """The rule that asks for trials, at the widths that the network may have."""
        from howwide.statistics import AdaptiveDesign

        step = self.trial_settings()[0].width_step
        return AdaptiveDesign(
            check_width(self.max_width, "max_width", step),
            **self.of_design,
            width_step=step,
            min_width=step,
        )

    def sizes(self, ds: Dataset) -> list[int]:
        """The sample sizes in increasing order; what the data cannot answer is refused before anything is trained.

        Raises:
            SettingError: a size beyond the data, or below the batch size.
            DataError: a random subset that holds one class only, or a test error without a test part.
        """
        from howwide.errors import DataError

        for settings in self.trial_settings():
            if settings.goal.test_error is not None and not ds.n_test:
                raise DataError(f"target {settings.target} needs a test part, and {ds.name} has none")
        if self.test_after and not ds.n_test:
            raise DataError(f"the test error after all steps needs a test part, and {ds.name} has none")
        sizes = sorted(set(self.n))
        if self.batch_size is not None and self.batch_size > sizes[0]:
            raise SettingError(f"batch size {self.batch_size} is more than the smallest sample size {sizes[0]}")
        for size in sizes:
            ds.subset(size, seed=0, stratified=self.subset == "stratified")
        return sizes

    def described(self) -> dict[str, Any]:
        """The settings as plain JSON types, single values without a list, as the command line and files give them."""
        lists = ("n", "quantiles")
        return {
            name: value[0] if isinstance(value, list) and len(value) == 1 and name not in lists else value
            for name, value in self.model_dump(mode="json").items()
        }
