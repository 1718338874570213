"""``howwide demo``: the main job on real data that ship with scikit-learn."""

from pathlib import Path
from typing import Annotated

import typer

from howwide.cli.options import Json, Seed, read_sizes
from howwide.cli.width import Seeds, Sizes, run_width

__all__ = ["EXAMPLES", "demo"]

EXAMPLES = """\b
Examples:
  howwide demo
  howwide demo --out my-demo --seeds 32"""


def demo(
    n: Sizes = "50,100,200,400,800",
    seeds: Seeds = 12,
    seed: Seed = 0,
    json: Json = False,
    out: Annotated[Path, typer.Option("--out", help="Folder for results, figures and report.html.")] = Path("demo"),
) -> None:
    """Handwritten digits, even against odd: how wide must a network of depth 5 be, as the sample grows?"""
    settings = {
        "depth": 5,
        "target": "zero-error",
        "steps": 2000,
        "network": "deep",
        "alpha": 0.5,
        "step_size": "ladder",
    }
    settings |= {
        "loss": "logistic",
        "hidden_constant": 1.0,
        "antisymmetric": False,
        "seeds": seeds,
        "max_width": 1024,
        "seed": seed,
    }
    run_width(
        "demo",
        "digits:even/odd",
        read_sizes(n),
        settings,
        subset="stratified",
        constant=None,
        workers=None,
        json=json,
        out=out,
    )
