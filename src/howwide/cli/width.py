"""``howwide width``: the minimal width against n."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from howwide.cli.options import (
    Antisymmetric,
    ConstantCoordinate,
    HiddenConstant,
    Json,
    Loss,
    Network,
    Out,
    Seed,
    StepSize,
    Subset,
    check_device,
    output_folder,
)
from howwide.cli.output import Progress, emit, note, table
from howwide.errors import SettingError
from howwide.numbers import format_number, to_json_types
from howwide.results import Document, WidthPlan, WidthResult

__all__ = ["EXAMPLES", "run_width", "width"]

EXAMPLES = """\b
Examples:
  howwide width --data digits:even/odd --n 100,200,400 --steps 2000 --out digits
  howwide width --data cifar.npz --depth 5 --n 100,200,500 --target zero-error --steps 5000 --json
  howwide width --config examples/digits.toml --out digits
  howwide width --data digits:even/odd --n 400 --steps 500,1000,2000 --label-noise 0,0.1 --dry-run"""

_FAILED = 1

Config = Annotated[Path | None, typer.Option("--config", help="TOML file with these options as keys, - written _.")]
Spec = Annotated[
    str | None, typer.Option("--data", help="Data SPEC: digits:even/odd, file.npz:3/8, ...; see data list.")
]
Sizes = Annotated[str | None, typer.Option("--n", help="Sample sizes, separated by commas.")]
Depths = Annotated[str, typer.Option("--depth", help="L: weight matrices of deep, hidden layers of fixed-head.")]
Targets = Annotated[
    str,
    typer.Option(
        "--target", help="zero-error, loss<=EPS, loss<=3*eps_ntrf(R), margin>=G or test-error<=E; or several."
    ),
]
Budgets = Annotated[str, typer.Option("--steps", help="Budget of gradient steps, or several: a curve for each.")]
Alphas = Annotated[str, typer.Option("--alpha", help="Output scale width^alpha of deep, in (0, 1/2]; or several.")]
Labels = Annotated[str, typer.Option("--labels", help="true, or random: permuted labels, a negative control.")]
Noise = Annotated[str, typer.Option("--label-noise", help="Share of training labels that are flipped; or several.")]
Trials = Annotated[int, typer.Option("--trials", help="The most trials for each n, target, ... and budget.")]
Precision = Annotated[float, typer.Option("--precision", help="Enough when interval ends are within this factor.")]
MaxWidth = Annotated[int, typer.Option("--max-width", help="No width beyond this is tried.")]
Extend = Annotated[
    int,
    typer.Option("--extend", help="Run a sample of trials still improving on to this many times --steps; 0 for none."),
]
Where = Annotated[str, typer.Option("--engine", help="threads of this process, or processes. Changes no result.")]
Workers = Annotated[int | None, typer.Option("--workers", help="How many; one a core by default. Changes no result.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what it may cost, and run nothing.")]

_LISTS: dict[str, Any] = {"n": int, "depth": int, "steps": int, "alpha": float, "label_noise": float, "target": str}
_ELSEWHERE = ("config", "engine", "workers", "dry_run", "json", "out")


def width(
    context: typer.Context,
    config: Config = None,
    data: Spec = None,
    n: Sizes = None,
    depth: Depths = "5",
    target: Targets = "zero-error",
    steps: Budgets = "5000",
    network: Network = "deep",
    alpha: Alphas = "0.5",
    step_size: StepSize = "ladder",
    loss: Loss = "logistic",
    hidden_constant: HiddenConstant = 1.0,
    antisymmetric: Antisymmetric = False,
    subset: Subset = "stratified",
    constant_coordinate: ConstantCoordinate = None,
    labels: Labels = "true",
    label_noise: Noise = "0",
    max_width: MaxWidth = 1024,
    trials: Trials = 400,
    precision: Precision = 1.25,
    extend: Extend = 8,
    engine: Where = "threads",
    workers: Workers = None,
    dry_run: DryRun = False,
    seed: Seed = 0,
    json: Json = False,
    out: Out = None,
) -> None:
    """Find the minimal width that reaches the target, against the sample size, with intervals."""
    given = {
        name: _read(name, value)
        for name, value in context.params.items()
        if name not in _ELSEWHERE and value is not None and _is_given(context, name)
    }
    settings = _merged(given, config)
    if dry_run:
        _show_plan(settings, str(config or "the options"), json=json)
    else:
        where = str(config) if config else "the options"
        run_width("width", settings, where, engine=engine, workers=workers, json=json, out=out)


def _is_given(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _read(name: str, value: Any) -> Any:
    """The value of an option as a config file would have it."""
    if name not in _LISTS:
        return value
    try:
        return [_LISTS[name](part.strip()) for part in value.split(",")]
    except ValueError:
        kind = "whole numbers" if _LISTS[name] is int else "numbers"
        option = "--" + name.replace("_", "-")
        raise SettingError(f"{option} takes {kind}, one or several separated by commas; got {value!r}") from None


def _merged(given: dict[str, Any], config: Path | None) -> dict[str, Any]:
    """The settings of the file and of the command line, which must not contradict each other."""
    if config is None:
        return given
    from howwide.width.config import read_config

    there = read_config(config)
    for name, value in given.items():
        if name in there and there[name] not in (value, value[0] if isinstance(value, list) else value):
            raise SettingError(
                f"--{name.replace('_', '-')} contradicts {name} = {there[name]!r} in {config}; give it in one place"
            )
    return there | given


def run_width(
    verb: Any,
    settings: dict[str, Any],
    where: str,
    *,
    engine: str,
    workers: int | None,
    json: bool,
    out: Path | None,
) -> None:
    """Load, search, save and print; ``settings`` are the keys of :class:`howwide.width.config.WidthConfig`."""
    from howwide.report import save_width
    from howwide.width import SearchError, search
    from howwide.width.config import WidthConfig

    config = WidthConfig.read(settings, where)
    check_device()
    place = _engine(engine, workers)
    ds = config.load()
    with output_folder(out, trials=True) as folder:
        with Progress() as progress:
            try:
                curve = search(
                    ds,
                    **config.arguments(),
                    out=folder,
                    engine=place,
                    on_progress=lambda label, state: progress.say(f"{label}: {state}"),
                    notice=note,
                )
            except SearchError as error:
                note(f"howwide: the run failed: {error}")
                raise typer.Exit(_FAILED) from None
        document = _document(verb, config.settings(), ds, curve)
        if folder is not None:  # before printing: a closed pipe must not lose the work
            note(f"wrote {save_width(folder, document, curve)}")
        emit(document, _tables(document), as_json=json)


def _engine(engine: str, workers: int | None) -> Any:
    from howwide.sweep import InProcess, Processes
    from howwide.training import available_cores
    from howwide.width.search import default_workers

    if engine not in ("threads", "processes"):
        raise SettingError(f"--engine is threads or processes; got {engine!r}")
    if workers is not None and workers < 1:
        raise SettingError(f"--workers must be at least 1; got {workers}")
    if engine == "threads":
        return InProcess(default_workers() if workers is None else workers)
    return Processes(available_cores() if workers is None else workers)


def _document(verb: Any, settings: dict[str, Any], ds: Any, curve: Any) -> Document:
    curves = [
        {
            "label": part.label,
            **_growth(part.fit()),
            "left_out": list(part.left_out["n"]),
            "verdict": part.verdict,
            "words": words,
        }
        for part, words in zip(curve.parts(), curve.differing(), strict=True)
    ]
    result = {
        "points": curve.table.to_dict("records"),
        "rates": curve.rates.to_dict("records"),
        "step_rules": curve.step_rules.to_dict("records"),
        "searches": curve.searches.to_dict("records"),
        "curves": curves,
        "laws": curves[0]["laws"],
        "exponent": curves[0]["exponent"],
        "verdict": curve.verdict,
    }
    return Document(
        verb=verb,
        settings=to_json_types(settings),
        data=to_json_types(ds.describe(separation=False)),
        result=WidthResult.model_validate(to_json_types(result)),
        warnings=[*ds.notes, *_doubts(curve)],
    )


def _growth(growth: Any) -> dict[str, Any]:
    laws = [{k: getattr(w, k) for k in ("name", "weight", "p_value", "remains", "parameters")} for w in growth.laws]
    estimate, lower, upper = growth.exponent
    exponent = {"estimate": estimate, "lower": lower, "upper": upper}
    return {"laws": laws, "exponent": exponent, "finding": growth.finding}


def _doubts(curve: Any) -> list[str]:
    """What speaks against the success curves."""
    words = curve.differing()
    said = []
    for row in curve.searches.itertuples():
        where = f"n = {row.n}" + (f", {words[row.curve]}" if words[row.curve] else "")
        if row.falls:
            said.append(f"{where}: success falls with width by more than chance allows (p = {row.rising_p_value:.3f})")
        elif row.p_value < 0.01:
            said.append(f"{where}: the success curve fits badly (p = {row.p_value:.3f}); trust the success rates alone")
    return said


def _tables(document: Document) -> list[Table | str]:
    result = document.result
    assert isinstance(result, WidthResult)
    settings, data = document.settings, document.data or {}
    level = f"{100 * result.points[0].level:g} %"
    columns = ["n", "probability", "width", f"lower {level}", f"upper {level}", "trials", "status"]
    others = ["n", "improving", "succeed", "share", "probability", "width", "lower", "upper"]
    shown: list[Table | str] = []
    for index, curve in enumerate(result.curves):
        title = (
            f"Minimal width, {data['name']}, depth {curve.label['depth']}, {curve.label['target']} in "
            f"{curve.label['steps']} steps"
        )
        own = [p for p in result.points if p.curve == index]
        points = [(p.n, p.quantile, p.estimate, p.lower, p.upper, p.trials, p.status) for p in own]
        shown.append(table(title + (f" ({curve.words})" if curve.words else ""), columns, points))
        searches = [s for s in result.searches if s.curve == index and s.extended_steps is not None]
        if any(s.improving for s in searches):
            question = f"Would {searches[0].extended_steps} steps have done? A sample of the trials still improving"
            shown.append(table(question, others, _extensions(searches, own)))
        if curve.laws:
            laws = [(w.name, w.weight, w.p_value, "remains" if w.remains else "excluded") for w in curve.laws]
            shown.append(table("Growth laws", ["law", "Akaike weight", "joint p", "these points"], laws))
    return [*shown, f"Step rule: {settings['step_size']}. {result.verdict}"]


def _extensions(searches: list[Any], points: list[Any]) -> list[tuple[Any, ...]]:
    """For each n how much of the sample turned, and the width that this implies for each probability."""
    rows = []
    for s in searches:
        turned = f"{s.turned} of {s.continued}" if s.continued else "none was run on: too dear"
        share = f"{100 * s.turned_lower:.0f}–{100 * s.turned_upper:.0f} %" if s.continued else None
        rows += [
            (s.n, s.improving, turned, share, p.quantile, p.extended_estimate, p.extended_lower, p.extended_upper)
            for p in points
            if p.n == s.n
        ]
    return rows


def _show_plan(settings: dict[str, Any], where: str, *, json: bool) -> None:
    from howwide.width.config import WidthConfig
    from howwide.width.plan import plan
    from howwide.width.search import default_workers, sizes_of

    config = WidthConfig.read(settings, where)
    check_device()
    ds, protocols = config.load(), config.protocols()
    for protocol in protocols:
        protocol.check(ds)
    sizes = sizes_of(ds, config.n, protocols[0].stratified)
    points = plan(protocols, sizes, ds.d, config.design(), config.extend > 0)
    cores = default_workers()
    result = {
        "points": [
            {**p.label, **{k: getattr(p, k) for k in ("n", "width", "trials", "flops", "seconds")}} for p in points
        ],
        "trials": sum(p.trials for p in points),
        "flops": sum(p.flops for p in points),
        "seconds": sum(p.seconds for p in points) / cores,
        "workers": cores,
    }
    document = Document(
        verb="width",
        settings=to_json_types(config.settings()),
        data=to_json_types(ds.describe(separation=False)),
        result=WidthPlan.model_validate(to_json_types(result)),
        warnings=list(ds.notes),
    )
    rows = [(p.n, p.label["target"], p.label["depth"], p.width, p.trials, p.flops, p.seconds) for p in points]
    names = ["n", "target", "depth", "guessed width", "trials at most", "flops at most", "core seconds at most"]
    said = (
        f"At most {result['trials']} trials, {format_number(result['flops'])} flops, about "
        f"{format_number(result['seconds'])} s with {cores} workers, if the widths are as guessed. Most studies take a "
        "small part of it: trials stop when they "
        "succeed, and searches when the intervals are narrow."
    )
    emit(document, [table("Nothing was run", names, rows), said], as_json=json)
