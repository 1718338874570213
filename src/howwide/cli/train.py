"""``howwide train``: one run, and what came of it."""

from typing import Annotated, Any

import numpy as np
import typer

from howwide.cli.options import (
    Alpha,
    Antisymmetric,
    ConstantCoordinate,
    DataSpec,
    Depth,
    HiddenConstant,
    Json,
    Loss,
    Network,
    Out,
    Seed,
    Steps,
    StepSize,
    Subset,
    output_folder,
    stratified,
)
from howwide.cli.output import Progress, emit, note, table
from howwide.errors import SettingError
from howwide.records import Document, TrainResult, finite

__all__ = ["EXAMPLES", "train"]

EXAMPLES = """\b
Examples:
  howwide train --data digits:even/odd --n 400 --width 64 --target zero-error --steps 5000
  howwide train --data xor:dim=20,n=2000 --network fixed-head --depth 2 --width 512 --algorithm sgd --step-size 0.001"""


def train(
    data: DataSpec,
    width: Annotated[int, typer.Option("--width", help="m, the width of every hidden layer.")],
    n: Annotated[int | None, typer.Option("--n", help="Train on a subset of this size.")] = None,
    depth: Depth = 5,
    network: Network = "deep",
    alpha: Alpha = 0.5,
    algorithm: Annotated[str, typer.Option("--algorithm", help="gd (full batch), sgd (one pass), minibatch.")] = "gd",
    batch_size: Annotated[int | None, typer.Option("--batch-size", help="Minibatch size B (minibatch).")] = None,
    step_size: StepSize = "curvature",
    loss: Loss = "logistic",
    hidden_constant: HiddenConstant = 1.0,
    steps: Steps = 1000,
    target: Annotated[str | None, typer.Option("--target", help="Stop at zero-error or loss<=EPS (gd).")] = None,
    antisymmetric: Antisymmetric = False,
    subset: Subset = "stratified",
    constant_coordinate: ConstantCoordinate = None,
    dtype: Annotated[str, typer.Option("--dtype", help="float32 or float64.")] = "float32",
    seed: Seed = 0,
    json: Json = False,
    out: Out = None,
) -> None:
    """Train one network as its paper defines it and report loss, errors, step size and distance from the start."""
    settings = {
        "data": data,
        "n": n,
        "width": width,
        "depth": depth,
        "network": network,
        "alpha": alpha,
        "algorithm": algorithm,
        "batch_size": batch_size,
        "step_size": step_size,
        "loss": loss,
        "hidden_constant": hidden_constant,
        "steps": steps,
        "target": target,
        "antisymmetric": antisymmetric,
        "subset": subset,
        "constant_coordinate": constant_coordinate,
        "dtype": dtype,
        "seed": seed,
    }
    _check_choices(algorithm, batch_size, dtype, target)
    plain = stratified(subset)

    import jax

    from howwide.data import load
    from howwide.networks.checks import check_count
    from howwide.width import LARGEST_SEED, make_network

    check_count(seed, "seed", most=LARGEST_SEED)

    ds = load(data, constant=constant_coordinate)
    ds = ds if n is None else ds.subset(n, seed=seed, stratified=plain)
    net = make_network(network, width, depth, alpha)
    initial = net.init(jax.random.fold_in(jax.random.key(seed), 0), ds.d, antisymmetric=antisymmetric, dtype=dtype)
    choice = {"step_size": step_size, "loss": loss, "hidden_constant": hidden_constant}
    with output_folder(out) as folder:
        if algorithm == "gd":
            final, facts, history = _full_batch(net, initial, ds, choice | {"steps": steps, "target": target})
        elif algorithm == "minibatch":
            choice |= {"steps": steps, "target": target, "batch_size": batch_size}
            final, facts, history = _minibatch(net, initial, ds, choice, seed)
        else:
            final, facts, history = _one_pass(net, initial, ds, choice, seed)
        start = tuple(np.asarray(w) for w in initial)
        distance = [float(np.linalg.norm(b.astype(float) - a)) for a, b in zip(start, final, strict=True)]
        facts |= {"test_error": _test_error(net, final, ds), "distance": distance, "promised": {}}
        document = Document(
            verb="train",
            settings=finite(settings),
            data=finite(ds.describe(separation=False)),
            result=TrainResult.model_validate(finite(facts)),
            warnings=list(ds.notes),
        )
        if folder is not None:  # before printing: a closed pipe must not lose the work
            from howwide.report import save_training

            note(f"wrote {save_training(folder, document, history, {'initial': start, 'final': final})}")
        emit(document, [_table(document)], as_json=json)


