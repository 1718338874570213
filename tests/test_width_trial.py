"""One trial: what it must reach, on which labels, and that one run answers for several budgets exactly."""

import itertools
from typing import Any

import numpy as np
import pytest

import howwide as hw
from howwide import evaluate
from howwide.data import Dataset
from howwide.errors import DataError, HowwideError, SettingError
from howwide.networks import make_network
from howwide.training import Run, gradient_descent, minibatch_sgd
from howwide.width import TrialSettings, WidthStudy
from howwide.width.targets import parse_trial_target
from howwide.width.trial import IMPROVING, Trial, TrialOutcome, run_together, run_trial
from howwide.width.trial_data import batches_key, draw_sample, start_key

N, SEED = 30, 6


def settings_of(**settings: object) -> TrialSettings:
    """What the trials of a study with one value of each setting share."""
    [one] = WidthStudy(n=N, **settings).trial_settings()
    return one


def by_hand(digits: Dataset, settings: TrialSettings, width: int, steps: int, step_size: float, **more: Any) -> Run:
    """The run of a trial through the public function for one run."""
    sample = draw_sample(digits, settings, N, width, SEED)
    net = make_network(settings.network, width, settings.depth, settings.alpha)
    weights = net.init(start_key(settings, width, SEED), digits.d)
    return gradient_descent(net, weights, sample.x, sample.inputs.labels, step_size=step_size, steps=steps, **more)


def without_times(outcomes: list[TrialOutcome]) -> list[dict[str, Any]]:
    """All but the times of the rungs, which a trial with a smaller budget has fewer of."""
    return [{name: value for name, value in outcome.items() if name != "reached"} for outcome in outcomes]


@pytest.mark.parametrize(
    "target", ["zero-error", "loss<=0.5", "margin>=0.05", "test-error<=0.45", "loss<=3*eps_ntrf(0.5)"]
)
@pytest.mark.parametrize("width", [2, 4, 12])
def test_one_trial_answers_for_each_budget_as_a_trial_of_its_own(digits: Dataset, target: str, width: int) -> None:
    budgets = (5, 40, 41, 200)
    together = run_trial(digits, settings_of(depth=3, target=target, steps=budgets), N, width, SEED)
    alone = [run_trial(digits, settings_of(depth=3, target=target, steps=(t,)), N, width, SEED)[0] for t in budgets]
    assert without_times(together) == without_times(alone)
    assert [found["budget"] for found in together] == list(budgets)
    assert all(a["success"] <= b["success"] for a, b in itertools.pairwise(together)) or "test" in target


@pytest.mark.parametrize(("target", "width", "seed"), [("zero-error", 3, 2), ("zero-error", 4, 6), ("loss<=0.4", 4, 3)])
def test_the_times_of_the_rungs_answer_for_every_budget_between(
    digits: Dataset, target: str, width: int, seed: int
) -> None:
    """The least time decides from the smallest to the largest budget; no rung runs on once it cannot be the first."""
    settings = {"depth": 3, "target": target}
    times = run_trial(digits, settings_of(steps=(2, 150), **settings), N, width, seed)[0]["reached"]
    assert len(times) == 3
    found = [t for t in times if t is not None]
    assert found == sorted(found, reverse=True)
    for t in {2, 149, *(t + k for t in found for k in (-1, 0, 1) if 2 <= t + k <= 150)}:
        alone = run_trial(digits, settings_of(steps=t, **settings), N, width, seed)[0]
        assert alone["success"] == (min(found, default=151) <= t), t


def test_a_trial_by_minibatches_is_the_run_of_the_public_function(digits: Dataset) -> None:
    settings = settings_of(depth=3, algorithm="minibatch", batch_size=8, step_size="curvature", steps=(30, 100, 400))
    found = run_trial(digits, settings, N, 6, SEED)
    sample = draw_sample(digits, settings, N, 6, SEED)
    net = make_network("deep", 6, 3, 0.5)
    weights = net.init(start_key(settings, 6, SEED), digits.d)
    for outcome in found:
        run = minibatch_sgd(
            net, weights, sample.x, sample.inputs.labels, batch_size=8, steps=outcome["budget"], target="zero-error",
            key=batches_key(settings, 6, SEED),
        )  # fmt: skip
        assert (outcome["steps"], outcome["loss"], outcome["status"]) == (run.steps, run.final_loss, run.status)
    assert [outcome["success"] for outcome in found] == [False, True, True]
    assert found[-1]["reached"] == [found[-1]["steps"]]
    other = run_trial(digits, settings_of(**settings.model_dump() | {"batch_size": 9}), N, 6, SEED)
    assert other[-1]["loss"] != found[-1]["loss"]


