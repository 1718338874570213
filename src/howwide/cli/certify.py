"""``howwide certify``: what may be claimed about unseen data."""

from pathlib import Path
from typing import Annotated, Any

import typer

from howwide.cli.certify_tables import tables
from howwide.cli.options import (
    ConstantCoordinate,
    Json,
    Out,
    check_device,
    output_folder,
    read_sizes,
    settled_alpha,
)
from howwide.cli.output import Progress, emit, note
from howwide.errors import SettingError
from howwide.numbers import to_json_types
from howwide.results import CertifyResult, Document

__all__ = ["EXAMPLES", "certify"]

EXAMPLES = """\b
Examples:
  howwide certify --data digits:even/odd --algorithm sgd --width 256 --depth 3
  howwide certify --data digits:even/odd --algorithm gd --steps 100 --joint --out certified
  howwide certify --data mnist.npz:3/8 --step-constant 1,4,16 --width 64,256 --tune-on 0.25
  howwide certify --data digits:even/odd --n 100,200,400,800 --seeds 8 --out curve
  howwide certify --mistakes online.csv --delta 0.01"""

_DEFAULTS = {
    "algorithm": "sgd",
    "width": "256",
    "depth": 3,
    "alpha": 0.5,
    "network": "deep",
    "step_size": "theory",
    "steps": 100,
    "dtype": "float32",
    "subset": "random",
    "seed": 0,
    "seeds": 1,
    "floor": 0.0,
}
_SAME = ("algorithm", "network", "depth", "alpha", "step_size", "steps", "delta", "joint", "tune_on", "dtype", "seed")
_UNUSED: dict[str, dict[str, Any]] = {"sgd": {"steps": None}, "gd": {}}
_FAILED = 1


def certify(
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
    alpha: Annotated[
        float | None, typer.Option("--alpha", help="Output scale width^alpha of deep, in (0, 1/2]; 0.5.")
    ] = None,
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
    json: Json = False,
    out: Out = None,
) -> None:
    """Train and certify in one: bounds on the error on unseen data that hold, with every constant explicit."""
    given = {
        "n": n, "algorithm": algorithm, "width": width, "depth": depth, "alpha": alpha, "network": network,
        "step_constant": step_constant, "step_size": step_size, "steps": steps, "tune_on": tune_on, "seeds": seeds,
        "floor": floor, "subset": subset, "constant_coordinate": constant_coordinate, "dtype": dtype, "seed": seed,
    }  # fmt: skip
    _check_source(data, mistakes, {k for k, v in given.items() if v is not None} | ({"joint"} if joint else set()))
    with output_folder(out, trials="," in (n or "") or seeds not in (None, 1)) as folder:
        if mistakes is not None:
            document, values = _recorded(mistakes, delta), None
        else:
            settings = {"data": data, **given, "delta": delta, "joint": joint}
            document, values = _trained(_settled(settings), folder)
        if folder is not None:  # before printing: a closed pipe must not lose the work
            from howwide.report import save_certificates

            note(f"wrote {save_certificates(folder, document, values)}")
        emit(document, tables(document), as_json=json)


def _check_source(data: str | None, mistakes: Path | None, given: set[str]) -> None:
    if (data is None) == (mistakes is None):
        raise SettingError("certify takes --data SPEC, to train and certify, or --mistakes FILE, a recorded sequence")
    if mistakes is not None and given:
        option = "--" + sorted(given)[0].replace("_", "-")
        raise SettingError(f"{option} belongs to --data; a recorded sequence of --mistakes takes --delta alone")


def _settled(given: dict[str, Any]) -> dict[str, Any]:
    """Settings with their defaults; what belongs to another algorithm or network is refused."""
    if given["steps"] is not None and given["algorithm"] != "gd":
        raise SettingError("--steps belongs to --algorithm gd; one pass of sgd makes a step with every example")
    settled_alpha(given["network"], given["alpha"])
    if given["subset"] not in (None, "random"):
        raise SettingError(
            f"--subset is random; got {given['subset']!r}. A subset that keeps the share of positives is not an "
            "independent sample, and a certificate needs one"
        )
    return {k: _DEFAULTS.get(k) if v is None else v for k, v in given.items()}


def _numbers(text: str, option: str, kind: Any) -> list[Any]:
    try:
        return [kind(part) for part in text.split(",")]
    except ValueError:
        words = "whole numbers" if kind is int else "numbers"
        raise SettingError(f"{option} takes {words}, one or several separated by commas; got {text!r}") from None


def _trained(settings: dict[str, Any], folder: Path | None) -> tuple[Document, Any]:
    from howwide.certify import Plan
    from howwide.data import load

    sizes = None if settings["n"] is None else read_sizes(settings["n"])
    width = _numbers(settings["width"], "--width", int)
    given = settings["step_constant"]
    constant = None if given is None else _numbers(given, "--step-constant", float)
    plan = Plan(width=width, step_constant=constant, **{name: settings[name] for name in _SAME})
    check_device()
    ds = load(settings["data"], constant=settings["constant_coordinate"])
    settings |= {
        "n": sizes if sizes is None or len(sizes) > 1 else sizes[0],
        **plan.described(),
        **_UNUSED[plan.algorithm],
    }
    if (sizes is not None and len(sizes) > 1) or settings["seeds"] != 1:
        return _curve(ds, plan, sizes or [ds.n], settings, folder)
    if settings["floor"]:
        raise SettingError("--floor belongs to a curve over n; give several --n")
    return _single(ds, plan, sizes, settings)


def _single(ds: Any, plan: Any, sizes: list[int] | None, settings: dict[str, Any]) -> tuple[Document, None]:
    from howwide.certify import certify

    with Progress(every=0) as progress:
        found = certify(ds, plan, n=None if sizes is None else sizes[0], say=progress.say)
    used = found.sample.data
    return _document(settings, used.describe(separation=False), found.record, [*used.notes, *found.notes]), None


def _curve(ds: Any, plan: Any, sizes: list[int], settings: dict[str, Any], folder: Path | None) -> tuple[Document, Any]:
    from howwide.certify import sample_complexity
    from howwide.width import SearchError

    chosen = {"n": sizes, "seeds": settings["seeds"], "floor": settings["floor"], "out": folder}
    with Progress() as progress:
        try:
            curve = sample_complexity(
                ds, plan, **chosen, on_progress=lambda state: progress.say(f"runs: {state}"), notice=note
            )
        except SearchError as error:
            note(f"howwide: the run failed: {error}")
            raise typer.Exit(_FAILED) from None
    document = _document(settings, ds.describe(separation=False), curve.record, [*ds.notes, *curve.notes])
    return document, curve.values


def _recorded(path: Path, delta: float) -> Document:
    from howwide.certify.inputs import read_losses
    from howwide.certify.procedure.result import recorded_result
    from howwide.checks import check_probability

    check_probability(delta, "delta")
    losses = read_losses(path)
    data = {"name": path.name, "n": int(losses.size), "average": float(losses.mean())}
    return _document({"mistakes": path.name, "delta": delta}, data, recorded_result(losses, delta), [])


def _document(settings: dict[str, Any], data: dict[str, Any], result: dict[str, Any], warnings: list[str]) -> Document:
    return Document(
        verb="certify",
        settings=to_json_types(settings),
        data=to_json_types(data),
        result=CertifyResult.model_validate(to_json_types(result)),
        warnings=warnings,
    )
