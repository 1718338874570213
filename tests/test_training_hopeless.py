"""Tries that cannot reach their target: the rules on paths made by hand, and on real trials against the whole runs."""

import numpy as np
import pytest

from cases import digits
from howwide.training import Target, parse_target
from howwide.training.hopeless import check_steps, follows, is_flat
from howwide.width import WidthStudy
from howwide.width.trial import run_trial

ZERO = parse_target("zero-error")
T = 800
STEPS = np.arange(T + 1)


@pytest.mark.parametrize(("share", "flat"), [(0.09, True), (0.11, False)])
@pytest.mark.parametrize("step", [200, 400, 700])
def test_a_loss_is_flat_where_its_pace_moves_it_by_less_than_a_tenth(share: float, flat: bool, step: int) -> None:
    """A straight line that would lose ``share`` of what it is at ``step`` in the steps that are left."""
    losses = 0.3 * (1 - share * (STEPS - step) / (T - step))
    assert is_flat(losses, 1, step, T, ZERO) == flat
    assert is_flat(losses[::5], 5, step, T, ZERO) == flat


def test_what_came_before_the_last_quarter_and_what_comes_after_do_not_matter() -> None:
    losses = np.full(T + 1, 0.3)
    losses[:300] = losses[401:] = 7.0
    assert is_flat(losses, 1, 400, T, ZERO)
    losses[350] = 0.5  # a spike is no rest
    assert not is_flat(losses, 1, 400, T, ZERO)


def test_a_target_within_a_tenth_is_within_reach() -> None:
    losses = np.full(T + 1, 0.3)
    found = [is_flat(losses, 1, 400, T, Target("loss", loss=goal)) for goal in (0.26, 0.28)]
    assert found == [True, False]
    assert not is_flat(losses, 1, 400, T, parse_target("margin>=1"))
    assert not is_flat(losses, 1, 400, T, Target("loss", loss=0.31))


def test_few_losses_tell_no_pace() -> None:
    assert not is_flat(np.full(T + 1, 0.3), 1, 16, T, ZERO)
    assert check_steps(T) == [200, 300, 400, 500, 600, 700]


def test_a_smaller_step_follows_a_path_that_never_rose() -> None:
    falling = 1 / (1 + STEPS[:301] / 50)
    assert follows([(0.4, falling)], 1, 0.1, T)  # 200 of the larger steps
    assert not follows([(0.4, falling)], 1, 0.2, T)  # 400, of which 300 were made
    assert not follows([(0.1, falling)], 1, 0.4, T)
    rising = falling.copy()
    rising[150] = 1.2 * rising[149]
    assert not follows([(0.4, rising)], 1, 0.1, T)
    assert follows([(0.4, rising)], 1, 0.05, T)  # it rose after the 100 steps that matter
    assert follows([(0.4, rising), (0.2, falling[:250])], 1, 0.05, T)


def test_stopped_trials_end_as_the_whole_runs_do() -> None:
    """Twelve narrow trials: the same successes, by fewer steps, each failure with its reason."""
    ruled, whole = (
        WidthStudy(n=40, depth=3, steps=(100, 300), whole_tries=w).trial_settings()[0] for w in (False, True)
    )
    spent = {True: 0, False: 0}
    reasons = set()
    for width in (2, 3, 4):
        for seed in range(4):
            stopped, full = (run_trial(digits(), settings, 40, width, seed) for settings in (ruled, whole))
            assert [o["success"] for o in stopped] == [o["success"] for o in full]
            assert all(a["spent"] <= b["spent"] for a, b in zip(stopped, full, strict=True))
            spent[True] += stopped[-1]["spent"]
            spent[False] += full[-1]["spent"]
            reasons |= {o["status"] for o in stopped}
    assert spent[True] < 0.7 * spent[False]
    assert {"flat", "followed"} & reasons


def test_the_answer_under_a_budget_does_not_depend_on_the_others() -> None:
    both, small, large = (WidthStudy(n=40, depth=3, steps=s).trial_settings()[0] for s in ((100, 300), 100, 300))
    for width, seed in ((3, 0), (4, 1), (3, 2)):
        a, b, c = (run_trial(digits(), settings, 40, width, seed) for settings in (both, small, large))
        keys = ("success", "status", "steps", "loss", "error", "spent", "tries", "step_rule")
        assert [[o[k] for k in keys] for o in a] == [[o[k] for k in keys] for o in b + c]
