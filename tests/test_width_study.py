"""One record of settings for a width study, on the command line, in files and in Python."""

from typing import Any

import numpy as np
import pytest

from howwide.cli import main
from howwide.data import Dataset
from howwide.errors import SettingError
from howwide.sweep import ENGINES, InProcess, Processes, make_engine
from howwide.width import TrialSettings, WidthStudy, search
from howwide.width.config import StudyFile
from howwide.width.study import VARIED, SharedSettings


def test_every_setting_is_an_option_with_its_text_and_default(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["width", "--help"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    for name, field in StudyFile.model_fields.items():
        assert f"--{name.replace('_', '-')} " in shown
        assert field.description is not None
        assert field.description in shown.replace("fixed- head", "fixed-head"), name
    for default in ("[default: 5000]", "[default: ladder]", "[default: 0.5,0.9]", "[default: 1.25]", "[default: 32]"):
        assert default in shown
    assert ", ".join(ENGINES) in shown


def test_a_study_described_is_the_same_study() -> None:
    study = WidthStudy(n=[20, 40], depth=[2, 3], steps=60, step_size=0.5, quantiles=0.5, subset="random")
    assert WidthStudy(**study.described()) == study
    assert study.described()["depth"] == [2, 3]
    assert study.described()["steps"] == 60
    assert WidthStudy(**WidthStudy(n=9, network="fixed-head").described()).alpha is None


def test_values_of_any_kind_are_taken_alike() -> None:
    plain = WidthStudy(n=(20, 40), alpha=(0.25,), steps=(60,), hidden_constant=2.0, seed=3)
    assert (
        WidthStudy(n=np.array([20, 40]), alpha=np.float64(0.25), steps=[60], hidden_constant=2, seed=np.int8(3))
        == plain
    )
    assert WidthStudy(n=range(20, 60, 20), alpha={0.25}, steps=60, hidden_constant=2.0, seed=3) == plain


def test_a_trial_has_one_value_of_what_varies_and_shares_the_rest() -> None:
    study = WidthStudy(n=20, depth=[2, 3], target="loss<=1e-1", label_noise=[0, 0.1, 0.1], steps=[30, 60])
    settings = study.trial_settings()
    assert [(s.depth, s.label_noise) for s in settings] == [(2, 0.0), (2, 0.1), (3, 0.0), (3, 0.1)]
    assert all(s.steps == (30, 60) and s.target == "loss<=0.1" for s in settings)
    assert set(TrialSettings.model_fields) == set(SharedSettings.model_fields) | set(VARIED)
    assert set(TrialSettings.model_fields) < set(WidthStudy.model_fields)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "n is missing"),
        ({"n": 20, "depht": 3}, "unknown key 'depht'; the keys are"),
        ({"n": 20, "seed": "x"}, "seed is 'x'"),
        ({"n": 20, "depth": 2.0}, "depth is 2.0"),
        ({"n": 20, "level": True}, "level is True"),
        ({"n": 20, "algorithm": "sgd"}, "algorithm must be one of gd, minibatch"),
        ({"n": 20, "algorithm": "minibatch"}, "batch size belongs to algorithm minibatch, which needs it"),
        ({"n": 20, "batch_size": 4}, "batch size belongs to algorithm minibatch"),
        ({"n": 20, "algorithm": "minibatch", "batch_size": 0}, "batch_size must be a whole number"),
        ({"n": 20, "algorithm": "minibatch", "batch_size": 4, "steps": [40, 55]}, "with minibatches .* got 55"),
        ({"n": 20, "steps": [500, 250]}, "budgets increase: give steps from the least to the largest, .* got 500, 250"),
        ({"n": 20, "steps": [500, 500]}, "budgets increase: .* each once; got 500, 500"),
        ({"n": 20, "subset": "half"}, "subset must be one of stratified, random"),
        ({"n": 20, "extend": 1}, "extend is how many times"),
        ({"n": 20, "label_noise": []}, "give at least one value of label_noise"),
        ({"n": 20, "max_width": 2**20 + 1}, "max_width must be a whole number"),
    ],
)
def test_a_bad_setting_is_named(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingError, match=f"^{said}") as caught:
        WidthStudy(**settings)
    assert "\n" not in str(caught.value)


def test_a_minibatch_is_no_larger_than_the_smallest_sample(digits: Dataset) -> None:
    study = WidthStudy(n=[20, 40], algorithm="minibatch", batch_size=21)
    with pytest.raises(SettingError, match="batch size 21 is more than the smallest sample size 20"):
        study.sizes(digits)


def test_a_study_beside_settings_is_refused() -> None:
    with pytest.raises(SettingError, match="not both; got also depth"):
        search(None, WidthStudy(n=20), depth=3)  # type: ignore[arg-type]


def test_engines_by_name() -> None:
    assert make_engine("threads", 2) == InProcess(2)
    assert make_engine("processes", 2) == Processes(2)
    with pytest.raises(SettingError, match=f"use one of {', '.join(ENGINES)}"):
        make_engine("mpi", 1)
