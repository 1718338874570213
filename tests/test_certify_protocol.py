"""The certificate protocol: what is drawn, trained, paid for and refused, and how errors fall with the sample."""

import dataclasses
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta
from scipy.stats import t as student_t
from sklearn.linear_model import PoissonRegressor

from howwide import DeepReLU, gradient_descent, one_pass_sgd
from howwide.certify import (
    Certification,
    Plan,
    fit_rate,
    progressive_validation,
    read_losses,
    sample_complexity,
)
from howwide.certify import _certify as protocol
from howwide.certify._sample_complexity import study as sample_size
from howwide.certify.certificates import KINDS, pac_bayes, rademacher
from howwide.certify.procedure.sample import draw_sample
from howwide.certify.procedure.train import DeclaredRun
from howwide.data import Dataset, from_arrays, load
from howwide.errors import DataError, SettingError, ShapeError
from howwide.training import OnlineRun, Run

SMALL: dict[str, Any] = {"width": 8, "depth": 2, "n": 60}


def certify(ds: Dataset, *, n: int | None = None, **settings: Any) -> Certification:
    return protocol.certify(ds, Plan(**settings), n=n)


@pytest.fixture(scope="module")
def digits() -> Dataset:
    """With 60 test rows, so that they share a compilation with the 60 rows of `SMALL`."""
    whole = load("digits:even/odd")
    assert whole.x_test is not None
    assert whole.y_test is not None
    return dataclasses.replace(whole, x_test=whole.x_test[:60], y_test=whole.y_test[:60])


@pytest.fixture(scope="module")
def passed(digits: Dataset) -> Certification:
    return certify(digits, **SMALL)


@pytest.fixture(scope="module")
def descended(digits: Dataset) -> Certification:
    return certify(digits, algorithm="gd", steps=20, **SMALL)


def wrong(net: Any, weights: Any, x: Any, y: Any) -> np.ndarray:
    return ~(y * np.asarray(net.apply(weights, x), float) > 0)


def by_name(found: Certification) -> dict[str, Any]:
    return {c.name: c for c in found.certificates}


