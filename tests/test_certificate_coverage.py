"""The simulation of coverage: its laws have the risks that it says, and what must fail in it fails."""

import importlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import jax
import numpy as np
import pytest

from howwide import DeepReLU
from howwide.training import one_pass_sgd

Load = Callable[[str], ModuleType]


@pytest.fixture(scope="module")
def benchmark() -> Iterator[Load]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [*sys.path, str(Path(__file__).parent.parent / "benchmarks")])
        yield importlib.import_module


def test_an_output_of_zero_is_a_mistake_under_either_label(benchmark: Load) -> None:
    population = benchmark("finite_population").Population(np.zeros((4, 1)), np.array([1.0, 0.9, 0.5, 0.2]))
    outputs = np.array([[1.0, 1.0, -1.0, 1.0], [0.0, 0.0, 0.0, 0.0], [2.0, -3.0, 4.0, -5.0]])
    np.testing.assert_allclose(population.risk(outputs), [1.4 / 4, 1.0, 1.6 / 4])


def test_the_shares_of_a_sample_are_those_of_the_population(benchmark: Load) -> None:
    """Half-widths of five standard errors."""
    random = np.random.default_rng(0)
    population = benchmark("finite_population").half_space(10, 3, 0.1, random, origin=0.3)
    chosen, y = population.sample(20_000, random)
    assert (~population.x.any(axis=1)).sum() == 3
    for point, positive in enumerate(population.positive):
        labels = y[chosen == point]
        assert abs(labels.size / 20_000 - 0.1) < 5 * (0.09 / 20_000) ** 0.5
        assert abs((labels > 0).mean() - positive) < 5 * (0.09 / labels.size) ** 0.5


@pytest.mark.parametrize("constant", [4.0, 64.0])
def test_the_replay_of_a_pass_is_the_pass(benchmark: Load, constant: float) -> None:
    """Margins, and risks at every iterate, of the library's own snapshots."""
    passes, finite = benchmark("network_passes"), benchmark("finite_population")
    law = passes.Law("a few", 12, width=8, depth=3, constant=constant)
    random = np.random.default_rng(0)
    population = finite.half_space(20, law.dimension, 0.1, random)
    net, chosen, y = DeepReLU(8, 3), *population.sample(law.n, random)
    start = net.init(jax.random.key(0), law.dimension, dtype="float64")
    run = one_pass_sgd(
        net, start, population.x[chosen], y, hidden_constant=constant, snapshots=range(law.n), key=jax.random.key(1)
    )
    starts = [np.asarray(w)[None] for w in start]
    margins, risks = passes.replay(law, starts, population.x[chosen][None], y[None], population)
    np.testing.assert_allclose(margins[0], run.online_margins, rtol=1e-9)
    known = [population.risk(np.asarray(net.apply(run.snapshots[t], population.x))) for t in range(law.n)]
    np.testing.assert_allclose(risks[0], known, atol=1e-12)


def test_a_replay_that_went_astray_gives_way_to_the_kept_weights(
    benchmark: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    passes = benchmark("network_passes")
    law = passes.Law("a few", 12, width=8, depth=3)
    wanted = passes.outcomes.__wrapped__(law, 3)
    monkeypatch.setattr(passes, "_TRUST", -1.0)
    with pytest.raises(ArithmeticError, match="a few"):
        passes.outcomes.__wrapped__(law, 3)
    monkeypatch.setattr(passes, "_ASTRAY", 1.0)
    for name, found in passes.outcomes.__wrapped__(law, 3).items():
        np.testing.assert_allclose(found, wanted[name], atol=1e-12)


def test_a_start_that_knows_the_sample_is_found_out_and_another_is_not(benchmark: Load) -> None:
    """Twenty passes over fair coins: a valid bound misses 8 of 20 with probability below 1e-5."""
    passes = benchmark("network_passes")
    leaked = passes.LAWS[-1]
    for law, must_fail in ((leaked, True), (replace(leaked, leak=False), False)):
        found = passes.outcomes(law, 20)
        for name in ("snapshot_suffix", "progressive_validation"):
            values, risks = found[name]
            assert set(risks) == {0.5}
            assert (int((values < risks).sum()) > 15) == must_fail
            assert must_fail or int((values < risks).sum()) < 8


def test_a_betting_limit_holds_where_the_risk_stands_still_and_fails_where_it_rises(benchmark: Load) -> None:
    """Forty sequences: a limit that errs with probability 0.05 misses more than 10 with probability below 1e-5."""
    constant, rising = [s for s in benchmark("betting").scenarios() if s.certificate.startswith("betting")]
    missed = [int(np.less(*s.simulate(40, np.random.default_rng(0))).sum()) for s in (constant, rising)]
    assert missed[0] <= 10
    assert missed[1] >= 38
    assert (constant.control, rising.control) == (False, True)


def test_every_row_of_the_table_is_named_once_and_controls_are_marked(benchmark: Load) -> None:
    table = benchmark("certificate_coverage")
    scenarios = [s for source in table.SOURCES for s in source()]
    assert len({(s.certificate, s.law) for s in scenarios}) == len(scenarios)
    assert {s.certificate for s in scenarios if s.control} == {
        "betting (not offered)",
        "snapshot_suffix",
        "progressive_validation",
        "pac_bayes",
    }
    promised = {"snapshot_suffix", "progressive_validation", "online_to_batch", "pac_bayes", "rademacher", "transfer"}
    assert promised | {"holdout"} <= {s.certificate for s in scenarios if not s.control}


def test_a_row_that_fails_where_it_must_is_as_it_should_be(benchmark: Load) -> None:
    table, scenario = benchmark("certificate_coverage"), benchmark("scenario")
    wrong = scenario.Scenario("none", "all below", lambda count, random: (np.zeros(count), np.ones(count)))
    row = table.measured(wrong, 100)
    assert (row["violations"], row["mean_value"], row["mean_risk"], row["holds"]) == (100, 0.0, 1.0, False)
    assert not table.as_it_should(row)
    assert "FAILS" in table.line(row)
    assert table.as_it_should(table.measured(replace(wrong, control=True), 100))
