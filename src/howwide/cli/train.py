"""``howwide train``: one run, and what came of it."""

from typing import Annotated, Any

import numpy as np
import typer

from howwide.cli.options import (
    Alpha,
    Antisymmetric,
    ConstantCoordinate,
    DataSpec,
    HiddenConstant,
    Json,
    Out,
    Seed,
    Subset,
    check_device,
    output_folder,
    settled_alpha,
    stratified,
)
from howwide.cli.output import Progress, emit, note, table
from howwide.errors import SettingError
from howwide.numbers import format_number, to_json_types
from howwide.results import Document, TrainResult

__all__ = ["EXAMPLES", "train"]

EXAMPLES = """\b
Examples:
  howwide train --data digits:even/odd --n 400 --width 64 --target zero-error --steps 5000
  howwide train --data xor:dim=20,n=2000 --network fixed-head --depth 2 --width 512 --algorithm sgd --step-size 0.001
  howwide train --data digits:even/odd --n 400 --width 256 --theorem chen-cao-zou-gu/iclr2021/thm-3.3 --out run
  howwide train --data digits:even/odd --n 400 --width 256 --step-size theory --steps theory --max-steps 2000"""


def train(
    data: DataSpec,
    width: Annotated[int, typer.Option("--width", help="m, the width of every hidden layer.")],
    n: Annotated[int | None, typer.Option("--n", help="Train on a subset of this size.")] = None,
    theorem: Annotated[
        str | None, typer.Option("--theorem", help="Run what this statement prescribes; ids: theorems list.")
    ] = None,
    depth: Annotated[
        int | None, typer.Option("--depth", help="L: weight matrices of deep, hidden layers of fixed-head; 5.")
    ] = None,
    network: Annotated[
        str | None, typer.Option("--network", help="deep (Chen et al.) or fixed-head (Zou et al.); deep.")
    ] = None,
    alpha: Alpha = None,
    algorithm: Annotated[
        str | None, typer.Option("--algorithm", help="gd (full batch), sgd (one pass), minibatch; gd.")
    ] = None,
    batch_size: Annotated[int | None, typer.Option("--batch-size", help="Minibatch size B (minibatch).")] = None,
    step_size: Annotated[
        str | None,
        typer.Option(
            "--step-size", help="A number, curvature, explicit, theory, ladder, or a paper, as in the docs; curvature."
        ),
    ] = None,
    loss: Annotated[
        str | None, typer.Option("--loss", help="logistic, or square: half the squared distance; logistic.")
    ] = None,
    hidden_constant: HiddenConstant = 1.0,
    steps: Annotated[
        str | None,
        typer.Option("--steps", help="Budget of gradient steps, or theory (with --step-size theory); 1000."),
    ] = None,
    max_steps: Annotated[int, typer.Option("--max-steps", help="Steps of a run by a theorem, at most.")] = 2000,
    target: Annotated[str | None, typer.Option("--target", help="Stop at zero-error or loss<=EPS (gd).")] = None,
    target_loss: Annotated[float, typer.Option("--target-loss", help="eps of a run by a theorem.")] = 0.1,
    delta: Annotated[float, typer.Option("--delta", help="Probability with which its guarantee may fail.")] = 0.05,
    antisymmetric: Antisymmetric = False,
    subset: Subset = "stratified",
    constant_coordinate: ConstantCoordinate = None,
    dtype: Annotated[str, typer.Option("--dtype", help="float32 or float64.")] = "float32",
    seed: Seed = 0,
    json: Json = False,
    out: Out = None,
) -> None:
    """Train one network as its paper defines it and report loss, errors, step size and distance from the start.

    With a theorem the run is what the theorem prescribes, and its promises stand beside what happened.
    """
    by_theorem = theorem is not None or steps == "theory"
    if by_theorem:
        _check_by_theorem(step_size, steps, target, batch_size, antisymmetric)
        chosen: dict[str, Any] = {"network": network, "depth": depth, "algorithm": algorithm, "loss": loss}
        chosen = _resolved(theorem, alpha, chosen)
        step_size, steps = "theory", "theory"
    else:
        defaults = {"network": "deep", "depth": 5, "algorithm": "gd", "loss": "logistic"}
        given = {"network": network, "depth": depth, "algorithm": algorithm, "loss": loss}
        chosen = {k: defaults[k] if v is None else v for k, v in given.items()} | {"theorem": None}
    scale = settled_alpha(str(chosen["network"]), alpha)
    budget = 1000 if steps is None else steps if by_theorem else _whole(steps)
    settings = {
        "data": data, "n": n, "width": width, "theorem": chosen["theorem"], "depth": chosen["depth"],
        "network": chosen["network"], "alpha": scale, "algorithm": chosen["algorithm"], "batch_size": batch_size,
        "step_size": "curvature" if step_size is None else step_size, "loss": chosen["loss"],
        "hidden_constant": hidden_constant,
        "steps": budget, "max_steps": max_steps, "target": target, "target_loss": target_loss, "delta": delta,
        "antisymmetric": antisymmetric, "subset": subset, "constant_coordinate": constant_coordinate, "dtype": dtype,
        "seed": seed,
    }  # fmt: skip
    _check_choices(settings)
    plain = stratified(subset)

    from howwide.checks import check_seed
    from howwide.data import load
    from howwide.evaluate import distances

    check_seed(seed)
    check_device()
    ds = load(data, constant=constant_coordinate)
    ds = ds if n is None else ds.subset(n, seed=seed, stratified=plain)
    with output_folder(out) as folder:
        made = _run_by_theorem(ds, settings) if by_theorem else _run_by_settings(ds, settings)
        start, final, facts, history, along, warnings = made
        distance = distances(final, start).tolist()
        document = Document(
            verb="train",
            settings=to_json_types(settings),
            data=to_json_types(ds.describe(separation=False)),
            result=TrainResult.model_validate(to_json_types({**facts, "distance": distance})),
            warnings=[*ds.notes, *warnings],
        )
        if folder is not None:  # before printing: a closed pipe must not lose the work
            from howwide.report import save_training

            page = save_training(folder, document, history, {"initial": start, "final": final}, along)
            note(f"wrote {page}")
        emit(document, _tables(document), as_json=json)


