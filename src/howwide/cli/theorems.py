"""``howwide theorems``: the statements, and what they say of your data."""

from pathlib import Path
from typing import Annotated, Any

import typer

from howwide.cli.options import (
    ConstantCoordinate,
    Depth,
    DryRun,
    Json,
    Out,
    Seed,
    Subset,
    check_device,
    output_folder,
    read_sizes,
    settings_of,
    stratified,
)
from howwide.cli.output import Progress, failed_searches, finish
from howwide.errors import SettingError

__all__ = ["app"]

app = typer.Typer(help="The theorems, and what they say of your data.", rich_markup_mode=None, no_args_is_help=False)

LIST_EXAMPLES = """\b
Examples:
  howwide theorems list
  howwide theorems list --about chen --gives step_size
  howwide theorems list --network fixed-head --since 2020 --json"""

SHOW_EXAMPLES = """\b
Example:
  howwide theorems show chen-cao-zou-gu/iclr2021/thm-3.3"""

LINEAGE_EXAMPLES = """\b
Examples:
  howwide theorems lineage
  howwide theorems lineage --out lineage"""

COMPARE_EXAMPLES = """\b
Examples:
  howwide theorems compare --data digits:even/odd --n 200 --depth 5 --target-loss 0.1
  howwide theorems compare --data digits:even/odd --n 100,200,400 --measure-width --out gaps
  howwide theorems compare --table paper"""


@app.command("list", epilog=LIST_EXAMPLES)
def list_theorems(
    context: typer.Context,
    about: Annotated[str | None, typer.Option("--about", help="Text in the id, the title or the authors.")] = None,
    network: Annotated[
        str | None, typer.Option("--network", help="deep, fixed-head, antisymmetric, or other (not in this library).")
    ] = None,
    algorithm: Annotated[str | None, typer.Option("--algorithm", help="gd, one_pass_sgd or minibatch_sgd.")] = None,
    loss: Annotated[str | None, typer.Option("--loss", help="logistic or square.")] = None,
    gives: Annotated[
        str | None, typer.Option("--gives", help="width, step_size, num_steps, training_loss, test_error, ...")
    ] = None,
    since: Annotated[int | None, typer.Option("--since", help="First year.")] = None,
    until: Annotated[int | None, typer.Option("--until", help="Last year.")] = None,
    json: Json = False,
) -> None:
    """The statements, by id, year and title; all of them, or those that pass the filters."""
    from howwide.theorems.catalogue import overview

    filters = settings_of(context)
    finish("theorems list", filters, overview(**filters), as_json=json)


@app.command("show", epilog=SHOW_EXAMPLES)
def show(
    id: Annotated[str, typer.Argument(metavar="ID", help="An id, as in theorems list.")], json: Json = False
) -> None:
    """One statement: what it assumes and gives, how that is known, its gaps, and the paper in BibTeX."""
    from howwide.theorems import catalogue

    finish("theorems show", {"id": id}, catalogue.show(id), as_json=json)


@app.command("lineage", epilog=LINEAGE_EXAMPLES)
def show_lineage(
    json: Json = False,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for the drawing, its page and result.json.")] = None,
) -> None:
    """Which statement improves on which: a tree, and with --out a drawing."""
    from howwide.theorems.catalogue import lineage_result

    with output_folder(out) as folder:
        finish("theorems lineage", {}, lineage_result(), as_json=json, folder=folder)


