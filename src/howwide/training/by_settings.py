"""One run of a network on a data set by named settings: what ``howwide train`` does without a theorem."""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
import pandas as pd

from howwide.checks import check_choice, check_seed
from howwide.data import Dataset
from howwide.errors import SettingError
from howwide.evaluate import distances, margins, mean_loss, mistakes, test_error
from howwide.networks import Network, make_network
from howwide.results.train import TrainAttempt, TrainResult
from howwide.training.gradient_descent import Run, gradient_descent
from howwide.training.minibatch_sgd import minibatch_sgd
from howwide.training.observation import Observation
from howwide.training.one_pass_sgd import OnlineRun, one_pass_sgd
from howwide.training.status import ALGORITHMS

__all__ = ["train_by_settings", "train_result"]

_RECORDS = 1000  # rows of a history, about


def train_by_settings(
    ds: Dataset,
    *,
    network: str = "deep",
    width: int,
    depth: int = 5,
    alpha: float | None = None,
    algorithm: str = "gd",
    batch_size: int | None = None,
    step_size: str | float = "curvature",
    loss: str = "logistic",
    hidden_constant: float = 1.0,
    steps: int = 1000,
    target: str | None = None,
    antisymmetric: bool = False,
    dtype: str = "float32",
    seed: int = 0,
    say: Callable[[str], None] = lambda text: None,
) -> TrainResult:
    """Train one network on all of ``ds`` and report loss, errors, step size and distance from the start.

    Args:
        ds: the data.
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
        say: called with a line of progress.

    Raises:
        SettingError: a setting outside its domain, or settings that contradict each other.
        DataError: data that the algorithm cannot use.
    """
    check_choice(algorithm, "algorithm", ALGORITHMS)
    check_choice(dtype, "dtype", ("float32", "float64"))
    if (batch_size is None) == (algorithm == "minibatch"):
        raise SettingError("--batch-size belongs to --algorithm minibatch, which needs it")
    if algorithm == "sgd" and target is not None:
        raise SettingError("--target is for gd and minibatch; one pass of sgd ends with the data")
    net = make_network(network, width, depth, alpha)
    key = jax.random.key(check_seed(seed))
    start_key, run_key = (jax.random.fold_in(key, stream) for stream in (0, 1))
    initial = net.init(start_key, ds.d, antisymmetric=antisymmetric, dtype=dtype)

    def report(seen: Observation) -> None:
        say(f"step {seen.step} of {steps}: loss {seen.loss:.4g}, training error {100 * seen.error:.2f} %")

    choice: dict[str, Any] = {"step_size": step_size, "loss": loss, "hidden_constant": hidden_constant}
    problem = (net, initial, ds.x, ds.y)
    run: Run | OnlineRun
    if algorithm == "sgd":
        run = one_pass_sgd(*problem, **choice, key=run_key)
    elif algorithm == "gd":
        every = max(1, steps // _RECORDS)
        run = gradient_descent(*problem, **choice, steps=steps, target=target, record_every=every, observer=report)
    else:
        assert batch_size is not None
        choice |= {"batch_size": batch_size, "record_every": max(10, steps // _RECORDS), "key": run_key}
        run = minibatch_sgd(*problem, **choice, steps=steps, target=target, observer=report)
    return train_result(ds, net, initial, run, loss=loss)


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
