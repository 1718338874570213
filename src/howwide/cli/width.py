"""``howwide width``: the minimal width against n; ``howwide width compare``: how two of them compare."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from howwide.cli.engine_options import EngineName, EngineOptions, Scheduler, Workers, engine_of
from howwide.cli.options import DryRun, Json, MaxSeconds, Out, check_device, output_folder
from howwide.cli.output import Progress, failed_searches, finish, note
from howwide.cli.record_options import given_settings, with_options
from howwide.errors import DataError, SettingError
from howwide.width.config import StudyFile, read_config

if TYPE_CHECKING:
    from howwide.data import Dataset
    from howwide.results.width import PublishedCurve, WidthResult
    from howwide.sweep import Engine

__all__ = ["Reference", "app", "plan_study", "run_study"]

EXAMPLES = """\b
Examples:
  howwide width --data digits:even/odd --n 100,200,400 --steps 2000 --out digits
  howwide width --data cifar.npz --depth 5 --n 100,200,500 --target zero-error --steps 5000 --json
  howwide width --config examples/digits.toml --out digits
  howwide width --data digits:even/odd --n 400 --steps 500,1000,2000 --label-noise 0,0.1 --dry-run
  howwide width --data digits:even/odd --n 100,400 --depth 3,5 --steps 500,2000 --out frontier
  howwide width --data cifar.npz:3/5 --n 100,200,400 --reference chen2021-cat-dog --out figure
  howwide width --data digits:even/odd --n 200 --algorithm minibatch --batch-size 32 --scaling centred
  howwide width compare true-labels random-labels"""

COMPARE_EXAMPLES = """\b
Examples:
  howwide width compare true-labels random-labels
  howwide width compare digits --by depth --json"""

app = typer.Typer(rich_markup_mode=None, no_args_is_help=False)

Config = Annotated[Path | None, typer.Option("--config", help="TOML file with these options as keys, - written _.")]

AcceptVersions = Annotated[
    bool, typer.Option("--accept-versions", help="Go on in a folder that other versions of JAX or NumPy began.")
]
Reference = Annotated[
    str | None,
    typer.Option("--reference", help="Compare with a published curve: its name, or a CSV file with columns n, width."),
]


@app.callback(invoke_without_command=True, epilog=EXAMPLES)
@with_options(StudyFile, "data", "n", "depth", "target", "steps")
def width(
    context: typer.Context,
    config: Config = None,
    reference: Reference = None,
    engine: EngineName = "threads",
    workers: Workers = None,
    scheduler: Scheduler = None,
    engine_option: EngineOptions = None,
    dry_run: DryRun = False,
    max_seconds: MaxSeconds = None,
    accept_versions: AcceptVersions = False,
    json: Json = False,
    out: Out = None,
    **_: object,
) -> None:
    """Find the minimal width that reaches the target, against the sample size, with intervals."""
    if context.invoked_subcommand is not None:
        sources = {name: context.get_parameter_source(name) for name in context.params}
        if given := [name for name, source in sources.items() if source is not None and source.name == "COMMANDLINE"]:
            option = f"--{given[0].replace('_', '-')}"
            raise SettingError(
                f"{option} belongs to width without {context.invoked_subcommand}; leave it out before it"
            )
        return
    settings = _merged(given_settings(StudyFile, context), config)
    try:
        study = StudyFile(**settings)
    except SettingError as error:
        raise SettingError(f"{config or 'the options'}: {error}") from None
    where = engine_of(engine, workers, scheduler, engine_option, out=out)
    published = None
    if reference is not None:
        from howwide.width.reference import read_published

        published = read_published(reference, study.n)
    if dry_run:
        plan_study("width", study, json=json)
    else:
        run_study(
            "width", study, published=published, engine=where, max_seconds=max_seconds,
            accept_versions=accept_versions, json=json, out=out,
        )  # fmt: skip


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


def plan_study(verb: str, study: StudyFile, *, json: bool) -> None:
    """Load the data, and print what the search may cost."""
    from howwide.width import study_cost

    ds = load_data(study)
    finish(verb, study.described(), study_cost(study, ds), ds=ds, as_json=json)


def run_study(
    verb: str,
    study: StudyFile,
    *,
    published: "PublishedCurve | None" = None,
    engine: "Engine | None" = None,
    max_seconds: float | None = None,
    accept_versions: bool = False,
    json: bool,
    out: Path | None,
) -> None:
    """Load the data, search, and save and print what was found, beside a published curve if there is one."""
    from howwide.width import search
    from howwide.width.reference import with_reference

    ds = load_data(study)
    with output_folder(out, trials=True) as folder:
        with failed_searches(folder), Progress() as progress:
            result = search(
                ds, study, out=folder, engine=engine, notice=note, max_seconds=max_seconds,
                accept_versions=accept_versions,
                on_progress=lambda label, state: progress.say(f"{label}: {state}"),
            )  # fmt: skip
        if published is not None:
            result = with_reference(result, published)
        finish(verb, study.described(), result, ds=ds, as_json=json, folder=folder)


def load_data(study: StudyFile) -> "Dataset":
    """The data that a study names, once there is a device to compute on."""
    from howwide.data import load

    check_device()
    return load(study.data, constant=study.constant_coordinate, scaling=study.scaling)


@app.command("compare", epilog=COMPARE_EXAMPLES)
def compare_studies(
    first: Annotated[Path, typer.Argument(metavar="A", help="A folder that width wrote with --out.")],
    second: Annotated[Path | None, typer.Argument(metavar="B", help="Another one.")] = None,
    by: Annotated[
        str | None, typer.Option("--by", help="Without B: compare the values of what A varies, depth or steps, ...")
    ] = None,
    json: Json = False,
    out: Out = None,
) -> None:
    """Say how many times the width of A is needed by B, with intervals, or by each value of an option."""
    from howwide.width._compare import compare

    studies = [_study_in(folder) for folder in (first, second) if folder is not None]
    (result, settings), (other, others) = studies[0], studies[-1]
    paired = settings.get("seed") == others.get("seed")
    found = compare(result, None if second is None else other, by=by, paired=paired, settings=(settings, others))
    with output_folder(out) as folder:
        finish("width compare", {"first": first, "second": second, "by": by}, found, as_json=json, folder=folder)


def _study_in(folder: Path) -> "tuple[WidthResult, dict[str, Any]]":
    """The result of a width study, and its settings."""
    from howwide.report import read
    from howwide.results.width import WidthResult

    if (folder / "study.json").exists() and not (folder / "result.json").exists():
        raise DataError(f"the study in {folder} is not finished; run its command again, which goes on where it stopped")
    document = read(folder)
    if not isinstance(document.result, WidthResult):
        raise DataError(f"{folder} holds a result of {document.verb}; name folders that width wrote with --out")
    return document.result, document.settings
