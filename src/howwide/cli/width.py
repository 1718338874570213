"""``howwide width``: the minimal width against n."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from howwide.cli.options import Json, Out, check_device, output_folder
from howwide.cli.output import Progress, emit, note, table
from howwide.cli.record_options import given_settings, with_options
from howwide.errors import SettingError
from howwide.numbers import format_number, to_json_types
from howwide.results import Document, WidthPlan, WidthResult
from howwide.sweep import ENGINES
from howwide.width.config import StudyFile, read_config
from howwide.width.study import WidthStudy

__all__ = ["EXAMPLES", "run_width", "width"]

EXAMPLES = """\b
Examples:
  howwide width --data digits:even/odd --n 100,200,400 --steps 2000 --out digits
  howwide width --data cifar.npz --depth 5 --n 100,200,500 --target zero-error --steps 5000 --json
  howwide width --config examples/digits.toml --out digits
  howwide width --data digits:even/odd --n 400 --steps 500,1000,2000 --label-noise 0,0.1 --dry-run"""

_FAILED = 1

Config = Annotated[Path | None, typer.Option("--config", help="TOML file with these options as keys, - written _.")]
Trials = Annotated[int, typer.Option("--trials", help=WidthStudy.model_fields["trials"].description)]
Where = Annotated[str, typer.Option("--engine", help=f"Where trials run: {' or '.join(ENGINES)}.")]
Workers = Annotated[int | None, typer.Option("--workers", min=1, help="How many; one a core by default.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what it may cost, and run nothing.")]


@with_options(StudyFile, "data", "n", "depth", "target", "steps")
def width(
    context: typer.Context,
    config: Config = None,
    engine: Where = "threads",
    workers: Workers = None,
    dry_run: DryRun = False,
    json: Json = False,
    out: Out = None,
    **_: object,
) -> None:
    """Find the minimal width that reaches the target, against the sample size, with intervals."""
    settings = _merged(given_settings(StudyFile, context), config)
    where = str(config) if config else "the options"
    if dry_run:
        _show_plan(settings, where, json=json)
    else:
        run_width("width", settings, where, engine=engine, workers=workers, json=json, out=out)


def _merged(given: dict[str, Any], config: Path | None) -> dict[str, Any]:
    """The settings of the file and of the command line, which must not contradict each other."""
    if config is None:
        return given
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
    """Load, search, save and print; ``settings`` are those of :class:`howwide.width.config.StudyFile`."""
    from howwide.report import save_width
    from howwide.sweep import make_engine
    from howwide.width import SearchError, search
    from howwide.width._search import default_workers

    study, ds = _study_and_data(settings, where)
    place = make_engine(engine, default_workers() if workers is None else workers)
    with output_folder(out, trials=True) as folder:
        with Progress() as progress:
            try:
                curve = search(
                    ds,
                    study,
                    out=folder,
                    engine=place,
                    on_progress=lambda label, state: progress.say(f"{label}: {state}"),
                    notice=note,
                )
            except SearchError as error:
                note(f"howwide: the run failed: {error}")
                raise typer.Exit(_FAILED) from None
        document = _document(verb, study.described(), ds, curve)
        if folder is not None:  # before printing: a closed pipe must not lose the work
            note(f"wrote {save_width(folder, document, curve)}")
        emit(document, _tables(document), as_json=json)


def _study_and_data(settings: dict[str, Any], where: str) -> tuple[StudyFile, Any]:
    """The settings, checked, and the data they name."""
    from howwide.data import load

    try:
        study = StudyFile(**settings)
    except SettingError as error:
        raise SettingError(f"{where}: {error}") from None
    check_device()
    return study, load(study.data, constant=study.constant_coordinate)


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
    from howwide.width._search import default_workers
    from howwide.width.cost import study_cost

    study, ds = _study_and_data(settings, where)
    points = study_cost(study, study.sizes(ds), ds.d)
    cores = default_workers()
    result = {
        "points": [
            {**p.settings.varied, **{k: getattr(p, k) for k in ("n", "width", "trials", "flops", "seconds")}}
            for p in points
        ],
        "trials": sum(p.trials for p in points),
        "flops": sum(p.flops for p in points),
        "seconds": sum(p.seconds for p in points) / cores,
        "workers": cores,
    }
    document = Document(
        verb="width",
        settings=to_json_types(study.described()),
        data=to_json_types(ds.describe(separation=False)),
        result=WidthPlan.model_validate(to_json_types(result)),
        warnings=list(ds.notes),
    )
    rows = [(p.n, p.settings.target, p.settings.depth, p.width, p.trials, p.flops, p.seconds) for p in points]
    names = ["n", "target", "depth", "guessed width", "trials at most", "flops at most", "core seconds at most"]
    said = (
        f"At most {result['trials']} trials, {format_number(result['flops'])} flops, about "
        f"{format_number(result['seconds'])} s with {cores} workers, if the widths are as guessed. Most studies take a "
        "small part of it: trials stop when they "
        "succeed, and searches when the intervals are narrow."
    )
    emit(document, [table("Nothing was run", names, rows), said], as_json=json)
