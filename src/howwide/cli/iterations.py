"""``howwide iterations``: the steps that gradient descent takes to a loss, beside the theorem's."""

from typing import Annotated, Any

import typer

from howwide.cli.options import (
    Alpha,
    ConstantCoordinate,
    DataSpec,
    DryRun,
    HiddenConstant,
    Json,
    Out,
    Seed,
    Steps,
    StepSize,
    Subset,
    check_device,
    output_folder,
    read_numbers,
    read_sizes,
    settings_of,
    stratified,
)
from howwide.cli.output import Progress, finish

__all__ = ["EXAMPLES", "iterations"]

EXAMPLES = """\b
Examples:
  howwide iterations --data digits:even/odd --n 200 --width 256 --depth 3,5
  howwide iterations --data mnist.npz:3/8 --n 500 --width 512 --losses 0.1,0.03,0.01,0.003 --steps 50000 --out law"""


def iterations(
    context: typer.Context,
    data: DataSpec,
    width: Annotated[int, typer.Option("--width", help="m, the width of every hidden layer.")],
    n: Annotated[int | None, typer.Option("--n", help="Train on a subset of this size.")] = None,
    depth: Annotated[
        str, typer.Option("--depth", help="L, the number of weight matrices; several are compared.")
    ] = "5",
    alpha: Alpha = None,
    losses: Annotated[
        str, typer.Option("--losses", help="Training losses, three or more, decreasing.")
    ] = "0.3,0.1,0.03,0.01",
    seeds: Annotated[int, typer.Option("--seeds", help="Starts, two or more.")] = 8,
    steps: Steps = 20_000,
    step_size: StepSize = "theory",
    hidden_constant: HiddenConstant = 1.0,
    subset: Subset = "stratified",
    constant_coordinate: ConstantCoordinate = None,
    dtype: Annotated[str, typer.Option("--dtype", help="float32 or float64.")] = "float32",
    seed: Seed = 0,
    dry_run: DryRun = False,
    json: Json = False,
    out: Out = None,
) -> None:
    """Count the steps to several training losses and compare their growth with O(L^2 R^2 / eps) of Chen et al."""
    asked: dict[str, Any] = {
        "losses": read_numbers(losses, "--losses"),
        "depths": read_sizes(depth, "--depth"),
        "seeds": seeds,
        "steps": steps,
        "step_size": step_size,
        "hidden_constant": hidden_constant,
        "dtype": dtype,
    }
    scale = 0.5 if alpha is None else alpha
    settings = settings_of(context, "dry_run") | {"alpha": scale}
    plain = stratified(subset)

    from howwide.checks import check_choice, check_seed
    from howwide.data import load
    from howwide.measure.iterations import iteration_law, planned_iterations
    from howwide.networks import DeepReLU

    check_seed(seed)
    check_choice(dtype, "dtype", ("float32", "float64"))
    net = DeepReLU(width, asked["depths"][0], scale)
    check_device()
    ds = load(data, constant=constant_coordinate)
    ds = ds if n is None else ds.subset(n, seed=seed, stratified=plain)
    plan = planned_iterations(net, ds.n, ds.d, **asked)
    if dry_run:
        finish("iterations", settings, plan, ds=ds, as_json=json)
        return
    with output_folder(out) as folder:
        with Progress() as progress:
            result = iteration_law(net, ds.x, ds.y, **asked, seed=seed, say=progress.say)
        finish("iterations", settings, result, ds=ds, as_json=json, folder=folder)
