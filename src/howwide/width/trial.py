"""One trial: does this network, on this sample, from this start, reach the target within the budget?

A trial is settled by (n, width, seed) and its settings, whatever runs beside it, and answers for all budgets T at once:
a run with a fixed step size is stopped and judged at each T and then goes on, and a later rung of the ladder is tried
for those T alone that no earlier one has reached. So each T gets the answer that a trial of its own would give.

A later rung runs up to the best time so far, and what is noted of each rung is when it first reached the target. From
the smallest to the largest T the least of these times answers for every budget between, too.

A try that can no longer reach the target is stopped, or not made (:mod:`howwide.training.hopeless`), unless the study
has ``whole_tries``: most of a search's cost is that of trials that fail.
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
from howwide.training.gradient_descent import Advanced, checkpoints, cut_where_flat
from howwide.training.hopeless import follows
from howwide.training.minibatch_sgd import EVERY, minibatches
from howwide.width.study import TrialSettings
from howwide.width.trial_data import batches_key, draw_sample, start_key

__all__ = ["IMPROVING", "Trial", "TrialOutcome", "run_together", "run_trial"]

IMPROVING = 0.01
"""A run stopped by its budget was still improving if the least loss up to T is below that up to 0.9 T by this share."""

_AT_REST = (Status.DEAD, Status.DIVERGED)  # more steps change no test error
_RECORDS = 10_000  # losses kept of a run at most
_TOLERANCE = 1e-3  # between the certified ends of eps_NTRF


class TrialOutcome(TypedDict):
    """The outcome of one trial under one budget, as plain JSON types; after a failure that of the last try.

    ``test_error`` is that where the last try stopped, ``test_error_after`` that of the same try after all steps of the
    budget, whatever it reached before; null without test points, the latter also unless it was asked for.
    ``target_loss`` is null unless the target needs it. ``improving``: no success, and some try was stopped while it
    still improved; ``improving_tries`` says which. ``spent`` are the steps of all ``tries``. ``reached`` is the same
    under all budgets: when each rung of the trial first reached the target, null if it did not in the steps it had; of
    a test error, which is no matter of the first time, there is none.

    The ``status`` is that of the last try; ``followed`` where that was not made, and the rest tells of the last one
    that was. ``tries`` counts both. A ``flat`` try may have gone on for another budget: the test error is then that of
    the last step it made.
    """

    budget: int
    success: bool
    status: str
    steps: int
    loss: float
    error: float
    test_error: float | None
    test_error_after: float | None
    target_loss: float | None
    step_rule: str
    step_size: float
    hidden_constant: float
    improving: bool
    improving_tries: list[int]
    tries: int
    spent: int
    reached: list[int | None]


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
        if not trial.open:
            break
        open_, useful = trial.worth_a_try(step_size), trial.last_useful_step or 0
        further = [useful] if useful > trial.open[-1] and not trial.follows(step_size, useful) else []
        budgets = [trial.budget(t) for t in (*open_, *further)]
        runs: list[Run] = []
        if budgets:
            runs = list(checkpoints(trial.problem, step_size, budgets, trial.advanced, give_up=trial.gives_up))
        trial.judge(dict(zip(open_, runs, strict=False)), runs[-1] if runs else None)
    return trial.outcomes()


def run_together(trials: Sequence["Trial"]) -> list[list[TrialOutcome]]:
    """The outcomes of several trials of equal shapes and budgets through vmapped loops: for accelerators."""
    size = at_once(trials[0].problem)
    for first in range(0, len(trials), size):
        batch = trials[first : first + size]
        for number in range(max(len(trial.tries) for trial in batch)):
            left = [trial for trial in batch if trial.open and number < len(trial.tries)]
            worth = [(trial, trial.worth_a_try(trial.tries[number])) for trial in left]
            for trial in (trial for trial, open_ in worth if not open_):
                trial.judge({}, None)
            asked = [(trial, open_) for trial, open_ in worth if open_]
            if not asked:
                continue
            budgets = [[trial.budget(t) for t in trial.settings.steps] for trial, _ in asked]
            stages = checkpoints_many([t.problem for t, _ in asked], [t.tries[number] for t, _ in asked], budgets)
            for (trial, open_), runs in zip(asked, zip(*stages, strict=True), strict=True):
                run_at = dict(zip(trial.settings.steps, runs, strict=True))
                trial.judge({t: trial.cut(run_at[t], t) for t in open_}, trial.cut(runs[-1], trial.settings.steps[-1]))
    return [trial.outcomes() for trial in trials]


@dataclasses.dataclass
class Trial:
    """A trial under way: what is trained and tried, and the outcome under each budget so far."""

    data: Dataset
    settings: TrialSettings
    net: Network
    problem: TrainingProblem
    target: Target
    tries: tuple[StepSize, ...]
    advanced: Advanced | None
    outcome_at: dict[int, TrialOutcome] = dataclasses.field(default_factory=dict)
    run_at: dict[int, Run] = dataclasses.field(default_factory=dict)
    reached: list[int | None] = dataclasses.field(default_factory=list)
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
        advanced = None
        if settings.batch_size is not None:
            advanced = minibatches(settings.batch_size, batches_key(settings, width, seed))
        chosen = tries if only is None else tuple(tries[k] for k in only)
        return cls(data, settings, net, problem, target, chosen, advanced)

    @property
    def open(self) -> list[int]:
        """The budgets under which no try has succeeded yet."""
        return [t for t in self.settings.steps if not (t in self.outcome_at and self.outcome_at[t]["success"])]

    @property
    def gives_up(self) -> bool:
        """Whether tries that cannot reach the target are stopped; a test error is judged after all steps.

        The rules are for full batches, whose losses are smooth.
        """
        return not self.settings.whole_tries and self.settings.goal.test_error is None and self.advanced is None

    def follows(self, step_size: StepSize, steps: int) -> bool:
        """Whether a try would follow one that was made, and that fell short by then."""
        every = self.budget(steps).record_every
        paths = [(run.step_size.value, run.loss) for run in self.made] if self.gives_up else []
        return follows(paths, every, step_size.value, steps)

    def worth_a_try(self, step_size: StepSize) -> list[int]:
        """The open budgets under which a try is made; under the others it would follow an earlier one, as is noted."""
        followed = [t for t in self.open if self.follows(step_size, t)]
        for t in followed:
            before = self.outcome_at[t]
            self.outcome_at[t] = {**before, "status": str(Status.FOLLOWED), "tries": before["tries"] + 1}
        return [t for t in self.open if t not in followed]

    def cut(self, run: Run, steps: int) -> Run:
        """The run as it ends under a budget, if it went on to the end of that."""
        return cut_where_flat(run, self.budget(steps)) if self.gives_up else run

    @property
    def last_useful_step(self) -> int | None:
        """Up to where the next try could be the first to reach the target; None where times do not matter."""
        best = [step for step in self.reached if step is not None]
        return min(best) - (1 if self.advanced is None else EVERY) if best else None

    def outcomes(self) -> list[TrialOutcome]:
        """The outcome under each budget, when all has been tried."""
        tested = {t: self._test_error(run) for t, run in self.run_at.items()}
        after = tested | self._tested_after() if self.settings.test_after else {}
        found = ((t, self.outcome_at[t]) for t in self.settings.steps)
        return [o | {"test_error": tested[t], "test_error_after": after.get(t)} for t, o in found]

    def _test_error(self, run: Run) -> float | None:
        if self.data.x_test is None or self.data.y_test is None:
            return None
        return evaluate.plain_error(self.net, run.weights, self.data.x_test, self.data.y_test)

    def _tested_after(self) -> dict[int, float | None]:
        """The test error after all steps of the budgets whose last try was stopped before.

        That try is made again without a target: the same steps, and those that follow.
        """
        errors: dict[int, float | None] = {}
        for step_size in self.tries:
            own = [t for t in self.settings.steps if self.run_at[t].step_size == step_size]
            cut = [t for t in own if self.run_at[t].steps < t and self.run_at[t].status not in _AT_REST]
            budgets = [dataclasses.replace(self.budget(t), target=Target()) for t in cut]
            if budgets:
                runs = checkpoints(self.problem, step_size, budgets, self.advanced)
                errors |= {t: self._test_error(run) for t, run in zip(cut, runs, strict=True)}
        return errors

    def budget(self, steps: int) -> Budget:
        """What a try may spend; losses are recorded as the largest budget allows."""
        every = -(-self.settings.steps[-1] // _RECORDS)
        return Budget(steps, self.target, record_every=every if self.advanced is None else EVERY)

    def judge(self, runs: Mapping[int, Run], last: Run | None) -> None:
        """Note how the next try ended under each of the open budgets, and when it reached the target, if it did.

        Args:
            runs: under each of the open budgets.
            last: with all the steps it had, or more than could matter; None of a try that was not made.
        """
        goal = self.settings.goal
        if goal.test_error is None:
            useful = self.last_useful_step
            first = last is not None and last.status is Status.CONVERGED and (useful is None or last.steps <= useful)
            self.reached.append(last.steps if first and last is not None else None)
        if last is not None:
            self.made.append(last)
        self.run_at |= runs
        for t, run in runs.items():
            before = self.outcome_at.get(t)
            tries, improving = (before["tries"], before["improving_tries"]) if before else (0, [])
            success = run.status is Status.CONVERGED
            if goal.test_error is not None:
                error = self._test_error(run)
                success = run.status is not Status.DIVERGED and error is not None and error <= goal.test_error
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
                "test_error": None,
                "test_error_after": None,
                "target_loss": None if goal.radius is None else self.target.loss,
                "step_rule": run.step_size.rule,
                "step_size": run.step_size.value,
                "hidden_constant": run.step_size.hidden_constant,
                "improving": not success and bool(improving),
                "improving_tries": [] if success else improving,
                "tries": tries + 1,
                "spent": (before["spent"] if before else 0) + run.steps,
                "reached": self.reached,
            }