def _check_by_theorem(step_size: Any, steps: Any, target: Any, batch_size: Any, antisymmetric: bool) -> None:
    if step_size not in (None, "theory") or steps not in (None, "theory"):
        raise SettingError("a run by a theorem takes its step size and steps from there; leave --step-size and --steps")
    if target is not None or batch_size is not None or antisymmetric:
        raise SettingError(
            "a run by a theorem has no --target, --batch-size or --antisymmetric; --target-loss sets its eps"
        )


def _resolved(theorem: str | None, alpha: float | None, given: dict[str, Any]) -> dict[str, Any]:
    """The theorem's id, and network, depth, algorithm and loss as it has them."""
    from howwide import theory
    from howwide.theorems.realisation import NETWORKS, own_theorem, realise

    network = given["network"]
    if network is not None and network not in NETWORKS:
        raise SettingError(f"unknown network {network!r}; use {' or '.join(NETWORKS)}")
    id = (
        own_theorem(network or "deep", given["algorithm"] or "gd", 0.5 if alpha is None else alpha)
        if theorem is None
        else theorem
    )
    how = realise(theory.get(id), alpha=alpha, **given)
    return {"theorem": id, "network": how.network, "depth": how.depth, "algorithm": how.algorithm, "loss": how.loss}


def _whole(steps: str) -> int:
    try:
        return int(steps)
    except ValueError:
        raise SettingError(f"--steps is a whole number, or theory; got {steps!r}") from None


