"""``howwide demo``: the main job on real data that ship with scikit-learn."""

from pathlib import Path
from typing import Annotated

import typer

from howwide.cli.options import Json, Seed, read_sizes
from howwide.cli.width import Trials, run_width

__all__ = ["EXAMPLES", "demo"]

EXAMPLES = """\b
Examples:
  howwide demo
  howwide demo --out my-demo --trials 400"""


def demo(
    n: Annotated[str, typer.Option("--n", help="Sample sizes, separated by commas.")] = "50,100,200,400,800",
    trials: Trials = 200,
    seed: Seed = 0,
    json: Json = False,
    out: Annotated[Path, typer.Option("--out", help="Folder for results, figures and report.html.")] = Path("demo"),
) -> None:
    """Handwritten digits, even against odd: how wide must a network of depth 5 be, as the sample grows?"""
    settings = {
        "data": "digits:even/odd",
        "n": read_sizes(n),
        "depth": 5,
        "target": "zero-error",
        "steps": 2000,
        "trials": trials,
        "precision": 1.5,
        "seed": seed,
    }
    run_width("demo", settings, "the demo", engine="threads", workers=None, json=json, out=out)
