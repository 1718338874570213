"""``howwide measure``: what the theorems speak of, on your data."""

from typing import Annotated, Any

import typer

from howwide.cli.options import (
    Alpha,
    Antisymmetric,
    ConstantCoordinate,
    DataSpec,
    Depth,
    DryRun,
    Json,
    Network,
    Out,
    Seed,
    Subset,
    check_device,
    output_folder,
    read_numbers,
    settings_of,
    settled_alpha,
    stratified,
)
from howwide.cli.output import Progress, finish
from howwide.errors import SettingError

__all__ = ["EXAMPLES", "measure"]

EXAMPLES = """\b
Examples:
  howwide measure --data digits:even/odd --n 400 --width 512 --out facts
  howwide measure --data mnist.npz:3/8 --width 512 --depth 3 --parts spectrum,ntrf --radii 4 --tolerance 0.05 --json"""


def measure(
    context: typer.Context,
    data: DataSpec,
    width: Annotated[int, typer.Option("--width", help="m, the width of every hidden layer.")],
    n: Annotated[int | None, typer.Option("--n", help="Measure a subset of this size.")] = None,
    depth: Depth = 5,
    network: Network = "deep",
    alpha: Alpha = None,
    parts: Annotated[
        str,
        typer.Option("--parts", help="all, or some of separation, spectrum, margin, infinite, shallow, ntrf, radius."),
    ] = "all",
    radii: Annotated[str, typer.Option("--radii", help="Radii R for eps_NTRF(R).")] = "1,2,4,8,16",
    eps: Annotated[str, typer.Option("--eps", help="Losses for R(eps).")] = "0.3,0.1,0.03,0.01",
    tolerance: Annotated[float, typer.Option("--tolerance", help="Relative gap at which solvers stop.")] = 1e-3,
    antisymmetric: Antisymmetric = False,
    subset: Subset = "stratified",
    constant_coordinate: ConstantCoordinate = None,
    dtype: Annotated[str, typer.Option("--dtype", help="Of the tangent features: float64 or float32.")] = "float64",
    seed: Seed = 0,
    dry_run: DryRun = False,
    json: Json = False,
    out: Out = None,
) -> None:
    """Separation, margins, kernel spectrum, eps_NTRF(R) and R(eps) of a start, each between its ends."""
    scale = settled_alpha(network, alpha)
    settings = settings_of(context, "dry_run") | {"alpha": scale}
    plain, balls, losses = stratified(subset), read_numbers(radii, "--radii"), read_numbers(eps, "--eps")

    import jax

    from howwide.checks import check_seed
    from howwide.data import load
    from howwide.measure import PARTS, facts
    from howwide.networks import make_network

    check_seed(seed)
    chosen = PARTS if parts == "all" else tuple(parts.split(","))
    if unknown := [p for p in chosen if p not in PARTS]:
        raise SettingError(f"--parts is all, or some of {', '.join(PARTS)}; got {unknown[0]!r}")
    check_device()
    ds = load(data, constant=constant_coordinate)
    ds = ds if n is None else ds.subset(n, seed=seed, stratified=plain)
    net = make_network(network, width, depth, scale)
    asked: dict[str, Any] = {"radii": balls, "eps": losses, "parts": chosen, "tolerance": tolerance, "dtype": dtype}
    if dry_run:
        from howwide.measure.plan import planned_facts
        from howwide.networks.initialisation import check_start
        from howwide.results.plan import RunPlan

        check_start(net, ds.d, antisymmetric=antisymmetric)
        plan = RunPlan.of(planned_facts(net, ds.n, ds.d, **asked))
        finish("measure", settings, plan, ds=ds, as_json=json)
        return
    start = net.init(jax.random.fold_in(jax.random.key(seed), 0), ds.d, antisymmetric=antisymmetric)
    with output_folder(out) as folder:
        with Progress(every=0) as progress:
            result = facts(net, start, ds.x, ds.y, **asked, seed=seed, say=progress.say)
        finish("measure", settings, result, ds=ds, as_json=json, folder=folder)
