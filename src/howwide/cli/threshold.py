"""``howwide threshold``: the least size at which a trial of your own succeeds."""

from typing import Annotated

import typer

from howwide.cli.options import Json, Out, output_folder
from howwide.cli.output import Progress, failed_searches, finish, note
from howwide.cli.record_options import given_settings, with_options
from howwide.errors import SettingError
from howwide.sweep import ENGINES
from howwide.width import ThresholdStudy

__all__ = ["EXAMPLES", "threshold"]

EXAMPLES = """\b
Examples:
  howwide threshold --trial examples.mlp_digits:trial --unit "hidden units"
  howwide threshold --trial mine:trial --sizes 8:512:8 --quantiles 0.9 --out mine
  howwide threshold --trial mine:trial --sizes 100,200,400,800,1600 --unit examples --json"""

Where = Annotated[str, typer.Option("--engine", help=f"Where trials run: {' or '.join(ENGINES)}.")]
Workers = Annotated[int | None, typer.Option("--workers", min=1, help="How many; one a core by default.")]


@with_options(ThresholdStudy, "trial", "sizes", "quantiles", "unit")
def threshold(
    context: typer.Context,
    engine: Where = "processes",
    workers: Workers = None,
    json: Json = False,
    out: Out = None,
    **_: object,
) -> None:
    """Find the least size (width, rank, units, examples) at which your own trial succeeds, with an interval."""
    from joblib import cpu_count

    from howwide.sweep import make_engine
    from howwide.width import threshold as search

    try:
        study = ThresholdStudy(**given_settings(ThresholdStudy, context))
    except SettingError as error:
        raise SettingError(f"the options: {error}") from None
    place = make_engine(engine, workers or cpu_count())
    with output_folder(out, trials=True) as folder:
        with failed_searches(folder), Progress() as progress:
            result = search(
                **dict(study), out=folder, engine=place, notice=note,
                on_progress=lambda label, state: progress.say(f"{label}: {state}"),
            )  # fmt: skip
        finish("threshold", study.described(), result, as_json=json, folder=folder)
