"""``howwide demo``: the main job on real data that ship with scikit-learn."""

from pathlib import Path
from typing import Annotated

import typer

from howwide.cli.options import DryRun, Json, Seed, read_sizes
from howwide.cli.width import plan_study, run_study
from howwide.width.config import StudyFile

__all__ = ["EXAMPLES", "demo"]

EXAMPLES = """\b
Examples:
  howwide demo
  howwide demo --out my-demo --trials 400"""


def demo(
    n: Annotated[str, typer.Option("--n", help="Sample sizes, separated by commas.")] = "50,100,200,400,800",
    trials: Annotated[int, typer.Option("--trials", help=StudyFile.model_fields["trials"].description)] = 400,
    seed: Seed = 0,
    dry_run: DryRun = False,
    json: Json = False,
    out: Annotated[Path, typer.Option("--out", help="Folder for results, figures and report.html.")] = Path("demo"),
) -> None:
    """Handwritten digits, even against odd: how wide must a network of depth 5 be, as the sample grows?"""
    sizes = tuple(read_sizes(n))
    study = StudyFile(data="digits:even/odd", n=sizes, steps=(2000,), trials=trials, precision=1.5, seed=seed)
    if dry_run:
        plan_study("demo", study, json=json)
        return
    run_study("demo", study, json=json, out=out)
