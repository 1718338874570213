"""``howwide train``: one run, by settings or as a theorem prescribes it."""

from typing import Annotated, Any

import typer

from howwide.cli.options import (
    Alpha,
    Antisymmetric,
    ConstantCoordinate,
    DataSpec,
    DryRun,
    HiddenConstant,
    Json,
    Out,
    Seed,
    Subset,
    check_device,
    output_folder,
    settings_of,
    settled_alpha,
    stratified,
)
from howwide.cli.output import Progress, finish
from howwide.errors import SettingError

__all__ = ["EXAMPLES", "train"]

EXAMPLES = """\b
Examples:
  howwide train --data digits:even/odd --n 400 --width 64 --target zero-error --steps 5000
  howwide train --data xor:dim=20,n=2000 --network fixed-head --depth 2 --width 512 --algorithm sgd --step-size 0.001
  howwide train --data digits:even/odd --n 400 --width 256 --theorem chen-cao-zou-gu/iclr2021/thm-3.3 --out run
  howwide train --data digits:even/odd --n 400 --width 256 --step-size theory --steps theory --max-steps 2000"""


def train(
    context: typer.Context,
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
    dry_run: DryRun = False,
    json: Json = False,
    out: Out = None,
) -> None:
    """Train one network as its paper defines it and report loss, errors, step size and distance from the start.

    With a theorem the run is what the theorem prescribes, and its promises stand beside what happened.
    """
    by_theorem = theorem is not None or steps == "theory"
    chosen: dict[str, Any] = {"network": network, "depth": depth, "algorithm": algorithm, "loss": loss}
    if by_theorem:
        _check_by_theorem(step_size, steps, target, batch_size, antisymmetric)
        from howwide.theorems._implement import stated_settings

        chosen = stated_settings(theorem, alpha=alpha, **chosen)
        step_size = "theory"
    else:
        defaults = {"network": "deep", "depth": 5, "algorithm": "gd", "loss": "logistic"}
        chosen = {k: defaults[k] if v is None else v for k, v in chosen.items()} | {"theorem": None}
    scale = settled_alpha(str(chosen["network"]), alpha)
    budget = 0 if by_theorem else 1000 if steps is None else _whole(str(steps))
    settings = settings_of(context, "dry_run") | chosen | {"alpha": scale, "steps": "theory" if by_theorem else budget}
    settings["step_size"] = "curvature" if step_size is None else step_size
    plain = stratified(subset)

    from howwide.checks import check_seed
    from howwide.data import load

    check_seed(seed)
    check_device()
    ds = load(data, constant=constant_coordinate)
    ds = ds if n is None else ds.subset(n, seed=seed, stratified=plain)
    common = ("width", "depth", "network", "algorithm", "loss", "alpha", "hidden_constant", "dtype", "seed")
    shared = {name: settings[name] for name in common}
    if by_theorem:
        from howwide.theorems import get

        theory: dict[str, Any] = {"target_loss": target_loss, "failure_probability": delta, "max_steps": max_steps}
        if dry_run:
            from howwide.theorems._train import plan_of_training

            plan = plan_of_training(ds, get(chosen["theorem"]), **shared, **theory)
    else:
        from howwide.training.by_settings import RunSettings, plan_by_settings, train_by_settings

        own = {name: settings[name] for name in ("batch_size", "step_size", "steps", "target", "antisymmetric")}
        asked = RunSettings(**shared, **own)
        if dry_run:
            plan = plan_by_settings(ds, asked)
    if dry_run:
        finish("train", settings, plan, ds=ds, as_json=json)
        return
    with output_folder(out) as folder:
        with Progress() as progress:
            if by_theorem:
                from howwide.theorems import train as run

                result = run(ds, get(chosen["theorem"]), **shared, **theory, say=progress.say).result(ds)
            else:
                result = train_by_settings(ds, asked, say=progress.say)
        finish("train", settings, result, ds=ds, as_json=json, folder=folder)


def _check_by_theorem(step_size: Any, steps: Any, target: Any, batch_size: Any, antisymmetric: bool) -> None:
    if step_size not in (None, "theory") or steps not in (None, "theory"):
        raise SettingError("a run by a theorem takes its step size and steps from there; leave --step-size and --steps")
    if target is not None or batch_size is not None or antisymmetric:
        raise SettingError(
            "a run by a theorem has no --target, --batch-size or --antisymmetric; --target-loss sets its eps"
        )


def _whole(steps: str) -> int:
    try:
        return int(steps)
    except ValueError:
        raise SettingError(f"--steps is a whole number, or theory; got {steps!r}") from None
