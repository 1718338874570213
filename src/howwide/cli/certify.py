"""``howwide certify``: what may be claimed about unseen data."""

import dataclasses
from pathlib import Path
from typing import Annotated, Any

import typer

from howwide.cli.options import (
    Alpha,
    ConstantCoordinate,
    DryRun,
    Json,
    Out,
    check_device,
    output_folder,
    read_numbers,
    read_sizes,
    settings_of,
    settled_alpha,
)
from howwide.cli.output import Progress, failed_searches, finish, note
from howwide.errors import SettingError

__all__ = ["EXAMPLES", "certify"]

EXAMPLES = """\b
Examples:
  howwide certify --data digits:even/odd --algorithm sgd --width 256 --depth 3
  howwide certify --data digits:even/odd --algorithm gd --steps 100 --joint --out certified
  howwide certify --data mnist.npz:3/8 --step-constant 1,4,16 --width 64,256 --tune-on 0.25
  howwide certify --data digits:even/odd --n 100,200,400,800 --seeds 8 --out curve
  howwide certify --mistakes online.csv --delta 0.01"""


def certify(
    context: typer.Context,
    data: Annotated[
        str | None, typer.Option("--data", help="Data SPEC: digits:even/odd, file.npz:3/8, ...; see data list.")
    ] = None,
    mistakes: Annotated[
        Path | None,
        typer.Option("--mistakes", help="Instead: a recorded sequence of online mistakes or losses in [0, 1]."),
    ] = None,
    n: Annotated[
        str | None, typer.Option("--n", help="How many rows are drawn at random; several give a curve.")
    ] = None,
    algorithm: Annotated[str | None, typer.Option("--algorithm", help="sgd (one pass) or gd; sgd.")] = None,
    width: Annotated[str | None, typer.Option("--width", help="m; several are paid for together; 256.")] = None,
    depth: Annotated[
        int | None, typer.Option("--depth", help="L: weight matrices of deep, hidden layers of fixed-head; 3.")
    ] = None,
    alpha: Alpha = None,
    network: Annotated[
        str | None, typer.Option("--network", help="deep (Chen et al.) or fixed-head (Zou et al.); deep.")
    ] = None,
    step_constant: Annotated[
        str | None,
        typer.Option("--step-constant", help="c of the step c/(L m^(2 alpha)); several are paid for together; 4."),
    ] = None,
    step_size: Annotated[
        str | None,
        typer.Option("--step-size", help="theory, or a number chosen without these data; never from the sample."),
    ] = None,
    steps: Annotated[
        int | None, typer.Option("--steps", help="Gradient steps of gd, declared beforehand; 100.")
    ] = None,
    tune_on: Annotated[
        float | None, typer.Option("--tune-on", help="Choose among widths and constants on this share of the sample.")
    ] = None,
    delta: Annotated[float, typer.Option("--delta", help="Probability with which a certificate may fail.")] = 0.05,
    joint: Annotated[bool, typer.Option("--joint", help="All certificates hold at once: delta is divided.")] = False,
    seeds: Annotated[int | None, typer.Option("--seeds", help="Runs at every n, with seeds from --seed on; 1.")] = None,
    floor: Annotated[
        float | None, typer.Option("--floor", help="Error that no n removes (label noise), if it is known; 0.")
    ] = None,
    subset: Annotated[
        str | None, typer.Option("--subset", help="random; a stratified subset is no independent sample.")
    ] = None,
    constant_coordinate: ConstantCoordinate = None,
    dtype: Annotated[str | None, typer.Option("--dtype", help="Of training: float32 or float64; float32.")] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Changes order, start and draws; 0.")] = None,
    dry_run: DryRun = False,
    json: Json = False,
    out: Out = None,
) -> None:
    """Train and certify in one: bounds on the error on unseen data that hold, with every constant explicit."""
    given = settings_of(context, "mistakes", "dry_run")
    if (data is None) == (mistakes is None):
        raise SettingError("certify takes --data SPEC, to train and certify, or --mistakes FILE, a recorded sequence")
    if mistakes is not None:
        if dry_run:
            raise SettingError("--mistakes trains nothing whose cost could be said before: leave --dry-run out")
        if foreign := sorted(k for k, v in given.items() if k != "delta" and v is not None and v is not False):
            option = "--" + foreign[0].replace("_", "-")
            raise SettingError(f"{option} belongs to --data; a recorded sequence of --mistakes takes --delta alone")
        with output_folder(out) as folder:
            _recorded(mistakes, delta, json, folder)
        return
    if steps is not None and algorithm != "gd":
        raise SettingError("--steps belongs to --algorithm gd; one pass of sgd makes a step with every example")
    settled_alpha(network or "deep", alpha)
    if subset not in (None, "random"):
        raise SettingError(
            f"--subset is random; got {subset!r}. A subset that keeps the share of positives is not an independent "
            "sample, and a certificate needs one"
        )
    if dry_run:
        _trained(given, json, None, dry_run=True)
        return
    with output_folder(out, trials="," in (n or "") or seeds not in (None, 1)) as folder:
        _trained(given, json, folder)