@pytest.mark.parametrize("algorithm", [{}, {"algorithm": "minibatch", "batch_size": 30}], ids=str)
def test_the_test_error_where_a_run_stopped_and_after_all_its_steps(digits: Dataset, algorithm: dict[str, Any]) -> None:
    """By the public functions: the last try to its end, and the same try to the budget without a target."""
    settings = settings_of(depth=3, steps=(10, 1000), step_size=0.05, test_after=True, **algorithm)
    before, found = run_trial(digits, settings, N, 12, SEED)
    run = by_hand(digits, settings, 12, 1000, 0.05, target="zero-error")
    after = by_hand(digits, settings, 12, 1000, 0.05)
    net = make_network("deep", 12, 3, 0.5)
    looked = run.steps if not algorithm else 10 * -(-run.steps // 10)
    stopped = by_hand(digits, settings, 12, looked, 0.05)
    assert found["success"]
    assert found["steps"] == looked < after.steps == 1000
    for error, weights in ((found["test_error"], stopped.weights), (found["test_error_after"], after.weights)):
        assert error == evaluate.error(net, weights, digits.x_test, digits.y_test)
    assert found["test_error"] != found["test_error_after"]
    assert not before["success"]
    assert before["test_error"] == before["test_error_after"]
    shorter = settings_of(**settings.model_dump() | {"test_after": False})
    assert run_trial(digits, shorter, N, 12, SEED)[1] == found | {"test_error_after": None}


def test_without_test_points_there_is_no_test_error(apart: Dataset) -> None:
    found = run_trial(apart, settings_of(depth=3, steps=5), N, 4, SEED)[0]
    assert (found["test_error"], found["test_error_after"]) == (None, None)
    with pytest.raises(DataError, match="needs a test part"):
        WidthStudy(n=N, test_after=True).sizes(apart)


def test_the_budgets_are_not_all_alike(digits: Dataset) -> None:
    """The test above would pass with budgets that do not matter."""
    found = run_trial(digits, settings_of(depth=3, steps=(5, 40, 41, 200)), N, 4, SEED)
    assert [f["success"] for f in found] == sorted(f["success"] for f in found)
    assert not found[0]["success"]
    assert found[-1]["success"]


TOGETHER = [
    (settings_of(depth=3, target=target, steps=(5, 40, 120)), width, seed)
    for target in ("zero-error", "margin>=0.05", "loss<=3*eps_ntrf(0.5)")
    for width, seed in ((2, 0), (3, 1), (8, 2))
]
"""Trials that share a compiled shape: some need a second rung, some succeed under the larger budgets alone."""


@pytest.fixture(scope="module")
def together(digits: Dataset) -> list[list[dict[str, Any]]]:
    return run_together([Trial.prepared(digits, settings, N, width, seed) for settings, width, seed in TOGETHER])


def test_trials_in_one_vmapped_loop_are_the_single_trials_up_to_rounding(
    digits: Dataset, together: list[list[dict[str, Any]]]
) -> None:
    numbers = ("loss", "step_size", "hidden_constant", "target_loss")
    for (settings, width, seed), many in zip(TOGETHER, together, strict=True):
        one = run_trial(digits, settings, N, width, seed)
        for a, b in zip(many, one, strict=True):
            assert list(a) == list(b)
            # the loop went on with a try that alone was stopped, and its test error is that of the last step
            apart = {*numbers, "test_error"} if a["status"] in ("flat", "followed") else set(numbers)
            assert {k: v for k, v in a.items() if k not in apart} == {k: v for k, v in b.items() if k not in apart}
            assert a["loss"] == pytest.approx(b["loss"], rel=1e-4)
            assert [a[k] for k in numbers[1:]] == [b[k] for k in numbers[1:]]
    tries = {found["tries"] for outcomes in together for found in outcomes}
    assert len(tries) > 1
    assert len({tuple(found["success"] for found in outcomes) for outcomes in together}) > 2


def test_a_trial_in_a_vmapped_loop_does_not_depend_on_those_beside_it(
    digits: Dataset, together: list[list[dict[str, Any]]]
) -> None:
    for chosen in ([4], [7, 0, 5]):
        trials = [Trial.prepared(digits, p, N, width, seed) for p, width, seed in (TOGETHER[i] for i in chosen)]
        assert run_together(trials) == [together[i] for i in chosen]


def test_a_margin_is_reached_at_the_first_step_that_has_it(digits: Dataset) -> None:
    settings = settings_of(depth=3, target="margin>=0.1", steps=(2000,), step_size=0.1)
    found = run_trial(digits, settings, N, 16, SEED)[0]
    assert found["success"]
    for steps, reached in ((found["steps"] - 1, False), (found["steps"], True)):
        run = by_hand(digits, settings, 16, steps, 0.1)
        sample = draw_sample(digits, settings, N, 16, SEED)
        margins = sample.inputs.labels * np.asarray(make_network("deep", 16, 3, 0.5).apply(run.weights, sample.x))
        assert (margins.min() >= 0.1) == reached


@pytest.mark.parametrize(("error", "success"), [(0.99, True), (0.0, False)])
def test_the_test_error_is_judged_where_training_stops(digits: Dataset, error: float, success: bool) -> None:
    settings = settings_of(depth=3, target=f"test-error<={error}", steps=(300,), step_size=0.05)
    found = run_trial(digits, settings, N, 16, SEED)[0]
    run = by_hand(digits, settings, 16, 300, 0.05, target="zero-error")
    outputs = np.asarray(make_network("deep", 16, 3, 0.5).apply(run.weights, digits.x_test.astype(np.float32)))  # type: ignore[union-attr]
    assert (found["steps"], found["error"]) == (run.steps, 0.0)
    assert found["test_error"] == np.mean(digits.y_test * outputs <= 0)
    assert found["success"] == success


def test_an_ntrf_target_is_the_certified_upper_end_at_the_start(digits: Dataset) -> None:
    settings = settings_of(depth=3, target="loss<=3*eps_ntrf(0.5)", steps=(300,))
    found = run_trial(digits, settings, N, 8, SEED)[0]
    sample = draw_sample(digits, settings, N, 8, SEED)
    net = make_network("deep", 8, 3, 0.5)
    weights = net.init(start_key(settings, 8, SEED), digits.d)
    eps = hw.ntrf.loss(net, weights, sample.x, sample.inputs.labels, radius=0.5, tolerance=1e-5)
    assert 3 * eps.lower <= found["target_loss"] <= 3 * eps.upper * 1.002
    assert found["success"] == (found["loss"] <= found["target_loss"])
    assert found["success"]


def test_a_run_that_is_stopped_while_it_falls_is_still_improving(digits: Dataset) -> None:
    def outcome(step_size: float) -> dict[str, Any]:
        settings = settings_of(depth=3, steps=50, step_size=step_size, target="loss<=1e-3", whole_tries=True)
        return run_trial(digits, settings, N, 8, SEED)[0]

    falling, still = outcome(0.05), outcome(1e-6)
    losses = by_hand(digits, settings_of(depth=3), 8, 50, 0.05).loss
    assert losses.min() < (1 - IMPROVING) * losses[:46].min()
    assert (falling["improving"], still["improving"]) == (True, False)
    assert (falling["status"], still["status"]) == ("max_steps", "max_steps")


def relabelled(data: Dataset, n: int, width: int = 8, seed: int = SEED, **settings: Any) -> dict[bytes, float]:
    """The label of each row of the sample."""
    sample = draw_sample(data, settings_of(**settings), n, width, seed)
    return {row.tobytes(): label for row, label in zip(sample.x, sample.inputs.labels, strict=True)}


@pytest.fixture(scope="module")
def apart() -> Dataset:
    """Rows that are all different, with a third of the labels positive."""
    random = np.random.default_rng(0)
    return hw.data.from_arrays(random.standard_normal((300, 5)), np.arange(300) % 3 == 0)


@pytest.mark.parametrize(
    "settings", [{}, {"label_noise": 0.2}, {"labels": "random"}, {"labels": "random", "subset": "random"}], ids=str
)
def test_subsets_are_nested_with_their_labels(apart: Dataset, settings: dict[str, Any]) -> None:
    small, large = (relabelled(apart, n, **settings) for n in (40, 90))
    assert len(small) == 40
    assert small.items() <= large.items()


def test_trials_at_different_widths_share_neither_examples_nor_weights(apart: Dataset) -> None:
    """As many examples as two subsets drawn apart, and starts without correlation, for the same seed."""
    settings, seeds = settings_of(subset="random"), range(60)
    shared, correlations = [], []
    for seed in seeds:
        narrow, wide = (set(relabelled(apart, 60, m, seed, subset="random")) for m in (6, 7))
        shared.append(len(narrow & wide))
        starts = [make_network("deep", m, 3, 0.5).init(start_key(settings, m, seed), 5)[0] for m in (6, 7)]
        correlations.append(np.corrcoef(np.ravel(starts[0]), np.ravel(starts[1])[:30])[0, 1])
    # Drawn apart: 60 * 60 / 300 = 12 in common, standard deviation 2.8; a correlation of 30 pairs has 0.19.
    assert abs(np.mean(shared) - 12) < 4 * 2.8 / np.sqrt(len(seeds))
    assert abs(np.mean(correlations)) < 4 * 0.19 / np.sqrt(len(seeds))
    assert np.std(correlations) < 0.3


def test_a_larger_sample_keeps_the_start(apart: Dataset) -> None:
    small, large = (Trial.prepared(apart, settings_of(depth=3), n, 8, SEED) for n in (40, 90))
    for a, b in zip(small.problem.initial, large.problem.initial, strict=True):
        np.testing.assert_array_equal(a, b)


def test_noise_flips_its_share_and_more_noise_flips_more(apart: Dataset) -> None:
    truth = relabelled(apart, 300)
    flipped = {
        p: {row for row, y in relabelled(apart, 300, label_noise=p).items() if y != truth[row]} for p in (0.1, 0.25)
    }
    assert {p: len(rows) for p, rows in flipped.items()} == {0.1: 30, 0.25: 75}
    assert flipped[0.1] < flipped[0.25]
    for elsewhere in ({"seed": SEED + 1}, {"width": 9}):
        other = relabelled(apart, 300, label_noise=0.1, **elsewhere)
        assert {row for row, y in other.items() if y != truth[row]} != flipped[0.1]


def test_random_labels_keep_the_balance_and_lose_the_rest(apart: Dataset) -> None:
    truth, found = relabelled(apart, 300), relabelled(apart, 300, labels="random")
    assert sum(found.values()) == sum(truth.values())
    agreement = np.mean([found[row] == y for row, y in truth.items()])
    assert abs(agreement - (1 / 9 + 4 / 9)) < 0.1
    assert sum(y > 0 for y in relabelled(apart, 30, labels="random").values()) == 10


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("zero-error", "zero-error"),
        (" loss <= 0.10 ", "loss<=0.1"),
        ("margin>=2", "margin>=2"),
        ("test-error<=0.05", "test-error<=0.05"),
        ("loss<=3*eps_ntrf(4)", "loss<=3*eps_ntrf(4)"),
        ("loss <= eps_ntrf(0.50)", "loss<=1*eps_ntrf(0.5)"),
    ],
)
def test_targets_have_a_standard_spelling(text: str, name: str) -> None:
    assert parse_trial_target(text).name == name
    assert parse_trial_target(name) == parse_trial_target(text)


