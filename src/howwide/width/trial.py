"""One trial: does this network, on this sample, from this start, reach the target within the budget?

A trial is settled by (n, width, seed) and its settings, whatever runs beside it, and answers for all budgets T at once:
a run with a fixed step size is stopped and judged at each T and then goes on, and a later rung of the ladder is tried
for those T alone that no earlier one has reached. So each T gets the answer that a trial of its own would give.

A try that can no longer reach the target is stopped, or not made (:mod:`howwide.training.hopeless`), unless the study
has ``give_up`` off: most of a search's cost is that of trials that fail.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TypedDict

import numpy as np

from howwide import evaluate
from howwide.data import Dataset
from howwide.networks import Network, make_network
from howwide.ntrf import Linearized
from howwide.ntrf import loss_of as ntrf_loss_of
from howwide.training import Budget, Run, Status, StepSize, Target, TrainingProblem, prepare_problem, step_sizes
from howwide.training.batches import at_once, checkpoints_many
from howwide.training.gradient_descent import checkpoints, cut_where_flat
from howwide.training.hopeless import follows
from howwide.width.study import TrialSettings
from howwide.width.trial_data import draw_sample, start_key

__all__ = ["IMPROVING", "Trial", "TrialOutcome", "run_together", "run_trial"]

IMPROVING = 0.01
"""A run stopped by its budget was still improving if the least loss up to T is below that up to 0.9 T by this share."""

_RECORDS = 10_000  # losses kept of a run at most
_TOLERANCE = 1e-3  # between the certified ends of eps_NTRF


class TrialOutcome(TypedDict):
    """The outcome of one trial under one budget, as plain JSON types; after a failure that of the last try.

    ``test_error`` and ``target_loss`` are null unless the target needs them. ``improving``: no success, and some try
    was stopped while it still improved; ``improving_tries`` says which. ``spent`` are the steps of all ``tries``. The
    ``status`` is that of the last try; ``followed`` where that was not made, and the rest tells of the last one made.
    """

    budget: int
    success: bool
    status: str
    steps: int
    loss: float
    error: float
    test_error: float | None
    target_loss: float | None
    step_rule: str
    step_size: float
    hidden_constant: float
    improving: bool
    improving_tries: list[int]
    tries: int
    spent: int


def run_trial(
    data: Dataset, settings: TrialSettings, n: int, width: int, seed: int, only: Sequence[int] | None = None
) -> list[TrialOutcome]:
    """The outcome of one trial under each budget, in their order.

    Args:
        data: all of it.
        settings: what the trial shares with others.
        n: sample size.
        width: of the network.
        seed: of the trial.
        only: places of the step sizes that are tried; all of the rule's unless given.

    Raises:
        ShapeError: never: shapes follow from the arguments.
        SettingError: a width that the network refuses, or a sample size that the data refuse.
        DataError: a sample that cannot be drawn, or that makes a rule's step size 0.
    """
    trial = Trial.prepared(data, settings, n, width, seed, only)
    for step_size in trial.tries:
        if open_ := trial.worth_a_try(step_size):
            budgets = [trial.budget(t) for t in open_]
            runs = checkpoints(trial.problem, step_size, budgets, give_up=trial.gives_up)
            trial.judge(dict(zip(open_, runs, strict=True)))
    return trial.outcomes


def run_together(trials: Sequence["Trial"]) -> list[list[TrialOutcome]]:
    """The outcomes of several trials of equal shapes and budgets through vmapped loops: for accelerators."""
    size = at_once(trials[0].problem)
    for first in range(0, len(trials), size):
        batch = trials[first : first + size]
        for number in range(max(len(trial.tries) for trial in batch)):
            left = [trial for trial in batch if number < len(trial.tries)]
            asked = [(trial, open_) for trial in left if (open_ := trial.worth_a_try(trial.tries[number]))]
            if not asked:
                continue
            budgets = [[trial.budget(t) for t in trial.settings.steps] for trial, _ in asked]
            stages = checkpoints_many([t.problem for t, _ in asked], [t.tries[number] for t, _ in asked], budgets)
            for (trial, open_), runs in zip(asked, zip(*stages, strict=True), strict=True):
                run_at = dict(zip(trial.settings.steps, runs, strict=True))
                cut = cut_where_flat if trial.gives_up else lambda run, _: run
                trial.judge({t: cut(run_at[t], trial.budget(t)) for t in open_})
    return [trial.outcomes for trial in trials]


@dataclasses.dataclass
class Trial:
    """A trial under way: what is trained and tried, and the outcome under each budget so far."""

    data: Dataset
    settings: TrialSettings
    net: Network
    problem: TrainingProblem
    target: Target
    tries: tuple[StepSize, ...]
    outcome_at: dict[int, TrialOutcome] = dataclasses.field(default_factory=dict)
    made: list[Run] = dataclasses.field(default_factory=list)

    @classmethod
    def prepared(
        cls, data: Dataset, settings: TrialSettings, n: int, width: int, seed: int, only: Sequence[int] | None = None
    ) -> "Trial":
        """The trial before its first try; raises what :func:`run_trial` raises."""
        sample, goal = draw_sample(data, settings, n, width, seed), settings.goal
        net = make_network(settings.network, width, settings.depth, settings.alpha)
        weights = net.init(start_key(settings, width, seed), data.d, antisymmetric=settings.antisymmetric)
        problem = prepare_problem(net, weights, sample.inputs, loss=settings.loss)
        target = goal.training
        if goal.radius is not None and goal.factor is not None:
            start = Linearized(net, weights, sample.x, sample.inputs.labels)
            least = ntrf_loss_of(start, radius=goal.radius, tolerance=_TOLERANCE)
            target = Target(goal.name, loss=goal.factor * least.upper)
        tries = step_sizes(settings.step_size, problem, hidden_constant=settings.hidden_constant)
        return cls(data, settings, net, problem, target, tries if only is None else tuple(tries[k] for k in only))

    @property
    def open(self) -> list[int]:
        """The budgets under which no try has succeeded yet."""
        return [t for t in self.settings.steps if not (t in self.outcome_at and self.outcome_at[t]["success"])]

    @property
    def gives_up(self) -> bool:
        """Whether tries that cannot reach the target are stopped; a test error is judged after all steps."""
        return self.settings.give_up and self.settings.goal.test_error is None

    def worth_a_try(self, step_size: StepSize) -> list[int]:
        """The open budgets under which a try is made; under the others it would follow an earlier one, as is noted."""
        every = self.budget(self.settings.steps[-1]).record_every
        paths = [(run.step_size.value, run.loss) for run in self.made] if self.gives_up else []
        followed = [t for t in self.open if follows(paths, every, step_size.value, t)]
        for t in followed:
            before = self.outcome_at[t]
            self.outcome_at[t] = {**before, "status": str(Status.FOLLOWED), "tries": before["tries"] + 1}
        return [t for t in self.open if t not in followed]

    @property
    def outcomes(self) -> list[TrialOutcome]:
        """The outcome under each budget."""
        return [self.outcome_at[t] for t in self.settings.steps]

    def budget(self, steps: int) -> Budget:
        """What a try may spend; losses are recorded as the largest budget allows."""
        return Budget(steps, self.target, record_every=-(-self.settings.steps[-1] // _RECORDS))

    def judge(self, runs: Mapping[int, Run]) -> None:
        """Note how the next try ended under each of the open budgets."""
        goal = self.settings.goal
        self.made.append(runs[max(runs)])
        for t, run in runs.items():
            before = self.outcome_at.get(t)
            tries, improving = (before["tries"], before["improving_tries"]) if before else (0, [])
            test_error, success = None, run.status is Status.CONVERGED
            if goal.test_error is not None:
                test_error = evaluate.error(self.net, run.weights, self.data.x_test, self.data.y_test)
                success = run.status is not Status.DIVERGED and test_error <= goal.test_error
            if run.status in (Status.MAX_STEPS, Status.FLAT):  # the least loss of a tenth of T against all before
                early = run.loss[run.recorded_steps <= run.steps - 0.1 * t]
                least = float(np.nanmin(early)) if early.size else float("inf")
                if min(float(np.nanmin(run.loss)), run.final_loss) < (1 - IMPROVING) * least:
                    improving = [*improving, tries]
            self.outcome_at[t] = {
                "budget": t,
                "success": success,
                "status": str(run.status),
                "steps": run.steps,
                "loss": run.final_loss,
                "error": run.final_error,
                "test_error": test_error,
                "target_loss": None if goal.radius is None else self.target.loss,
                "step_rule": run.step_size.rule,
                "step_size": run.step_size.value,
                "hidden_constant": run.step_size.hidden_constant,
                "improving": not success and bool(improving),
                "improving_tries": [] if success else improving,
                "tries": tries + 1,
                "spent": (before["spent"] if before else 0) + run.steps,
            }
