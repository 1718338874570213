"""``howwide width``: the minimal width against n."""

from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

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
    read_sizes,
    stratified,
)
from howwide.cli.output import Progress, emit, note, table
from howwide.records import Document, WidthResult, finite

__all__ = ["EXAMPLES", "run_width", "width"]

EXAMPLES = """\b
Examples:
  howwide width --data digits:even/odd --n 100,200,400 --steps 2000 --out digits
  howwide width --data cifar.npz --depth 5 --n 100,200,500 --target zero-error --steps 5000 --json"""

Sizes = Annotated[str, typer.Option("--n", help="Sample sizes, separated by commas.")]
Target = Annotated[str, typer.Option("--target", help="zero-error, or loss<=EPS as in 'loss<=0.1'.")]
Seeds = Annotated[int, typer.Option("--seeds", help="Trials at every width; each has its own subset and start.")]
MaxWidth = Annotated[int, typer.Option("--max-width", help="No width beyond this is tried.")]
Workers = Annotated[int | None, typer.Option("--workers", help="Threads; one a core by default. Changes no result.")]


def width(
    data: DataSpec,
    n: Sizes,
    depth: Depth = 5,
    target: Target = "zero-error",
    steps: Steps = 5000,
    network: Network = "deep",
    alpha: Alpha = 0.5,
    step_size: StepSize = "ladder",
    loss: Loss = "logistic",
    hidden_constant: HiddenConstant = 1.0,
    antisymmetric: Antisymmetric = False,
    subset: Subset = "stratified",
    constant_coordinate: ConstantCoordinate = None,
    seeds: Seeds = 16,
    max_width: MaxWidth = 1024,
    workers: Workers = None,
    seed: Seed = 0,
    json: Json = False,
    out: Out = None,
) -> None:
    """Find the minimal width that reaches the target, against the sample size, with intervals."""
    settings = {
        "depth": depth,
        "target": target,
        "steps": steps,
        "network": network,
        "alpha": alpha,
        "step_size": step_size,
        "loss": loss,
        "hidden_constant": hidden_constant,
        "antisymmetric": antisymmetric,
        "seeds": seeds,
        "max_width": max_width,
        "seed": seed,
    }
    run_width(
        "width",
        data,
        read_sizes(n),
        settings,
        subset=subset,
        constant=constant_coordinate,
        workers=workers,
        json=json,
        out=out,
    )


def run_width(
    verb: Any,
    spec: str,
    sizes: list[int],
    settings: dict[str, Any],
    *,
    subset: str,
    constant: float | None,
    workers: int | None,
    json: bool,
    out: Path | None,
) -> None:
    """Load, search, save and print; ``settings`` are keyword arguments of :func:`howwide.width.search`."""
    from howwide.data import load
    from howwide.report import save_width
    from howwide.width import search

    plain = stratified(subset)
    ds = load(spec, constant=constant)
    counts: Counter[tuple[int, bool]] = Counter()
    with output_folder(out) as folder:
        with Progress() as progress:

            def on_trial(row: dict[str, Any]) -> None:
                counts[row["n"], row["success"]] += 1
                reached = counts[row["n"], True]
                tried = reached + counts[row["n"], False]
                progress.say(
                    f"n = {row['n']}: {tried} trials, {reached} reached {row['target']} (width {row['width']})"
                )

            curve = search(ds, n=sizes, stratified=plain, workers=workers, on_trial=on_trial, **settings)
        asked = {"data": spec, "n": sizes, "subset": subset, "constant_coordinate": constant, **settings}
        document = _document(verb, asked, ds, curve)
        if folder is not None:  # before printing: a closed pipe must not lose the work
            note(f"wrote {save_width(folder, document, curve)}")
        emit(document, _tables(document), as_json=json)


def _document(verb: Any, settings: dict[str, Any], ds: Any, curve: Any) -> Document:
    growth = curve.fit()
    result = {
        "points": curve.table.to_dict("records"),
        "rates": curve.rates.to_dict("records"),
        "step_rules": curve.step_rules.to_dict("records"),
        "laws": [{"name": w.name, "weight": w.weight, "parameters": w.parameters} for w in growth.laws],
        "exponent": _exponent(growth.exponent),
        "verdict": curve.verdict,
    }
    return Document(
        verb=verb,
        settings=finite(settings),
        data=finite(ds.describe(separation=False)),
        result=WidthResult.model_validate(finite(result)),
        warnings=list(ds.notes),
    )


def _exponent(exponent: Any) -> dict[str, float | None] | None:
    if exponent is None:
        return None
    estimate, lower, upper = exponent
    return {"estimate": estimate, "lower": lower, "upper": upper}


def _tables(document: Document) -> list[Table | str]:
    result = document.result
    assert isinstance(result, WidthResult)
    points = [(p.n, p.quantile, p.estimate, p.lower, p.upper, p.trials, p.status) for p in result.points]
    laws = [(law.name, law.weight) for law in result.laws]
    settings, data = document.settings, document.data or {}
    title = (
        f"Minimal width, {data['name']}, depth {settings['depth']}, {settings['target']} in {settings['steps']} steps"
    )
    level = f"{100 * result.points[0].level:g} %"
    shown: list[Table | str] = [
        table(title, ["n", "probability", "width", f"lower {level}", f"upper {level}", "trials", "status"], points)
    ]
    if laws:
        shown.append(table("Growth laws", ["law", "Akaike weight"], laws))
    return [*shown, result.verdict]
