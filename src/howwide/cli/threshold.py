"""``howwide threshold``: the least size at which a trial of your own succeeds."""

import contextlib
import sys

import typer

from howwide.cli.engine_options import EngineName, EngineOptions, Scheduler, Workers, engine_of
from howwide.cli.options import DryRun, Json, MaxSeconds, Out, output_folder
from howwide.cli.output import Progress, failed_searches, finish, note
from howwide.cli.record_options import given_settings, with_options
from howwide.errors import SettingError
from howwide.width import ThresholdStudy

__all__ = ["EXAMPLES", "threshold"]

EXAMPLES = """\b
Examples:
  howwide threshold --trial examples.mlp_digits:trial --unit "hidden units"
  howwide threshold --trial mine:trial --sizes 8:512:8 --quantiles 0.9 --out mine
  howwide threshold --trial mine:trial --sizes 100,200,400,800,1600 --unit examples --json
  howwide threshold --trial mine:trial --dry-run"""


@with_options(ThresholdStudy, "trial", "sizes", "quantiles", "unit")
def threshold(
    context: typer.Context,
    engine: EngineName = "processes",
    workers: Workers = None,
    scheduler: Scheduler = None,
    engine_option: EngineOptions = None,
    dry_run: DryRun = False,
    max_seconds: MaxSeconds = None,
    json: Json = False,
    out: Out = None,
    **_: object,
) -> None:
    """Find the least size (width, rank, units, examples) at which your own trial succeeds, with an interval."""
    from joblib import cpu_count

    from howwide.width import threshold as search
    from howwide.width import threshold_plan

    try:
        study = ThresholdStudy(**given_settings(ThresholdStudy, context))
    except SettingError as error:
        raise SettingError(f"the options: {error}") from None
    if workers is None and engine in ("threads", "processes"):
        workers = cpu_count()
    where = engine_of(engine, workers, scheduler, engine_option, out=out)
    if dry_run:
        finish("threshold", study.described(), threshold_plan(study), as_json=json)
        return
    with output_folder(out, trials=True) as folder:
        with (
            failed_searches(folder),
            Progress() as progress,
            contextlib.redirect_stdout(sys.stderr),
        ):  # trials may print
            result = search(
                **dict(study), out=folder, engine=where, notice=note, max_seconds=max_seconds,
                on_progress=lambda label, state: progress.say(f"{label}: {state}"),
            )  # fmt: skip
        finish("threshold", study.described(), result, as_json=json, folder=folder)
