"""The sentence that a width result begins with: one for every status of a threshold, and for what a study may vary."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import pytest

from howwide.results.width import WidthResult
from howwide.statistics import AdaptiveDesign, share_words
from howwide.views import Heading, Sentence, view_of
from howwide.views.html import fragment
from howwide.width.rows import search_rows, width_result
from howwide.width.study import TrialSettings
from width_cases import made_of

Counts = Mapping[int, tuple[int, int]]
DESIGN = AdaptiveDesign(64, round_size=32, trials=400, precision=1.5, quantiles=(0.5, 0.9), level=0.95)
SETTINGS = TrialSettings(steps=2000, target="zero-error", depth=5, alpha=0.5, label_noise=0.0)
FIT = "fit 800 examples of digits:even/odd within 2000 steps in half of the draws of subset and start"
FITS = FIT.replace("fit", "fits", 1)


def found_from(counts: Counts, improving: int = 0, design: AdaptiveDesign = DESIGN) -> WidthResult:
    """What a search with these successes and trials finds at n = 800."""
    reason = str(design.done(counts))
    points, search, scans = search_rows(0, SETTINGS, 800, 2000, design, reason, counts, improving, None)
    trials = pd.DataFrame(
        {"curve": 0, "n": 800, "width": width, "seed": seed, "success": seed < won}
        for width, (won, tried) in counts.items()
        for seed in range(tried)
    )
    return width_result(points, [search], scans, trials, SETTINGS, "digits:even/odd")


@pytest.mark.parametrize(
    ("counts", "statuses", "answer"),
    [
        (
            {3: (0, 20), 5: (6, 40), 7: (17, 40), 9: (29, 40), 12: (60, 64), 16: (64, 64), 24: (40, 40)},
            ["estimated", "estimated"],
            f"About 8 neurons a layer {FIT} (95 %: 7 to 8), 11 in nine of ten (10 to 13); 13 is the safe choice.",
        ),
        (
            {4: (1, 10), 6: (5, 16), 8: (8, 16), 12: (8, 10), 20: (8, 8)},
            ["estimated", "estimated"],
            f"About 8 neurons a layer {FIT} (95 %: 7 to 10), 17 in nine of ten (at least 11); more trials would show a "
            "safe choice.",
        ),
        (
            {4: (0, 20), 8: (20, 40), 16: (36, 40), 32: (36, 40), 64: (37, 40)},
            ["estimated", "lapses"],
            f"About 9 neurons a layer {FIT} (95 %: 8 to 10), 13 in nine of ten (at least 9); perhaps some draws fail "
            "whatever the size, too many for nine of ten: more trials would tell.",
        ),
        (
            {4: (0, 20), 8: (20, 40), 16: (58, 80), 32: (66, 80), 64: (66, 80)},
            ["estimated", "lapses"],
            f"About 9 neurons a layer {FIT} (95 %: 8 to 12), at least 50 in nine of ten; perhaps some draws fail "
            "whatever the size, too many for nine of ten: more trials would tell.",
        ),
        (
            {16: (0, 20), 32: (0, 20), 64: (4, 40)},
            ["above_range", "above_range"],
            f"More than 64 neurons a layer are needed to {FIT} (95 %), more than 64 in nine of ten; widths above 64 "
            "would have to be tried.",
        ),
        (
            {16: (0, 4), 32: (0, 4), 64: (0, 40)},
            ["no_success", "no_success"],
            f"More than 64 neurons a layer are needed to {FIT} (95 %), more than 64 in nine of ten; widths above 64 "
            "would have to be tried.",
        ),
        (
            {64: (0, 3)},
            ["no_success", "no_success"],
            f"How many neurons a layer {FIT} is not settled (none of 3 trials succeeded), more than 64 in nine of ten; "
            "widths above 64 would have to be tried.",
        ),
        (
            {1: (40, 40), 2: (4, 4)},
            ["all_success", "all_success"],
            f"1 neuron a layer {FITS} (95 %: 1 to 1), 1 in nine of ten (1 to 1); 1 is the safe choice.",
        ),
        (
            {2: (10, 10), 4: (4, 4)},
            ["all_success", "all_success"],
            f"At most 2 neurons a layer are needed to {FIT} (95 %), how many in nine of ten is not settled; more "
            "trials would show a safe choice.",
        ),
        (
            {2: (2, 2)},
            ["all_success", "all_success"],
            f"How many neurons a layer {FIT} is not settled (all of 2 trials succeeded), nor in nine of ten; more "
            "trials would show a safe choice.",
        ),
        (
            {1: (38, 40), 2: (20, 20), 4: (20, 20)},
            ["below_range", "below_range"],
            f"1 neuron a layer {FITS} (95 %: 1 to 1), at most 2 in nine of ten; 2 is the safe choice, and more trials "
            "would show how few are enough.",
        ),
        (
            {8: (1, 2)},
            ["undetermined", "undetermined"],
            f"How many neurons a layer {FIT} is not settled, nor in nine of ten; more trials would show a safe choice.",
        ),
    ],
)
def test_the_answer_of_every_status(counts: Counts, statuses: list[str], answer: str) -> None:
    found = found_from(counts)
    assert [p.status for p in found.points] == statuses
    assert found.answer == answer


def test_more_steps_are_named_where_the_budget_may_be_why() -> None:
    found = found_from({16: (0, 4), 32: (0, 4), 64: (0, 40)}, improving=30)
    assert found.answer.endswith("; widths above 64, or more than 2000 steps, would have to be tried.")
    lapsing = found_from({4: (0, 20), 8: (20, 40), 16: (36, 40), 32: (36, 40), 64: (37, 40)}, improving=30)
    assert lapsing.answer.endswith(": more trials or more than 2000 steps would tell.")


def test_a_search_that_ran_out_of_trials_needs_more_of_them_first() -> None:
    design = AdaptiveDesign(1024, round_size=4, trials=4, precision=1.5, quantiles=(0.5, 0.9), level=0.95)
    found = found_from({8: (0, 4)}, design=design)
    assert [s.reason for s in found.searches] == ["budget"]
    assert found.answer.endswith("more than 8 in nine of ten; more trials would show a safe choice.")


def test_a_search_that_ran_out_of_time_needs_more_of_it_first() -> None:
    found = made_of([HALF, MOST | {"upper": None}], search={"reason": "time"})
    assert found.answer.endswith("14 in nine of ten (at least 12); more time would show a safe choice.")


def test_a_curve_that_falls_is_doubted_in_the_answer() -> None:
    found = found_from({4: (30, 30), 8: (29, 30), 16: (20, 30), 32: (10, 30), 64: (2, 30)})
    assert found.searches[0].falls
    assert found.answer.endswith("; but the success curve is in doubt: see the warnings.")


HALF: dict[str, Any] = {"n": 800, "estimate": 7.5, "lower": 6.2, "upper": 9.6}
MOST: dict[str, Any] = {"n": 800, "quantile": 0.9, "estimate": 13.4, "lower": 11.2, "upper": 16.1}
ANSWER = (
    "in half of the draws of subset and start (95 %: 7 to 10), 14 in nine of ten (12 to 17); 17 is the safe choice."
)


@pytest.mark.parametrize(
    ("point", "trained", "begins"),
    [
        ({}, {}, "fit 800 examples of digits:even/odd within 500 steps"),
        (
            {},
            {"labels": "random"},
            "fit 800 examples of digits:even/odd with random labels within 500 steps",
        ),
        (
            {"label_noise": 0.2},
            {},
            "fit 800 examples of digits:even/odd with 20 % of the labels flipped within 500 steps",
        ),
        (
            {"target": "loss<=0.01"},
            {},
            "bring the loss of 800 examples of digits:even/odd to 0.01 or less within 500 steps",
        ),
        (
            {"target": "loss<=3*eps_ntrf(4)"},
            {},
            "bring the loss of 800 examples of digits:even/odd to 3*eps_ntrf(4) or less within 500 steps",
        ),
        (
            {"target": "margin>=0.1"},
            {},
            "bring the margin of 800 examples of digits:even/odd to 0.1 or more within 500 steps",
        ),
        (
            {"target": "test-error<=0.05"},
            {},
            "learn 800 examples of digits:even/odd within 500 steps to a test error of at most 5 %",
        ),
    ],
)
def test_targets_labels_and_noise_are_named(point: dict[str, Any], trained: dict[str, Any], begins: str) -> None:
    assert made_of([HALF | point, MOST | point], **trained).answer == f"About 8 neurons a layer {begins} {ANSWER}"


def test_the_fixed_head_says_which_layers_and_has_even_widths() -> None:
    found = made_of([HALF, MOST], network="fixed-head")
    assert found.answer == (
        "About 8 neurons in each trained layer fit 800 examples of digits:even/odd within 500 steps in half of the "
        "draws of subset and start (95 %: 8 to 10), 14 in nine of ten (12 to 18); 18 is the safe choice."
    )


@pytest.mark.parametrize(
    ("sizes", "ends"),
    [
        ([800], "choice."),
        ([50, 800], "choice; the table has n = 50 too."),
        ([50, 100, 800], "; the table has n = 50 to 100 too."),
    ],
)
def test_the_largest_sample_is_answered_and_the_others_are_in_the_table(sizes: list[int], ends: str) -> None:
    found = made_of([point | {"n": n} for n in sizes for point in (HALF, MOST)])
    assert " 800 examples " in found.answer
    assert found.answer.endswith(ends)
    assert found.answer.startswith(found.curves[0].answer.removesuffix("."))


def curves_of(*settings: dict[str, Any], sizes: tuple[int, ...] = (800,)) -> WidthResult:
    """A study with a curve for each of these settings."""
    return made_of([p | s | {"curve": k, "n": n} for k, s in enumerate(settings) for n in sizes for p in (HALF, MOST)])


@pytest.mark.parametrize(
    ("settings", "does", "others"),
    [
        ([{"steps": t} for t in (500, 1000, 2000)], "within 2000 steps", "500 and 1000 steps"),
        ([{"steps": t} for t in (100, 200, 300, 400, 500)], "within 500 steps", "100 to 400 steps"),
        ([{"depth": k} for k in (3, 2, 5)], "within 500 steps at depth 3", "depth 2 and 5"),
        (
            [{"depth": k, "steps": t} for k in (2, 3) for t in (500, 2000)],
            "within 2000 steps at depth 2",
            "500 steps and depth 3",
        ),
        (
            [{"depth": k, "alpha": a} for k in (2, 3) for a in (0.5, 0.25)],
            "within 500 steps at depth 2 and alpha 0.5",
            "depth 3 and alpha 0.25",
        ),
        ([{"label_noise": s} for s in (0.0, 0.1)], "with none of the labels flipped within", "label noise 0.1"),
        ([{"label_noise": s} for s in (0.1, 0.0)], "with 10 % of the labels flipped within", "label noise 0"),
        (
            [{"target": t} for t in ("loss<=0.1", "loss<=0.01")],
            "bring the loss of 800 examples of digits:even/odd to 0.1 or less",
            "loss<=0.01",
        ),
    ],
)
def test_of_several_curves_the_largest_budget_is_answered_and_the_others_named(
    settings: list[dict[str, Any]], does: str, others: str
) -> None:
    found = curves_of(*settings)
    answer, rest = found.answer.split(". ", 1)
    assert does in answer
    assert f"{answer}." in [curve.answer for curve in found.curves]
    assert rest == f"The tables also have {others}."


def test_the_budget_that_is_answered_is_the_largest_whose_width_differs() -> None:
    found = made_of([p | {"curve": k, "steps": t, "estimate": 16.0 / (k + 1), "lower": 3.0, "upper": 17.0 - k}
                     for k, t in enumerate((500, 2000)) for p in (HALF,)])  # fmt: skip
    assert found.answer.startswith("About 8 neurons a layer fit 800 examples of digits:even/odd within 2000 steps in")


def test_growth_is_that_of_the_curve_that_is_answered() -> None:
    """The largest budget at the first depth; at the other curves the width falls or stands still."""
    growth = {(500, 2): 0.0, (2000, 2): 0.5, (500, 3): 0.0, (2000, 3): -0.2}
    found = made_of([
        {"curve": place, "steps": steps, "depth": depth, "n": n, "estimate": m, "lower": m / 1.1, "upper": m * 1.1}
        for place, ((steps, depth), power) in enumerate(growth.items()) for n in (50, 100, 200, 400)
        for m in [8 * (n / 50) ** power]
    ])  # fmt: skip
    spoken = found.parts()[1]
    assert found.answer.startswith(spoken.answer)
    assert (found.laws, found.exponent) == (spoken.laws, spoken.exponent)
    assert found.exponent is not None
    assert found.exponent["estimate"] == pytest.approx(0.5, abs=0.01)


def test_other_sample_sizes_stand_before_other_curves() -> None:
    found = curves_of({"depth": 2}, {"depth": 3}, sizes=(50, 100, 800))
    assert found.answer.endswith("; 17 is the safe choice. The tables also have n = 50 to 100 and depth 3.")
    assert " 800 examples " in found.answer


def test_half_is_no_safe_choice_without_saying_so() -> None:
    assert made_of([HALF]).answer.endswith("(95 %: 7 to 10); 10 is the safe choice for half of them.")


def test_shares_in_words() -> None:
    assert [share_words(q, "draws") for q in (0.5, 0.9, 0.95, 0.99)] == [
        "half of the draws", "nine of ten draws", "95 % of the draws", "99 of 100 draws"
    ]  # fmt: skip
    assert share_words(0.125) == "12.5 %"


@pytest.mark.parametrize("curves", [1, 2])
def test_every_rendering_begins_with_the_answer(curves: int) -> None:
    found = made_of([p | {"curve": k, "depth": k + 2} for k in range(curves) for p in (HALF, MOST)])
    heading, first, *_ = view_of(found)
    assert isinstance(heading, Heading)
    assert first == Sentence(found.answer, "lead")
    assert f'</h1>\n<p class="lead">{found.answer}</p>' in fragment(found)
    assert "8 (7 to 10)" in fragment(found)
