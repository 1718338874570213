"""A problem of which every fact is known, so that every statement can be evaluated."""

import pytest

from howwide import theory
from howwide.theory import notation
from howwide.theory.magnitude import Magnitude

EVERY_FACT = theory.Problem(
    n=1000,
    input_dim=30,
    depth=6,
    alpha=0.5,
    width=300,
    target_loss=0.1,
    failure_probability=0.01,
    separation_across=0.3,
    separation_all=0.2,
    margin=0.05,
    margin_shallow=0.07,
    margin_features=0.07,
    lambda_min=0.01,
    lambda_min_infinite=0.01,
    lambda_min_shallow=0.01,
    lambda_min_last=0.01,
    radius=40.0,
    network_radius=40.0,
    ntrf_loss=0.1,
    label_complexity=20.0,
    reference_distance=5.0,
    reference_loss=1e-30,
    step_size=1.0,
    num_steps=1000,
    training_loss=0.0,
    initial_output=0.0,
    online_loss=0.1,
    linearization_error=0.1,
    gradient_norm_squared=10.0,
    batch_size=2,
    reference_row_distance=0.01,
    margin_spread=1.0,
    label_complexity_shallow=20.0,
    initial_loss=0.01,
    initial_norm=20.0,
    activation_slope=1.0,
    activation_curvature=1.0,
    bias=1.0,
)


def set_logarithms_to_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Logarithms are 1 in every formula, also where a width stands on both sides of its condition."""
    value = notation.Node.value

    def plain(node: notation.Node, letters: notation.Letters) -> Magnitude:
        return Magnitude(0.0) if node.function is notation.log else value(node, letters)

    monkeypatch.setattr(notation.Node, "value", plain)
    monkeypatch.setattr(notation, "where_exceeds_polylog", lambda factor, power: factor)