@pytest.mark.parametrize(
    "text",
    ["", "foo", "loss<=", "loss<=0", "margin>=", "margin>=-1", "margin>=x", "test-error<=1", "test-error<=-0.1",
     "test-error<=x", "loss<=3*eps_ntrf()", "loss<=0*eps_ntrf(1)", "loss<=3*eps_ntrf(-1)", "loss<=x*eps_ntrf(1)",
     "loss<=3*eps_ntrf(inf)", "loss<=3*eps(1)"],
)  # fmt: skip
def test_unknown_targets(text: str) -> None:
    with pytest.raises(SettingError):
        parse_trial_target(text)


def test_targets_that_do_not_fit(apart: Dataset) -> None:
    with pytest.raises(SettingError, match="logistic"):
        settings_of(target="loss<=3*eps_ntrf(1)", loss="square")
    data = apart
    with pytest.raises(DataError, match="test part"):
        WidthStudy(n=N, target="test-error<=0.1").sizes(data)


def test_networks_by_name() -> None:
    assert type(make_network("deep", 3, 2, 0.5)).__name__ == "DeepReLU"
    assert type(make_network("fixed-head", 4, 2, 0.5)).__name__ == "FixedHeadReLU"
    with pytest.raises(HowwideError, match="deep, fixed-head"):
        make_network("wide", 4, 2, 0.5)