def _check_choices(algorithm: str, batch_size: int | None, dtype: str, target: str | None) -> None:
    if algorithm not in ("gd", "sgd", "minibatch"):
        raise SettingError(f"--algorithm is gd, sgd or minibatch; got {algorithm!r}")
    if (batch_size is None) == (algorithm == "minibatch"):
        raise SettingError("--batch-size belongs to --algorithm minibatch, which needs it")
    if dtype not in ("float32", "float64"):
        raise SettingError(f"--dtype is float32 or float64; got {dtype!r}")
    if algorithm == "sgd" and target is not None:
        raise SettingError("--target is for gd; one pass of sgd ends with the data")


def _full_batch(net: Any, initial: Any, ds: Any, choice: dict[str, Any]) -> Any:
    from howwide.training import gradient_descent

    steps = choice["steps"]
    with Progress() as progress:

        def observer(step: int, loss: float, error: float) -> None:
            progress.say(f"step {step} of {steps}: loss {loss:.4g}, training error {100 * error:.2f} %")

        run = gradient_descent(
            net,
            initial,
            ds.x,
            ds.y,
            **choice,
            record_every=max(1, steps // 1000),
            observer=observer,
        )
    return _finished(run)


def _minibatch(net: Any, initial: Any, ds: Any, choice: dict[str, Any], seed: int) -> Any:
    import jax

    from howwide.training import minibatch_sgd

    key = jax.random.fold_in(jax.random.key(seed), 1)
    every = max(10, choice["steps"] // 1000)
    return _finished(minibatch_sgd(net, initial, ds.x, ds.y, **choice, record_every=every, key=key))


def _finished(run: Any) -> Any:
    import pandas as pd

    facts = {
        **_step(run.step_size),
        "loss": run.final_loss,
        "error": run.final_error,
        "steps": run.steps,
        "status": run.status,
        "attempts": [_attempt(a) for a in run.attempts],
    }
    return run.weights, facts, pd.DataFrame({"step": run.recorded_steps, "loss": run.loss, "error": run.error})


def _one_pass(net: Any, initial: Any, ds: Any, choice: dict[str, Any], seed: int) -> Any:
    import jax
    import jax.numpy as jnp
    import pandas as pd

    from howwide.losses import get_loss
    from howwide.networks.precision import computing_in
    from howwide.training import one_pass_sgd

    run = one_pass_sgd(net, initial, ds.x, ds.y, **choice, key=jax.random.fold_in(jax.random.key(seed), 1))
    margins = ds.y * np.asarray(net.apply(run.weights, ds.x), float)
    with computing_in(margins.dtype):
        loss = float(np.mean(get_loss(choice["loss"]).value(jnp.asarray(margins))))
    facts = {
        **_step(run.step_size),
        "loss": loss,
        "error": np.mean(~(margins > 0)),
        "steps": ds.n,
        "status": run.status,
        "attempts": [],
        "online": {
            "average_online_loss": run.online_losses.mean(),
            "online_mistake_rate": run.mistakes.mean(),
            "drawn_iterate": run.drawn,
        },
    }
    history = pd.DataFrame({"step": np.arange(ds.n), "loss": run.online_losses, "error": run.mistakes.astype(float)})
    return run.weights, facts, history


def _step(step_size: Any) -> dict[str, Any]:
    return {"step_rule": step_size.rule, "step_size": step_size.value, "hidden_constant": step_size.hidden_constant}


def _attempt(attempt: Any) -> dict[str, Any]:
    return {
        "rule": attempt.step_size.rule,
        "step_size": attempt.step_size.value,
        "hidden_constant": attempt.step_size.hidden_constant,
        "status": attempt.status,
        "steps": attempt.steps,
        "loss": attempt.final_loss,
        "error": attempt.final_error,
    }


def _test_error(net: Any, weights: Any, ds: Any) -> float | None:
    if ds.x_test is None:
        return None
    return float(np.mean(~(ds.y_test * np.asarray(net.apply(weights, ds.x_test)) > 0)))


def _table(document: Document) -> Any:
    result = document.result
    assert isinstance(result, TrainResult)
    rows: list[tuple[str, Any]] = [
        ("status", result.status), ("steps", result.steps), ("training loss", result.loss), ("training error",
        result.error), ("test error", result.test_error), (f"step size ({result.step_rule})", result.step_size),
        ("implied hidden constant", result.hidden_constant),
    ]  # fmt: skip
    rows += [(f"distance of layer {i} from its start", d) for i, d in enumerate(result.distance, 1)]
    rows += [(name.replace("_", " "), value) for name, value in (result.online or {}).items()]
    return table(
        f"One run on {(document.data or {})['name']}",
        ["what", "value"],
        [(k, str(v) if isinstance(v, str) else v) for k, v in rows],
    )