def _trained(given: dict[str, Any], as_json: bool, folder: Path | None, *, dry_run: bool = False) -> None:
    from howwide.certify import Plan, certify, sample_complexity
    from howwide.certify._cost import certify_plan, sample_complexity_plan
    from howwide.data import load

    sizes = None if given["n"] is None else read_sizes(given["n"])
    if given["width"] is not None:
        given["width"] = read_sizes(given["width"], "--width")
    if given["step_constant"] is not None:
        given["step_constant"] = read_numbers(given["step_constant"], "--step-constant")
    fields = [field.name for field in dataclasses.fields(Plan)]
    plan = Plan(**{name: given[name] for name in fields if given[name] is not None})
    check_device()
    ds = load(given["data"], constant=given["constant_coordinate"])
    several = sizes is not None and len(sizes) > 1
    settings = given | plan.described()
    settings["n"] = sizes if sizes is None or several else sizes[0]
    others = {"seeds": 1, "floor": 0.0, "subset": "random"}
    settings |= {name: value for name, value in others.items() if given[name] is None}
    if plan.algorithm != "gd":
        settings["steps"] = None
    if several or settings["seeds"] != 1:
        asked = {"n": sizes or [ds.n], "seeds": settings["seeds"], "floor": settings["floor"]}
        if dry_run:
            finish("certify", settings, sample_complexity_plan(ds, plan, **asked), ds=ds, as_json=as_json)
            return
        with failed_searches(), Progress() as progress:
            curve = sample_complexity(
                ds, plan, **asked, out=folder, notice=note, on_progress=lambda state: progress.say(f"runs: {state}")
            )
        finish("certify", settings, curve, ds=ds, as_json=as_json, folder=folder)
        return
    if settings["floor"]:
        raise SettingError("--floor belongs to a curve over n; give several --n")
    size = None if sizes is None else sizes[0]
    if dry_run:
        finish("certify", settings, certify_plan(ds, plan, n=size), ds=ds, as_json=as_json)
        return
    with Progress(every=0) as progress:
        certification = certify(ds, plan, n=size, say=progress.say)
    finish("certify", settings, certification, ds=certification.sample.data, as_json=as_json, folder=folder)


def _recorded(path: Path, delta: float, as_json: bool, folder: Path | None) -> None:
    from howwide.certify import read_losses
    from howwide.certify._certify import certify_recorded
    from howwide.checks import check_probability

    check_probability(delta, "delta")
    losses = read_losses(path)
    finish(
        "certify",
        {"mistakes": path.name, "delta": delta},
        certify_recorded(losses, delta),
        described={"name": path.name, "n": int(losses.size), "average": float(losses.mean())},
        as_json=as_json,
        folder=folder,
    )
