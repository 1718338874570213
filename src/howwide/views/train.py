"""What ``train`` found: how the run ended, and what a theorem promised beside what happened."""

from collections.abc import Iterator, Mapping
from typing import Any

from howwide.errors import DataError
from howwide.figures import plot_distances, plot_test_bound, plot_training
from howwide.numbers import format_number
from howwide.results.train import TrainResult
from howwide.views.blocks import Block, Cell, Column, Figure, Heading, Sentence, Table

__all__ = ["view"]


def view(result: TrainResult, settings: Mapping[str, Any], data: Mapping[str, Any]) -> Iterator[Block]:
    """The run, its curve, the promises of its theorem, and the step sizes that were tried."""
    yield Heading(f"One run on {data.get('name', 'these data')}", level=1)
    if settings:
        words = "{network} network, width {width}, depth {depth}, algorithm {algorithm}.".format(**settings)
        yield Sentence(words, "lead")
    rows: list[tuple[Cell, ...]] = [
        ("status", result.status),
        ("steps", str(result.steps)),
        ("training loss", result.loss),
        ("training error", result.error),
        ("test error", result.test_error),
        (f"step size ({result.step_rule})", result.step_size),
        ("implied hidden constant", result.hidden_constant),
        *((f"distance of layer {i} from its start (Frobenius)", d) for i, d in enumerate(result.distance, 1)),
        *((name.replace("_", " "), value) for name, value in (result.online or {}).items()),
    ]
    yield Table("The run", ["quantity", Column("value", 4)], rows)
    if result.history is not None:
        yield Figure("training", "Loss and error along the run.", lambda: plot_training(result))
    if result.promised:
        yield from _promises(result, result.promised)
    if len(result.attempts) > 1:
        yield Table(
            "Step sizes tried",
            ["rule", Column("step size", 4), "steps", "loss", "error", "status"],
            [(a.rule, a.step_size, a.steps, a.loss, a.error, a.status) for a in result.attempts],
            page_only=True,
        )


def _promises(result: TrainResult, promised: Mapping[str, Any]) -> Iterator[Block]:
    yield Heading("Promised and observed")
    keys = ("what", "promised", "observed", "holds", "note")
    yield Table(
        f"Promised by {promised['theorem']}",
        ["what", Column("promised", 4), Column("observed", 4), "kept", Column("note", wrap=True)],
        [tuple(line[key] for key in keys) for line in promised["lines"]],
    )
    reason = f" ({promised['reason']})" if promised["reason"] else ""
    words = f"Do its conditions hold at this width? Verdict: {promised['words']}{reason}."
    if promised["prediction"]:
        constant = format_number(promised["hidden_constant"])
        words += f" Its numbers are predictions, with {constant} for the constants that are hidden; none is guaranteed."
    yield Sentence(words)
    if result.online is None:
        if result.along is None:
            raise DataError("along.csv, the distances along the run, is missing")
        yield Figure(
            "distances",
            "Distance of every matrix from its start; dashed: the ball of the reference, and how far iterates may go.",
            lambda: plot_distances(result),
        )
        if "bound" in result.along:
            yield Figure(
                "test-bound",
                "Test error along the run and the bound for all t, a prediction; above the line at 1 it says nothing.",
                lambda: plot_test_bound(result),
            )
