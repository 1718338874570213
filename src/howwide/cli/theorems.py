"""``howwide theorems``: the statements, and what they say of your data."""

from pathlib import Path
from typing import Annotated, Any

import typer

from howwide.cli.options import (
    ConstantCoordinate,
    Depth,
    Json,
    Out,
    Seed,
    Subset,
    check_device,
    output_folder,
    read_sizes,
    stratified,
)
from howwide.cli.output import Progress, emit, note
from howwide.cli.theorem_tables import aligned, comparison_tables, paper_tables
from howwide.errors import SettingError
from howwide.files import write_atomically
from howwide.numbers import to_json_types
from howwide.results import CompareResult, Document, LineageResult, PaperTableResult, TheoremListResult, TheoremResult

__all__ = ["app"]

app = typer.Typer(help="The theorems, and what they say of your data.", rich_markup_mode=None, no_args_is_help=False)

_FAILED = 1

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
    from howwide import theory
    from howwide.theorems.catalogue import memorisation, row, theorems

    filters = {
        "about": about, "network": network, "algorithm": algorithm, "loss": loss, "gives": gives, "since": since,
        "until": until,
    }  # fmt: skip
    found = theorems(**filters)  # type: ignore[arg-type]
    partly = theory.incomplete() if not any(v is not None for v in filters.values()) else ()
    beside = memorisation(about) if all(v is None for name, v in filters.items() if name != "about") else ()
    result = {
        "theorems": [row(t) for t in found],
        "incomplete": [row(t) for t in partly],
        "memorisation": [row(m) for m in beside],
    }
    document = Document(
        verb="theorems list",
        settings=to_json_types(filters),
        data=None,
        result=TheoremListResult.model_validate(to_json_types(result)),
        warnings=[],
    )
    columns = ["year", "id", "title"]
    tables: list[Any] = [aligned(columns, [(str(t.year), t.id, t.title) for t in found])]
    if not found and not beside:
        tables = ["No statement passes these filters; howwide theorems list without them names all."]
    if partly:
        rows = [(str(t.reference.year), t.id, t.title) for t in partly]
        tables.append(f"\nKnown only in part\n{aligned(columns, rows)}")
    if beside:
        rows = [(str(m.year), m.id, m.title) for m in beside]
        tables.append(f"\nMemorisation: weights that fit exist; nothing is said of training\n{aligned(columns, rows)}")
    emit(document, tables, as_json=json)


@app.command("show", epilog=SHOW_EXAMPLES)
def show(
    id: Annotated[str, typer.Argument(metavar="ID", help="An id, as in theorems list.")], json: Json = False
) -> None:
    """One statement: what it assumes and gives, how that is known, its gaps, and the paper in BibTeX."""
    from howwide.theorems.catalogue import describe, find

    entry = find(id)
    text = describe(entry)
    result = {"theorem": to_json_types(entry.as_dict()), "text": text, "bibtex": entry.reference.bibtex}
    document = Document(
        verb="theorems show", settings={"id": id}, data=None, result=TheoremResult(**result), warnings=[]
    )
    emit(document, [text], as_json=json)


@app.command("lineage", epilog=LINEAGE_EXAMPLES)
def show_lineage(
    json: Json = False,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for lineage.svg and result.json.")] = None,
) -> None:
    """Which statement improves on which: a tree, and with --out a drawing."""
    from howwide.theorems.catalogue import lineage, lineage_text

    text = lineage_text()
    document = Document(
        verb="theorems lineage",
        settings={},
        data=None,
        result=LineageResult(edges=list(lineage()), text=text),
        warnings=[],
    )
    with output_folder(out) as folder:
        if folder is not None:
            from howwide.figures import plot_lineage
            from howwide.figures.style import to_svg

            write_atomically(folder / "result.json", document.to_json())
            write_atomically(folder / "lineage.svg", to_svg(plot_lineage(), "lineage"))
            note(f"wrote {folder / 'lineage.svg'}")
        emit(document, [text], as_json=json)


