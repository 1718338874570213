"""From counts of successful trials to the width that is needed, and from there to its growth with n.

Three steps, each with its uncertainty carried along. `clopper_pearson` bounds one probability from k successes in N
trials. `fit_response` joins the trials at several widths into a success curve and gives the threshold width with an
interval whose ends the data determine; `isotonic_success` is its model-free twin, `least_integer` makes of a threshold
what can be built, `answer` a sentence to act on, and `JointFit` gives the ratio of two thresholds.
`compare_growth_laws` takes the thresholds at several n, with their posteriors (`normal_scores`) and what their trials
share (`shared_errors`), and weighs the laws they may follow; `predict_growth` says what these laws make of another n.
Nothing here knows what was counted: there are no networks in this package, and no JAX.
"""

from howwide.statistics.answers import AnswerWords, Shown, answer, safe_choice, share_words
from howwide.statistics.check import ModelCheck
from howwide.statistics.costs import TrialCosts
from howwide.statistics.curve import SCALE_RANGE, Prior
from howwide.statistics.design import AdaptiveDesign
from howwide.statistics.growth import GrowthComparison, compare_growth_laws
from howwide.statistics.growth_evidence import LawFit
from howwide.statistics.growth_laws import LAWS
from howwide.statistics.growth_prediction import GrowthPrediction, LawPrediction, predict_growth
from howwide.statistics.growth_telling import TellingPoint
from howwide.statistics.intervals import Interval, clopper_pearson
from howwide.statistics.isotonic import IsotonicFit, isotonic_success
from howwide.statistics.least_integer import LeastInteger, least_integer, least_size
from howwide.statistics.nested import normal_scores, shared_errors
from howwide.statistics.ratio import JointFit, Pairs, RatioEstimate, RatioStatus
from howwide.statistics.response import ResponseFit, SuccessProbability, fit_response
from howwide.statistics.smallest_mean import may_be_smallest, mean_interval
from howwide.statistics.thresholds import THRESHOLD_STATUSES, ThresholdEstimate
from howwide.statistics.upward_scan import ScanEstimate

__all__ = [
    "LAWS",
    "SCALE_RANGE",
    "THRESHOLD_STATUSES",
    "AdaptiveDesign",
    "AnswerWords",
    "GrowthComparison",
    "GrowthPrediction",
    "Interval",
    "IsotonicFit",
    "JointFit",
    "LawFit",
    "LawPrediction",
    "LeastInteger",
    "ModelCheck",
    "Pairs",
    "Prior",
    "RatioEstimate",
    "RatioStatus",
    "ResponseFit",
    "ScanEstimate",
    "Shown",
    "SuccessProbability",
    "TellingPoint",
    "ThresholdEstimate",
    "TrialCosts",
    "answer",
    "clopper_pearson",
    "compare_growth_laws",
    "fit_response",
    "isotonic_success",
    "least_integer",
    "least_size",
    "may_be_smallest",
    "mean_interval",
    "normal_scores",
    "predict_growth",
    "safe_choice",
    "share_words",
    "shared_errors",
]