REFUSED = {
    "curvature": ({"step_size": "curvature"}, "computed from the sample"),
    "explicit": ({"step_size": "explicit"}, "computed from the sample"),
    "ladder": ({"step_size": "ladder"}, "computed from the sample"),
    "du": ({"step_size": "du", "network": "fixed-head", "depth": 1}, "computed from the sample"),
    "another network's rule": ({"step_size": "li"}, "another network"),
    "no rule": ({"step_size": "fast"}, "chosen without these data"),
    "negative step": ({"step_size": -1.0}, "positive"),
    "number and constants": ({"step_size": 0.1, "step_constant": 2.0}, "no step constant"),
    "number and constant 4": ({"step_size": 0.1, "step_constant": 4.0}, "no step constant"),
    "constant": ({"step_constant": 0.0}, "positive"),
    "no width": ({"width": []}, "at least one"),
    "repeated": ({"width": [8, 8]}, "twice"),
    "algorithm": ({"algorithm": "minibatch"}, "sgd"),
    "dtype": ({"dtype": "float16"}, "float32"),
    "steps": ({"algorithm": "gd", "steps": 0}, "steps"),
    "delta": ({"delta": 0.0}, "strictly between"),
    "delta too small": ({"delta": 5e-324}, "at least 1e-300"),
    "delta in words": ({"delta": "0.05"}, "strictly between"),
    "tuning on all": ({"tune_on": 1.0, "width": [4, 8]}, "void"),
    "tuning on none": ({"tune_on": 0.0, "width": [4, 8]}, "void"),
    "nothing to choose": ({"tune_on": 0.25}, "nothing to choose"),
    "grid": ({"width": list(range(2, 1100))}, "1024"),
    "seed": ({"seed": 2**32}, "seed"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_would_void_a_certificate_is_refused(name: str) -> None:
    wanted, words = REFUSED[name]
    with pytest.raises(SettingError, match=words):
        Plan(**wanted)


def test_examples_are_a_permutation_and_keep_no_share_of_positives(digits: Dataset) -> None:
    whole = draw_sample(digits, None, Plan())
    assert not np.array_equal(whole.x, digits.x)
    assert sorted(map(bytes, whole.x)) == sorted(map(bytes, digits.x))
    shares = {draw_sample(digits, 100, Plan(seed=k)).y.sum() for k in range(12)}
    assert len(shares) > 4


def test_what_was_not_drawn_is_the_test_part_where_there_is_none(digits: Dataset) -> None:
    bare = dataclasses.replace(digits, x_test=None, y_test=None)
    sample = draw_sample(bare, 1000, Plan())
    assert sample.test is not None
    assert not {*map(bytes, sample.x)} & {*map(bytes, sample.test.x)}
    assert len(sample.x) + len(sample.test.x) == digits.n
    assert draw_sample(bare, None, Plan()).test is None
    test = draw_sample(digits, 1000, Plan()).test
    assert test is not None
    assert test.x is digits.x_test


def test_copies_among_the_rows_are_the_users_word(digits: Dataset) -> None:
    twice = np.r_[np.arange(40), np.arange(40)]
    doubled = dataclasses.replace(
        digits, x=digits.x[twice], y=digits.y[twice], x_test=digits.x[30:50], y_test=digits.y[30:50], norms=None
    )
    sample = draw_sample(doubled, None, Plan())
    assert sample.test_copies == 10
    for examples, words in (("drawn", "40 of these rows"), ("kept aside", "10 of the examples kept aside")):
        (told,) = [c for c in sample.conditions(examples) if c.status == "declared"]
        assert words in told.text
    alone = draw_sample(digits, 60, Plan())
    assert alone.conditions("kept aside") == ()
    assert [c.status for c in alone.conditions("pac_bayes")] == ["checked"]


def test_a_pass_is_the_declared_one(digits: Dataset, passed: Certification) -> None:
    """The step size is c/(L m^{2 alpha}), and the run that of `one_pass_sgd` on the sample in its order."""
    net, sample = DeepReLU(8, 2), passed.sample
    key = jax.random.key(0)
    start = net.init(jax.random.fold_in(key, 0), digits.d, dtype="float32")
    run = one_pass_sgd(net, start, sample.x, sample.y, step_size=4 / (2 * 8), key=jax.random.fold_in(key, 1))
    assert isinstance(passed.trained[0].run, OnlineRun)
    np.testing.assert_array_equal(passed.trained[0].run.online_margins, run.online_margins)


def test_certificates_of_a_pass_by_hand(digits: Dataset, passed: Certification) -> None:
    found, trained, sample = by_name(passed), passed.trained[0], passed.sample
    assert list(found) == ["snapshot_suffix", "progressive_validation", "online_to_batch", "holdout"]
    run, net = trained.run, trained.net
    assert isinstance(run, OnlineRun)
    t = int(found["snapshot_suffix"].terms["snapshot"])
    k, rest = wrong(net, run.snapshots[t], sample.x[t:], sample.y[t:]).sum(), 60 - t
    share = found["snapshot_suffix"].terms["delta_each"]
    assert found["snapshot_suffix"].value == pytest.approx(beta.ppf(1 - share, k + 1, rest - k), rel=1e-9)
    assert found["progressive_validation"].value == progressive_validation(run.mistakes, delta=0.05).value
    k = wrong(net, run.final_weights, digits.x_test, digits.y_test).sum()
    assert found["holdout"].value == pytest.approx(beta.ppf(0.95, k + 1, digits.n_test - k), rel=1e-9)
    assert found["holdout"].test_error == k / digits.n_test
    assert {c.delta for c in found.values()} == {0.05}
    assert passed.table["value"].tolist() == [c.value for c in passed.certificates]
    assert "one by one" in passed.statement


def test_test_rows_reach_no_certificate_but_holdout(digits: Dataset, passed: Certification) -> None:
    assert digits.y_test is not None
    other = by_name(certify(dataclasses.replace(digits, y_test=-digits.y_test), **SMALL))
    for name, certificate in by_name(passed).items():
        assert (other[name].value == certificate.value) == (name != "holdout")


def test_conditions_tell_what_was_seen_to_from_the_users_word(passed: Certification) -> None:
    for certificate in passed.certificates:
        declared = [c.text for c in certificate.conditions if c.status == "declared"]
        assert sum("independent draws" in text for text in declared) == 1
        held = certificate.name == "holdout"
        assert any("without looking at these examples" in text for text in declared) != held
        assert any("not used to choose" in text for text in declared) == held
        assert len(declared) == 2
        assert len(certificate.conditions) > 2


def test_a_kind_that_does_not_support_a_run_says_why(digits: Dataset, passed: Certification) -> None:
    assert {kind.name: kind.reasons for kind in passed.unavailable} == {
        "pac_bayes": ("it certifies runs of gd",),
        "rademacher": ("it certifies runs of gd",),
        "transfer": ("no inputs without labels were given for it",),
    }
    bare = dataclasses.replace(digits, x=digits.x[:60], y=digits.y[:60], x_test=None, y_test=None, norms=None)
    plan = Plan(algorithm="gd", width=8, depth=2)
    declared = DeclaredRun(plan, draw_sample(bare, None, plan))
    (reason,) = {kind.name: kind for kind in KINDS}["holdout"].supports(declared)
    assert "every row was drawn" in reason
    assert len({kind.name for kind in KINDS}) == len(KINDS)


def test_inputs_without_labels_give_transfer(digits: Dataset) -> None:
    plan = Plan(algorithm="gd", steps=20, width=8, depth=2)
    unlabelled = load("digits:even/odd").x_test
    found = protocol.certify(digits, plan, n=60, unlabelled=unlabelled)
    assert list(by_name(found)) == ["pac_bayes", "rademacher", "transfer", "holdout"]
    certificate, run = by_name(found)["transfer"], found.trained[0]
    assert certificate.terms["held_out"] == len(unlabelled)
    assert certificate.test_error == run.test_error
    assert "transfer" not in [kind.name for kind in found.unavailable]


def test_a_grid_is_paid_for(digits: Dataset) -> None:
    found = certify(digits, **{**SMALL, "width": [4, 8]}, step_constant=[1.0, 4.0])
    assert len(found.runs) == 4
    for name, certificate in by_name(found).items():
        issued = [c for run in found.runs for c in run.certificates if c.name == name]
        assert {c.delta for c in issued} == {0.05 / 4}
        assert certificate.value == min(c.value for c in issued)
        assert certificate.delta == 0.05
        assert "best of 4" in certificate.detail
        assert any("delta / 4" in c.text for c in certificate.conditions)


def test_a_step_size_that_is_a_number_has_no_constant(digits: Dataset) -> None:
    plan = Plan(step_size=0.25, width=8, depth=2)
    assert dataclasses.replace(plan, seed=1).combinations == plan.combinations
    assert str(plan.combinations[0]) == "width 8"
    assert Plan(**plan.described()) == plan
    trained = protocol.certify(digits, plan, n=60).trained[0]
    assert (trained.run.step_size.rule, trained.run.step_size.value) == ("number", 0.25)


def test_joint_certificates_share_delta(digits: Dataset, passed: Certification) -> None:
    found = certify(digits, joint=True, **SMALL)
    assert {c.delta for c in found.certificates} == {0.05 / 4}
    assert all(c.value >= by_name(passed)[c.name].value for c in found.certificates)
    assert "at once" in found.statement


def test_choosing_looks_at_the_tuning_part_alone(digits: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    seen, errors = [], iter([0.4, 0.1, 0.1, 0.9])

    def watched(declared: DeclaredRun, combination: Any) -> Any:
        seen.append(declared.sample)
        return SimpleNamespace(sound=True, test_error=next(errors))

    monkeypatch.setattr(protocol, "train", watched)
    plan = Plan(width=(4, 8), step_constant=(1.0, 4.0), depth=2, tune_on=0.25)
    sample = draw_sample(digits, 80, plan)
    assert protocol.choose(DeclaredRun(plan, sample), lambda text: None) == plan.combinations[1]
    assert sample.tune is not None
    for part in seen:
        assert part.test is not None
        np.testing.assert_array_equal(np.vstack([part.x, part.test.x]), sample.tune.x)
        np.testing.assert_array_equal(np.r_[part.y, part.test.y], sample.tune.y)
        assert (len(part.y), len(part.test.y)) == (13, 7)


def test_choosing_and_certifying_share_no_example(digits: Dataset) -> None:
    plan = Plan(width=(4, 8), depth=2, tune_on=0.25)
    sample = draw_sample(digits, 80, plan)
    assert sample.tune is not None
    np.testing.assert_array_equal(np.vstack([sample.tune.x, sample.x]), sample.data.x)
    assert (len(sample.tune.x), len(sample.x)) == (20, 60)
    settled: dict[str, Any] = {"width": [4, 8], "depth": 2, "tune_on": 0.25}
    found = certify(digits, n=80, **settled)
    assert found.chosen is not None
    assert [run.combination.as_dict() for run in found.trained] == [found.chosen]
    assert found.certificates[0].delta == 0.05
    assert "60 examples" in by_name(found)["progressive_validation"].over
    with pytest.raises(DataError, match="too few"):
        certify(digits, n=8, **settled)


def test_gradient_descent_in_stretches_is_one_run(digits: Dataset, descended: Certification) -> None:
    trained, sample = descended.trained[0], descended.sample
    run = gradient_descent(
        trained.net, trained.initial, sample.x, sample.y, step_size="theory", hidden_constant=4.0, steps=20
    )
    assert isinstance(trained.run, Run)
    assert len(trained.iterates) == 4
    for found, wanted in zip(trained.final, run.weights, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)


def test_gradient_descent_gets_its_own_certificates_and_predictions_apart(descended: Certification) -> None:
    found = by_name(descended)
    assert list(found) == ["pac_bayes", "rademacher", "holdout"]
    assert found["pac_bayes"].certifies == "stochastic network"
    assert found["rademacher"].certifies == "linearised predictor"
    assert all(0 < c.value <= 1 for c in found.values())
    assert len(descended.predictions) == 4
    assert all(p.why for p in descended.predictions)


def test_start_and_simulations_draw_from_streams_of_their_own(
    digits: Dataset, descended: Certification, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [jax.random.key(0), *(jax.random.fold_in(jax.random.key(0), i) for i in range(2))]  # of the run

    def kept(*_: Any, key: Any, **__: Any) -> Any:
        keys.append(key)
        return descended.certificates[0]

    monkeypatch.setattr(pac_bayes, "pac_bayes", kept)
    monkeypatch.setattr(rademacher, "rademacher", kept)
    certify(digits, algorithm="gd", steps=20, **SMALL)
    assert len(keys) == 5
    keys += [jax.random.fold_in(key, i) for key in keys[-2:] for i in range(3)]
    assert len({bytes(np.asarray(jax.random.key_data(key))) for key in keys}) == 11


def test_a_run_that_diverges_certifies_nothing(digits: Dataset) -> None:
    found = certify(digits, step_constant=[4.0, 1e30], **SMALL)
    assert [len(run.certificates) for run in found.runs] == [4, 0]
    assert [note for note in found.notes if "diverged" in note]
    assert all(c.delta == 0.05 for c in found.certificates)
    assert found.runs[0].certificates[0].delta == 0.025
    assert certify(digits, step_constant=1e30, **SMALL).certificates == ()


def test_one_class_is_refused_in_words_of_the_protocol(digits: Dataset) -> None:
    with pytest.raises(DataError, match="larger n"):
        certify(digits, n=1)


def fresh(seed: int, n: int) -> Dataset:
    """A line with a tenth of the labels flipped, and 2000 test rows that stand for the law itself."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n + 2000, 3))
    y = np.sign(x[:, 0]) * np.where(rng.random(len(x)) < 0.1, -1, 1)
    return from_arrays(x[:n], y[:n], x[n:], y[n:])


def violations(seeds: range) -> int:
    """How often a snapshot's error on 2000 fresh rows lies above its bound by more than their own noise."""
    found = [by_name(certify(fresh(k, 60), width=8, depth=2, seed=k))["snapshot_suffix"] for k in seeds]
    return sum(c.test_error > c.value + 0.02 for c in found)


def test_a_few_passes_keep_their_word() -> None:
    """At most 4 of 8 misses at delta = 0.05: false alarms below 1e-4."""
    assert violations(range(8)) <= 4


@pytest.mark.slow
def test_many_passes_keep_their_word() -> None:
    """Delta and three standard errors: 10 + 9.2 of 200."""
    assert violations(range(200)) <= 19


@pytest.mark.slow
def test_one_pass_over_the_digits_is_certified_under_thirteen_per_cent(digits: Dataset) -> None:
    found = by_name(certify(digits, width=256, depth=3))
    assert digits.n == 1400
    assert max(found["snapshot_suffix"].value, found["progressive_validation"].value) < 0.13


# --- rates


def test_a_power_law_is_found_exactly() -> None:
    n = [50, 100, 400]
    errors = [[2.0 * m**-0.7 for m in n]] * 3
    rate = fit_rate(n, errors)
    assert rate.exponent == pytest.approx(0.7, abs=1e-9)
    assert rate.constant == pytest.approx(2.0, rel=1e-9)
    assert rate.lower == pytest.approx(0.7, abs=1e-6)
    with_floor = fit_rate(n, [[0.1 + e for e in row] for row in errors], floor=0.1)
    assert with_floor.exponent == pytest.approx(0.7, abs=1e-9)


def test_the_fit_is_that_of_a_poisson_regression() -> None:
    rng = np.random.default_rng(0)
    n = np.array([50, 100, 200, 800])
    errors = rng.binomial(200, 1.5 * n**-0.5, (6, 4)) / 200
    twin = PoissonRegressor(alpha=0, tol=1e-10, max_iter=1000).fit(np.tile(np.log(n), 6)[:, None], errors.ravel())
    assert fit_rate(n, errors).exponent == pytest.approx(-twin.coef_[0], abs=1e-4)


def test_the_interval_is_the_jackknifes() -> None:
    """Delete-one pseudo-values of the regression above, with Student's quantile of 5 degrees of freedom."""
    n = np.array([50, 100, 200, 800])
    errors = np.random.default_rng(0).binomial(200, 1.5 * n**-0.5, (6, 4)) / 200

    def twin(rows: np.ndarray) -> float:
        logs = np.tile(np.log(n), len(rows))[:, None]
        return float(-PoissonRegressor(alpha=0, tol=1e-12, max_iter=5000).fit(logs, rows.ravel()).coef_[0])

    whole, found = twin(errors), fit_rate(n, errors, level=0.9)
    pseudo = [6 * whole - 5 * twin(np.delete(errors, k, axis=0)) for k in range(6)]
    half = student_t.ppf(0.95, 5) * np.std(pseudo, ddof=1) / np.sqrt(6)
    assert (found.lower, found.upper) == pytest.approx((whole - half, whole + half), abs=2e-3)


def test_the_interval_covers() -> None:
    """400 studies of 6 seeds; the share that covers is at least 0.95 less three standard errors and the t's error."""
    rng = np.random.default_rng(1)
    n = np.array([50, 100, 200, 400])
    hits = 0
    for _ in range(400):
        rate = fit_rate(n, rng.binomial(300, 1.2 * n**-0.5, (6, 4)) / 300)
        assert rate.lower is not None
        assert rate.upper is not None
        hits += rate.lower <= 0.5 <= rate.upper
    assert hits >= 400 * 0.95 - 3 * (400 * 0.05 * 0.95) ** 0.5 - 4


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0.01, 0.4), min_size=3, max_size=3), st.floats(0.1, 2.0))
def test_the_exponent_does_not_know_the_scale_of_the_errors(errors: list[float], factor: float) -> None:
    n = [20, 60, 300]
    one, other = fit_rate(n, [errors]), fit_rate(n, [[factor * e for e in errors]])
    assert one.status == other.status == "one_seed"
    assert one.exponent == pytest.approx(other.exponent, abs=1e-6)
    assert one.lower is None


def test_statuses_and_misuse_of_a_fit() -> None:
    assert fit_rate([10], [[0.1], [0.2]]).status == "too_few_sizes"
    assert fit_rate([10, 20], [[0.0, 0.0]] * 2).status == "no_error"
    assert fit_rate([10, 20], [[0.1, 0.0]] * 2).status == "out_of_range"
    with pytest.raises(ShapeError, match="column"):
        fit_rate([10, 20], [[0.1]])
    with pytest.raises(SettingError, match="floor"):
        fit_rate([10, 20], [[0.1, 1.2]])


# --- curves over n


CURVE: dict[str, Any] = {"n": [30, 60], "seeds": 2}


def test_a_curve_is_made_of_runs_and_goes_on(digits: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = Plan(width=8, depth=2, seed=3)
    curve = sample_complexity(digits, plan, out=tmp_path, **CURVE)
    single = certify(digits, width=8, depth=2, n=60, seed=4)
    own = curve.values[(curve.values["n"] == 60) & (curve.values["seed"] == 4)].set_index("series")["value"]
    assert {c.name: c.value for c in single.certificates}.items() <= own.to_dict().items()
    assert own["test error"] == single.runs[0].test_error
    assert own["online error"] == single.runs[0].online_error
    means = {(p.series, p.n): p.mean for p in curve.points}
    mine = curve.values[(curve.values["series"] == "holdout") & (curve.values["n"] == 30)]["value"]
    assert means["holdout", 30] == pytest.approx(mine.mean())
    rates = {rate.series: rate for rate in curve.rates}
    assert rates["online_to_batch"].status == "too_few_sizes"
    assert rates["test error"].paper == 1.0

    def never(*_: Any, **__: Any) -> None:
        raise AssertionError("trained again")

    monkeypatch.setattr(sample_size, "certify", never)
    again = sample_complexity(digits, plan, out=tmp_path, **CURVE)
    assert again.values.equals(curve.values)
    with pytest.raises(SettingError, match="another study"):
        sample_complexity(digits, dataclasses.replace(plan, delta=0.1), out=tmp_path, **CURVE)


def test_only_runs_without_a_certificate_are_said_to_have_diverged(digits: Dataset) -> None:
    """With all rows drawn none are left for holdout, which is no divergence."""
    bare = dataclasses.replace(digits, x=digits.x[:60], y=digits.y[:60], x_test=None, y_test=None, norms=None)
    curve = sample_complexity(bare, Plan(width=8, depth=2), n=[30, 60], seeds=1)
    assert set(curve.values["series"][curve.values["n"] == 30]) > set(curve.values["series"][curve.values["n"] == 60])
    assert curve.notes == []
    broken = sample_complexity(bare, Plan(width=8, depth=2, step_constant=1e30), n=[60], seeds=1)
    assert len(broken.notes) == 1
    assert "n = 60, seed 0: the run diverged" in broken.notes[0]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"n": [40, 40]}, "each once"),
        ({"n": []}, "each once"),
        ({"n": [40, 5000]}, "beyond the data"),
        ({"seeds": 0}, "seeds"),
        ({"floor": 1.0}, "floor"),
        ({"level": 1.0}, "level"),
    ],
    ids=str,
)
def test_a_curve_refuses(digits: Dataset, change: dict[str, Any], words: str) -> None:
    with pytest.raises(SettingError, match=words):
        sample_complexity(digits, Plan(width=8, depth=2), **{**CURVE, **change})
    with pytest.raises(SettingError, match="one combination"):
        sample_complexity(digits, Plan(width=(4, 8), depth=2), **CURVE)


# --- recorded sequences


def test_recorded_losses_are_read_from_every_kind_of_file(tmp_path: Path) -> None:
    losses = np.array([0, 1, 0.25])
    np.save(tmp_path / "a.npy", losses)
    np.save(tmp_path / "b.npy", np.array([[False], [True]]))
    np.savez(tmp_path / "c.npz", losses=losses)
    (tmp_path / "d.csv").write_text("mistake\n0\n1\n0.25\n")
    (tmp_path / "e.txt").write_text("0\n\n1\n0.25")
    assert read_losses(tmp_path / "b.npy").tolist() == [0, 1]
    for name in ("a.npy", "c.npz", "d.csv", "e.txt"):
        assert read_losses(tmp_path / name).tolist() == losses.tolist()
