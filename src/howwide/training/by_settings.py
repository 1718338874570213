"""One run of a network on a data set by named settings: what ``howwide train`` does without a theorem."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
import pandas as pd

from howwide.checks import check_choice, check_count, check_seed
from howwide.data import Dataset
from howwide.errors import SettingError
from howwide.evaluate import distances, margins, mean_loss, mistakes, test_error
from howwide.losses import LOGISTIC, get_loss
from howwide.networks import DeepReLU, FixedHeadReLU, Network, make_network
from howwide.networks.initialisation import check_start
from howwide.results.plan import RunPlan
from howwide.results.train import TrainAttempt, TrainResult
from howwide.training.cost import (
    forward_flops,
    largest_array,
    matrix_entries,
    pass_flops,
    planned,
    step_flops,
)
from howwide.training.gradient_descent import Run, gradient_descent
from howwide.training.minibatch_sgd import NO_LADDER as ONE_STEP_SIZE
from howwide.training.minibatch_sgd import minibatch_sgd
from howwide.training.observation import Observation
from howwide.training.one_pass_sgd import NO_LADDER as ONE_TRY
from howwide.training.one_pass_sgd import OnlineRun, one_pass_sgd
from howwide.training.problem import padded_width
from howwide.training.status import ALGORITHMS, parse_target
from howwide.training.step_sizes import MOST_PRODUCTS, check_rule

__all__ = ["RunSettings", "plan_by_settings", "train_by_settings", "train_result"]

_RECORDS = 1000  # rows of a history, about


@dataclasses.dataclass(frozen=True)
class RunSettings:
    """The settings of a run by name.

    Args:
        network: ``deep`` or ``fixed-head``.
        width: m.
        depth: as the network counts it.
        alpha: output scale of the deep network; 1/2 unless given.
        algorithm: ``gd`` (full batch), ``sgd`` (one pass, batch size 1) or ``minibatch``.
        batch_size: of ``minibatch`` alone, which needs it.
        step_size: a number or a rule.
        loss: ``logistic`` or ``square``.
        hidden_constant: the constant the papers do not print, in the rules that have one.
        steps: the budget; one pass makes n steps.
        target: stop at ``zero-error``, ``loss<=EPS`` or ``margin>=G``; not of one pass.
        antisymmetric: start with f = 0.
        dtype: float32 or float64.
        seed: of the start, the minibatches, and the draw of one pass.
    """

    width: int
    network: str = "deep"
    depth: int = 5
    alpha: float | None = None
    algorithm: str = "gd"
    batch_size: int | None = None
    step_size: str | float = "curvature"
    loss: str = "logistic"
    hidden_constant: float = 1.0
    steps: int = 1000
    target: str | None = None
    antisymmetric: bool = False
    dtype: str = "float32"
    seed: int = 0

    def checked(self, ds: Dataset) -> DeepReLU | FixedHeadReLU:
        """The network, once everything is refused that can be before a weight is drawn.

        Raises:
            SettingError: a setting outside its domain, or settings that contradict each other.
        """
        check_choice(self.algorithm, "algorithm", ALGORITHMS)
        check_choice(self.dtype, "dtype", ("float32", "float64"))
        if (self.batch_size is None) == (self.algorithm == "minibatch"):
            raise SettingError("--batch-size belongs to --algorithm minibatch, which needs it")
        if self.algorithm == "sgd" and self.target is not None:
            raise SettingError("--target is for gd and minibatch; one pass of sgd ends with the data")
        net = make_network(self.network, self.width, self.depth, self.alpha)
        check_seed(self.seed)
        check_start(net, ds.d, antisymmetric=self.antisymmetric, dtype=self.dtype)
        check_count(self.steps, "steps")
        parse_target(self.target)
        loss = get_loss(self.loss)
        ladder = {"sgd": ONE_TRY, "minibatch": ONE_STEP_SIZE}.get(self.algorithm)
        smooth = LOGISTIC if self.algorithm == "sgd" else loss  # one pass asks no rule for the logistic loss
        check_rule(self.step_size, net, smooth, hidden_constant=self.hidden_constant, ladder=ladder)
        if self.batch_size is not None:
            check_count(self.batch_size, "batch_size", 1, ds.n)
        return net

    @property
    def record_every(self) -> int:
        """Steps between two records of a run, about a thousand; minibatches are looked at every 10 at most."""
        return max(10 if self.algorithm == "minibatch" else 1, self.steps // _RECORDS)


def train_by_settings(
    ds: Dataset, asked: RunSettings, *, say: Callable[[str], None] = lambda text: None
) -> TrainResult:
    """Train one network on all of ``ds`` and report loss, errors, step size and distance from the start.

    Args:
        ds: the data.
        asked: the settings.
        say: called with a line of progress.

    Raises:
        SettingError: a setting outside its domain, or settings that contradict each other.
        DataError: data that the algorithm cannot use.
    """
    net = asked.checked(ds)
    key = jax.random.key(asked.seed)
    start_key, run_key = (jax.random.fold_in(key, stream) for stream in (0, 1))
    initial = net.init(start_key, ds.d, antisymmetric=asked.antisymmetric, dtype=asked.dtype)

    def report(seen: Observation) -> None:
        say(f"step {seen.step} of {asked.steps}: loss {seen.loss:.4g}, training error {100 * seen.error:.2f} %")

    choice: dict[str, Any] = {name: getattr(asked, name) for name in ("step_size", "loss", "hidden_constant")}
    problem = (net, initial, ds.x, ds.y)
    run: Run | OnlineRun
    if asked.algorithm == "sgd":
        run = one_pass_sgd(*problem, **choice, key=run_key)
    else:
        choice |= {"steps": asked.steps, "target": asked.target, "record_every": asked.record_every, "observer": report}
        if asked.batch_size is None:
            run = gradient_descent(*problem, **choice)
        else:
            run = minibatch_sgd(*problem, **choice, batch_size=asked.batch_size, key=run_key)
    return train_result(ds, net, initial, run, loss=asked.loss)


def plan_by_settings(ds: Dataset, asked: RunSettings) -> RunPlan:
    """What :func:`train_by_settings` will do with these settings, and what it costs at most.

    Gradient descent trains padded widths, in dual coordinates where d > n; their Gram itself is left out. Every try of
    the ladder may take the whole budget; the curvature may take all products of its power iteration, each a step
    without signals backward (:mod:`howwide.training.cost`), where some ten are usual.

    Raises:
        SettingError: as :func:`train_by_settings`.
    """
    net, n, d = asked.checked(ds), ds.n, ds.d
    one_pass = asked.algorithm == "sgd"
    widths = net.hidden_widths if one_pass else tuple(map(padded_width, net.hidden_widths))
    trained = matrix_entries(widths, d if one_pass else min(n, d))
    double = asked.dtype == "float64"
    largest = largest_array(n, d, widths, np.dtype(asked.dtype).itemsize)
    common: dict[str, Any] = {"largest": largest, "double": double}
    parts = []
    if asked.step_size in ("curvature", "explicit", "ladder"):
        backward = 2 * n * trained[1]
        product = step_flops(n, d, widths) - backward
        flops = forward_flops(n, *trained) + backward + MOST_PRODUCTS * product
        parts.append(planned("step size", MOST_PRODUCTS, "products with the Gram", flops, runs=1, **common))
    elif asked.step_size in ("du", "allen-zhu"):
        flops = 2.0 * n**2 * d + (4 * n**3 / 3 if asked.step_size == "du" else 0)
        parts.append(planned("step size", n * (n - 1) // 2, "pairs of inputs", flops, **common))
    if one_pass:
        parts.append(planned("training", n, "steps", pass_flops(n, d, widths), steps=n, runs=1, **common))
    else:
        tries = 3 if asked.step_size == "ladder" else 1
        each = step_flops(n, d, widths, asked.batch_size, asked.record_every)
        last = forward_flops(n, *trained)  # the weights of the last step are looked at
        flops, count = tries * (asked.steps * each + last), tries * asked.steps
        parts.append(planned("training", count, "steps", flops, steps=count, runs=tries, **common))
    judged = (n if one_pass else 0) + ds.n_test
    entries = matrix_entries(net.hidden_widths, d)
    parts.append(planned("errors at the end", judged, "examples", forward_flops(judged, *entries), **common))
    return RunPlan.of(parts)


def train_result(
    ds: Dataset, net: Network, initial: Sequence[Any], run: Run | OnlineRun, *, loss: str, **more: Any
) -> TrainResult:
    """What ``run`` from the weights ``initial`` on ``ds`` found; ``more`` are further fields of the result.

    The final weights of one pass are the drawn iterate, which its theorems speak of.
    """
    if isinstance(run, OnlineRun):
        z = margins(net, run.weights, ds.x, ds.y)
        more |= {
            "loss": mean_loss(z, loss),
            "error": mistakes(z).mean(),
            "steps": ds.n,
            "attempts": [],
            "online": {
                "average_online_loss": run.online_losses.mean(),
                "online_mistake_rate": run.mistakes.mean(),
                "drawn_iterate": run.drawn,
            },
        }
        history = pd.DataFrame({"step": np.arange(ds.n), "loss": run.online_losses, "error": run.mistakes})
    else:
        more |= {
            "loss": run.final_loss,
            "error": run.final_error,
            "steps": run.steps,
            "attempts": [
                TrainAttempt(
                    rule=a.step_size.rule,
                    step_size=a.step_size.value,
                    hidden_constant=a.step_size.hidden_constant,
                    status=a.status,
                    steps=a.steps,
                    loss=a.final_loss,
                    error=a.final_error,
                )
                for a in run.attempts
            ],
        }
        history = pd.DataFrame({"step": run.recorded_steps, "loss": run.loss, "error": run.error})
        history = history[:: max(1, len(history) // _RECORDS)]
    named = {"initial": initial, "final": run.weights}
    return TrainResult(
        status=run.status,
        step_rule=run.step_size.rule,
        step_size=run.step_size.value,
        hidden_constant=run.step_size.hidden_constant,
        test_error=test_error(net, run.weights, ds),
        distance=distances(run.weights, initial).tolist(),
        history=history.astype({"loss": float, "error": float}),  # read back from a file they are the same
        weights={f"{name}_{i}": np.asarray(w) for name, layers in named.items() for i, w in enumerate(layers, 1)},
        **more,
    )