@app.command("compare", epilog=COMPARE_EXAMPLES)
def compare(
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
    json: Json = False,
    out: Out = None,
) -> None:
    """Measure the facts of your data, and judge every theorem by them: width, steps, test bound, and the gap."""
    if printed is not None:
        return _compare_paper(printed, data, json, out)
    if data is None:
        raise SettingError("--data is missing: name your data, or ask for the paper's own table with --table paper")
    settings = {
        "data": data, "n": n, "depth": depth, "width": width, "alpha": alpha, "target_loss": target_loss,
        "delta": delta, "hidden_constant": hidden_constant, "about": about, "measure_width": measure_width,
        "target": target, "steps": steps, "max_width": max_width, "trials": trials, "subset": subset,
        "constant_coordinate": constant_coordinate, "seed": seed,
    }  # fmt: skip
    plain, sizes = stratified(subset), None if n is None else read_sizes(n)

    from howwide.data import load
    from howwide.theorems.catalogue import memorisation, theorems
    from howwide.theorems.comparison import compare as run
    from howwide.theorems.record import comparison_record
    from howwide.width import SearchError

    _check(settings)
    chosen, beside = theorems(about=about), memorisation(about)
    if not chosen and not beside:
        raise SettingError(f"no statement has the text {about!r}; see howwide theorems list")
    check_device()
    ds = load(data, constant=constant_coordinate)
    with output_folder(out) as folder:
        with Progress(every=0) as progress:
            try:
                found = run(
                    ds, n=sizes, depth=depth, width=width, alpha=alpha, target_loss=target_loss, theorems=chosen,
                    memorisation=beside, failure_probability=delta, hidden_constant=hidden_constant,
                    measure_width=measure_width, target=target, steps=steps, max_width=max_width, trials=trials,
                    stratified=plain, seed=seed, say=progress.say,
                )  # fmt: skip
            except SearchError as error:
                note(f"howwide: the run failed: {error}")
                raise typer.Exit(_FAILED) from None
        document = Document(
            verb="theorems compare",
            settings=to_json_types(settings),
            data=to_json_types(ds.describe(separation=False)),
            result=CompareResult.model_validate(to_json_types(comparison_record(found))),
            warnings=list(dict.fromkeys([*ds.notes, *(note for m in found.measured for note in m.notes)])),
        )
        if folder is not None:  # before printing: a closed pipe must not lose the work
            from howwide.report import save_comparison

            note(f"wrote {save_comparison(folder, document)}")
        emit(document, comparison_tables(document), as_json=json)


def _compare_paper(printed: str, data: str | None, json: bool, out: Path | None) -> None:
    """The table that a paper prints, beside what the catalogue says of the same theorems."""
    if printed != "paper":
        raise SettingError(f"--table knows one table, paper; got {printed!r}")
    if data is not None:
        raise SettingError("--table paper is about the theorems, not about data: leave --data out")
    from howwide.theorems.paper_table import paper_table_record

    document = Document(
        verb="theorems compare",
        settings={"table": printed},
        data=None,
        result=PaperTableResult.model_validate(to_json_types(paper_table_record())),
        warnings=[],
    )
    with output_folder(out) as folder:
        if folder is not None:
            from howwide.report import save_comparison

            note(f"wrote {save_comparison(folder, document)}")
        emit(document, paper_tables(document), as_json=json)


def _check(settings: dict[str, Any]) -> None:
    """Refuse what does not depend on the data, before they are loaded."""
    from howwide.checks import check_count, check_positive, check_probability, check_seed
    from howwide.training import check_step_size, parse_target

    check_seed(settings["seed"])
    check_positive(settings["target_loss"], "the target loss")
    check_probability(settings["delta"], "delta")
    check_step_size("theory", settings["hidden_constant"])
    parse_target(settings["target"])
    for name in ("steps", "max_width", "trials"):
        check_count(settings[name], name, 1)
