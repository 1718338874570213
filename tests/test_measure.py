"""`hw.measure.facts`: the numbers agree with each other and with the parts by themselves."""

import sys
from typing import Any

import jax
import numpy as np
import pytest

import cases
import howwide as hw
import oracles
from howwide.data import Dataset
from howwide.errors import SettingError
from howwide.measure import PARTS, MeasureResult, facts


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return cases.digits(60)


@pytest.fixture(scope="module", params=[hw.DeepReLU(64, 3), hw.FixedHeadReLU(64, 2)], ids=str)
def measured(request: pytest.FixtureRequest, digits: Any) -> tuple[Any, Any, MeasureResult]:
    net = request.param
    weights = net.init(jax.random.key(0), digits.d)
    return net, weights, facts(net, weights, digits.x, digits.y, radii=[1, 4], eps=[0.3, 0.1])


def test_everything_is_measured_and_certified(measured: tuple[Any, Any, MeasureResult]) -> None:
    found = measured[2]
    assert found.notes == []
    assert list(found.seconds) == list(PARTS)
    for name in MeasureResult.model_fields:
        value = getattr(found, name)
        assert value is not None, name
        if hasattr(value, "upper"):
            assert value.lower <= value.upper, name


def test_the_numbers_agree_with_each_other(measured: tuple[Any, Any, MeasureResult]) -> None:
    net, _, found = measured
    layers = net.depth
    gamma, per_layer, loss = found.margin, found.margin_per_layer, found.ntrf
    assert gamma
    assert per_layer
    assert loss
    assert found.margin_bounds
    assert found.lambda_max
    assert found.initial
    assert found.trace
    assert found.margin_shallow
    assert found.margin_bounds.lower <= gamma.upper
    assert gamma.lower <= found.margin_bounds.upper
    assert gamma.lower <= per_layer.upper
    assert per_layer.lower <= np.sqrt(layers) * gamma.upper
    assert found.trace >= found.lambda_max.lower
    assert found.initial.loss >= loss[0].upper >= loss[1].lower
    for point in found.radius_for:
        assert point.upper is not None
        for radius, lower, upper in ((p.radius, p.lower, p.upper) for p in loss):
            assert radius >= point.lower or upper >= point.eps * (1 - 1e-9)
            assert radius <= point.upper or lower <= point.eps * (1 + 1e-9)
    for witness, point in zip(found.network_radius_for, found.radius_for, strict=True):
        assert witness.upper is None or witness.upper > 0
        assert witness.eps == point.eps


def test_the_kernels_have_the_theorys_scale(measured: tuple[Any, Any, MeasureResult], digits: Any) -> None:
    net, weights, found = measured
    kernel = hw.tangent.gram(net, weights, digits.x) / net.gradient_scale**2
    values = np.linalg.eigvalsh(kernel)
    assert found.lambda_min
    assert found.lambda_max
    assert found.lambda_min.lower <= values[0] * (1 + 1e-9)
    assert found.lambda_max.upper >= values[-1] * (1 - 1e-9)
    assert found.spectra["finite"].to_numpy() == pytest.approx(values, rel=1e-6)
    limit = np.linalg.eigvalsh(hw.tangent.infinite_gram(net, digits.x))
    assert found.spectra["infinite"].to_numpy() == pytest.approx(limit, rel=1e-6)


def test_only_what_is_asked_for(digits: Any) -> None:
    net = hw.DeepReLU(16, 3)
    lines: list[str] = []
    found = facts(
        net, net.init(jax.random.key(0), digits.d), digits.x, digits.y, parts=("separation",), say=lines.append
    )
    distances = hw.measure.separation(digits.x, digits.y)
    assert found.separation
    assert (found.separation.across, found.separation.all) == (distances.across, distances.all)
    assert (found.margin, found.lambda_min, found.ntrf, found.radius_for) == (None, None, (), ())
    assert len(lines) == 1


def test_small_and_odd_samples() -> None:
    """One example; one class; a row with both labels; unequal widths: a status or a note, never an exception."""
    net, x = hw.DeepReLU(16, 3), oracles.examples(5, 4)[0]
    weights = oracles.start(net, 4)
    alone = facts(net, weights, x[:1], [1], radii=[1], eps=[0.1])
    assert alone.separation is None
    assert "two examples" in alone.notes[0]
    assert alone.margin
    assert alone.margin.lower > 0
    assert facts(net, weights, x, np.ones(5), radii=[1], eps=[0.1]).separation.across is None  # type: ignore[union-attr]
    twice = facts(net, weights, np.concatenate([x, x[:1]]), [1, -1, 1, 1, -1, -1], radii=[1], eps=[0.1])
    assert twice.margin
    assert (twice.margin.lower, str(twice.margin.status)) == (0, "not_separable")
    assert str(twice.radius_for[0].status) == "unreachable"
    assert twice.radius_for[0].model_dump() == {"eps": 0.1, "lower": None, "upper": None, "status": "unreachable"}
    uneven = hw.FixedHeadReLU((6, 4))
    found = facts(uneven, oracles.start(uneven, 4), x, [1, -1, 1, 1, -1], radii=[1], eps=[0.5])
    assert found.margin_infinite is None
    assert "equal hidden widths" in found.notes[0]


def test_what_is_too_large_is_left_out_with_a_word(digits: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    module = sys.modules["howwide.measure.facts"]
    for name in ("LARGEST_KERNEL", "LARGEST_SHALLOW", "LARGEST_PER_LAYER", "LARGEST_NETWORK"):
        monkeypatch.setattr(module, name, 50)
    net = hw.DeepReLU(32, 3)
    found = facts(net, net.init(jax.random.key(0), digits.d), digits.x, digits.y, radii=[1], eps=[0.3])
    assert len(found.notes) == 5
    assert all("beyond n = 50" in line for line in found.notes)
    assert found.network_radius_for == ()
    assert found.margin
    assert found.margin.lower > 0
    assert found.lambda_max
    assert found.spectra.empty
    assert found.lambda_max.level < 1


@pytest.mark.parametrize(
    "change", [{"parts": ("nosuch",)}, {"tolerance": 0}, {"radii": [-1]}, {"eps": [0]}, {"dtype": "int8"}], ids=str
)
def test_misuse_is_told_before_anything_is_measured(change: dict[str, Any], digits: Any) -> None:
    net = hw.DeepReLU(8, 2)
    lines: list[str] = []
    with pytest.raises(SettingError):
        facts(net, net.init(jax.random.key(0), digits.d), digits.x, digits.y, say=lines.append, **change)
    assert lines == []