@app.command("compare", epilog=COMPARE_EXAMPLES)
def compare(
    context: typer.Context,
    data: Annotated[str | None, typer.Option("--data", help="Data SPEC, as in data list; not with --table.")] = None,
    n: Annotated[str | None, typer.Option("--n", help="Sample sizes; several give exponents.")] = None,
    depth: Depth = 5,
    width: Annotated[int, typer.Option("--width", help="m, the width at hand.")] = 512,
    alpha: Annotated[float, typer.Option("--alpha", help="Output scale width^alpha of deep, in (0, 1/2].")] = 0.5,
    target_loss: Annotated[float, typer.Option("--target-loss", help="eps, the loss that is asked for.")] = 0.1,
    delta: Annotated[float, typer.Option("--delta", help="Probability with which a guarantee may fail.")] = 0.05,
    hidden_constant: Annotated[
        float, typer.Option("--hidden-constant", help="For the constants that the papers hide.")
    ] = 1.0,
    about: Annotated[str | None, typer.Option("--about", help="Only statements with this text, as in list.")] = None,
    printed: Annotated[
        str | None,
        typer.Option("--table", help="paper: the rows of the paper's Table 1 beside our entries; no data are needed."),
    ] = None,
    measure_width: Annotated[
        bool, typer.Option("--measure-width", help="Search the minimal width at every n, as howwide width does.")
    ] = False,
    target: Annotated[str, typer.Option("--target", help="Of that search: zero-error, or loss<=EPS.")] = "zero-error",
    steps: Annotated[int, typer.Option("--steps", help="Of that search: budget of gradient steps.")] = 2000,
    max_width: Annotated[int, typer.Option("--max-width", help="Of that search: no width beyond this.")] = 1024,
    trials: Annotated[int, typer.Option("--trials", help="Of that search: trials at every n, at most.")] = 400,
    subset: Subset = "stratified",
    constant_coordinate: ConstantCoordinate = None,
    seed: Seed = 0,
    dry_run: DryRun = False,
    json: Json = False,
    out: Out = None,
) -> None:
    """Measure the facts of your data, and judge every theorem by them: width, steps, test bound, and the gap."""
    if printed is not None:
        if printed != "paper":
            raise SettingError(f"--table knows one table, paper; got {printed!r}")
        if data is not None:
            raise SettingError("--table paper is about the theorems, not about data: leave --data out")
        if dry_run:
            raise SettingError("--table paper computes nothing whose cost could be said before: leave --dry-run out")
        from howwide.theorems.paper_table import paper_table

        with output_folder(out) as folder:
            finish("theorems compare", {"table": printed}, paper_table(), as_json=json, folder=folder)
        return
    if data is None:
        raise SettingError("--data is missing: name your data, or ask for the paper's own table with --table paper")
    settings = settings_of(context, "printed", "dry_run")
    plain, sizes = stratified(subset), None if n is None else read_sizes(n)

    from howwide.checks import check_count, check_positive, check_probability, check_seed
    from howwide.data import load
    from howwide.theorems import compare as run
    from howwide.theorems.catalogue import memorisation, theorems
    from howwide.training import check_step_size, parse_target

    check_seed(seed)  # what does not depend on the data is refused before they are loaded
    check_positive(target_loss, "the target loss")
    check_probability(delta, "delta")
    check_step_size("theory", hidden_constant)
    parse_target(target)
    for name in ("steps", "max_width", "trials"):
        check_count(settings[name], name, 1)
    chosen, beside = theorems(about=about), memorisation(about)
    if not chosen and not beside:
        raise SettingError(f"no statement has the text {about!r}; see howwide theorems list")
    check_device()
    ds = load(data, constant=constant_coordinate)
    asked: dict[str, Any] = {
        "n": sizes, "depth": depth, "width": width, "alpha": alpha, "target_loss": target_loss,
        "failure_probability": delta, "measure_width": measure_width, "target": target, "steps": steps,
        "max_width": max_width, "trials": trials, "stratified": plain, "seed": seed,
    }  # fmt: skip
    if dry_run:
        from howwide.theorems._compare import compare_plan

        finish("theorems compare", settings, compare_plan(ds, **asked), ds=ds, as_json=json)
        return
    with output_folder(out, trials=measure_width) as folder:
        with failed_searches(), Progress(every=0) as progress:
            result = run(
                ds, **asked, theorems=chosen, memorisation=beside, hidden_constant=hidden_constant,
                out=folder if measure_width else None, say=progress.say,
            )  # fmt: skip
        finish("theorems compare", settings, result, ds=ds, as_json=json, folder=folder)