def _run_by_theorem(ds: Any, settings: dict[str, Any]) -> Any:
    import pandas as pd

    from howwide import theory
    from howwide.evaluate import test_error
    from howwide.theorems import train as run
    from howwide.theorems.record import promised_record

    same = ("width", "depth", "network", "algorithm", "loss", "alpha", "target_loss", "hidden_constant", "max_steps")
    with Progress() as progress:
        found = run(
            ds,
            theory.get(settings["theorem"]),
            **{name: settings[name] for name in (*same, "dtype", "seed")},
            failure_probability=settings["delta"],
            say=progress.say,
        )
    if found.run is not None:
        _, facts, history = _finished(found.run)
        every = max(1, len(history) // 1000)
        history = history[history.index % every == 0]
    else:
        facts, history = _passed(found.online, found.net, ds, settings["loss"])
    promised, observed = promised_record(found)
    facts |= {"test_error": test_error(found.net, found.weights, ds), "promised": promised, "observed": observed}
    along = found.along.dropna(axis="columns", how="all")
    return found.initial, found.weights, facts, pd.DataFrame(history), along, list(found.warnings)


def _run_by_settings(ds: Any, settings: dict[str, Any]) -> Any:
    import jax

    from howwide.evaluate import test_error
    from howwide.width import make_network

    net = make_network(settings["network"], settings["width"], settings["depth"], settings["alpha"])
    key = jax.random.fold_in(jax.random.key(settings["seed"]), 0)
    initial = net.init(key, ds.d, antisymmetric=settings["antisymmetric"], dtype=settings["dtype"])
    choice = {name: settings[name] for name in ("step_size", "loss", "hidden_constant")}
    if settings["algorithm"] == "gd":
        choice |= {"steps": settings["steps"], "target": settings["target"]}
        final, facts, history = _full_batch(net, initial, ds, choice)
    elif settings["algorithm"] == "minibatch":
        choice |= {name: settings[name] for name in ("steps", "target", "batch_size")}
        final, facts, history = _minibatch(net, initial, ds, choice, settings["seed"])
    else:
        final, facts, history = _one_pass(net, initial, ds, choice, settings["seed"])
    start = tuple(np.asarray(w) for w in initial)
    return start, final, facts | {"test_error": test_error(net, final, ds), "promised": {}}, history, None, []


def _check_choices(settings: dict[str, Any]) -> None:
    algorithm, dtype = settings["algorithm"], settings["dtype"]
    if algorithm not in ("gd", "sgd", "minibatch"):
        raise SettingError(f"--algorithm is gd, sgd or minibatch; got {algorithm!r}")
    if (settings["batch_size"] is None) == (algorithm == "minibatch"):
        raise SettingError("--batch-size belongs to --algorithm minibatch, which needs it")
    if dtype not in ("float32", "float64"):
        raise SettingError(f"--dtype is float32 or float64; got {dtype!r}")
    if algorithm == "sgd" and settings["target"] is not None:
        raise SettingError("--target is for gd; one pass of sgd ends with the data")


def _full_batch(net: Any, initial: Any, ds: Any, choice: dict[str, Any]) -> Any:
    from howwide.training import gradient_descent

    steps = choice["steps"]
    with Progress() as progress:

        def observer(seen: Any) -> None:
            progress.say(f"step {seen.step} of {steps}: loss {seen.loss:.4g}, training error {100 * seen.error:.2f} %")

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

    from howwide.training import one_pass_sgd

    run = one_pass_sgd(net, initial, ds.x, ds.y, **choice, key=jax.random.fold_in(jax.random.key(seed), 1))
    return run.weights, *_passed(run, net, ds, choice["loss"])


def _passed(run: Any, net: Any, ds: Any, loss_name: str) -> Any:
    """Facts and history of one pass."""
    import pandas as pd

    from howwide import evaluate

    margins = evaluate.margins(net, run.weights, ds.x, ds.y)
    facts = {
        **_step(run.step_size),
        "loss": evaluate.mean_loss(margins, loss_name),
        "error": evaluate.mistakes(margins).mean(),
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
    return facts, history


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


def _tables(document: Document) -> list[Any]:
    result = document.result
    assert isinstance(result, TrainResult)
    rows: list[tuple[str, Any]] = [
        ("status", result.status), ("steps", result.steps), ("training loss", result.loss), ("training error",
        result.error), ("test error", result.test_error), (f"step size ({result.step_rule})", result.step_size),
        ("implied hidden constant", result.hidden_constant),
    ]  # fmt: skip
    rows += [(f"distance of layer {i} from its start", d) for i, d in enumerate(result.distance, 1)]
    rows += [(name.replace("_", " "), value) for name, value in (result.online or {}).items()]
    shown = table(
        f"One run on {(document.data or {})['name']}",
        ["what", "value"],
        [(k, str(v) if isinstance(v, str) else v) for k, v in rows],
    )
    return [shown, *_promises(result.promised)] if result.promised else [shown]


def _promises(promised: dict[str, Any]) -> list[Any]:
    kept = {True: "yes", False: "no", None: "–"}
    rows = [
        (
            line["what"],
            format_number(line["promised"], 4),
            format_number(line["observed"], 4),
            kept[line["holds"]],
            line["note"],
        )
        for line in promised["lines"]
    ]
    reason = f" ({promised['reason']})" if promised["reason"] else ""
    words = f"Do its conditions hold at this width? Verdict: {promised['words']}{reason}."
    if promised["prediction"]:
        constant = format_number(promised["hidden_constant"])
        words += f" Its numbers are predictions, with {constant} for the constants that are hidden; none is guaranteed."
    title = f"Promised by {promised['theorem']}"
    return [table(title, ["what", "promised", "observed", "kept", "note"], rows), words]
