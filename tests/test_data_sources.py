"""Named sources and the grammar of a SPEC: every source, what is known about it, every refusal."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from howwide.data import load, sources
from howwide.errors import DataError, SettingError

HERE = ["digits", "breast_cancer", "xor", "caps", "sphere", "mixture"]  # without a file and without the network
NAMED = [source for source in sources() if source.name in HERE]


@pytest.mark.parametrize("source", NAMED, ids=lambda source: source.name)
def test_the_example_of_every_source_loads_and_repeats(source) -> None:
    ds, again = load(source.example), load(source.example)
    assert ds.name == source.example
    assert ds.x_test is not None
    for x in (ds.x, ds.x_test):
        np.testing.assert_allclose(np.linalg.norm(x, axis=1), 1.0, rtol=0, atol=1e-14)
    assert ds.describe() == again.describe()
    assert source.description
    assert source.origin


def test_the_table_lists_names_and_files() -> None:
    names = [source.name for source in sources()]
    files = [".npz", ".csv", ".parquet", ".libsvm"]
    assert names == [*HERE, "openml", *files, "cifar-10-batches-py", "mnist"]
    for source in sources():
        assert source.example
        assert "\n" not in source.description


def test_digits_split_and_groups() -> None:
    ds = load("digits:even/odd")
    assert (ds.n, ds.n_test, ds.d) == (1400, 397, 64)
    assert ds.mapping.negative == ("0", "2", "4", "6", "8")
    assert load("digits:3/8").n + load("digits:3/8").n_test == 183 + 174
    assert load("digits:0,2,4/1,3,5").mapping.positive == ("1", "3", "5")


def test_the_rows_of_digits_are_those_of_scikit_learn() -> None:
    from sklearn.datasets import load_digits

    bunch, ds = load_digits(), load("digits:3/8")
    unit = bunch.data / np.linalg.norm(bunch.data, axis=1, keepdims=True)
    nearest = np.argmax(ds.x @ unit.T, axis=1)
    assert np.array_equal(np.where(bunch.target[nearest] == 8, 1.0, -1.0), ds.y)
    np.testing.assert_allclose(ds.x, unit[nearest], rtol=1e-14)


def test_breast_cancer_classes_by_name() -> None:
    ds = load("breast_cancer")
    assert (ds.n, ds.n_test, ds.d) == (400, 169, 30)
    assert ds.mapping.negative == ("benign",)
    turned = load("breast_cancer:malignant/benign")
    assert np.array_equal(turned.y, -ds.y)
    assert turned.mapping.positive == ("benign",)


def test_xor_is_the_noisy_xor() -> None:
    ds = load("xor:dim=10,n=4000,seed=3")
    signal, noise = ds.x[:, :2] * 3.0, ds.x[:, 2:] * 3.0
    np.testing.assert_allclose(np.abs(noise), 1.0, rtol=1e-14)
    np.testing.assert_allclose(np.abs(signal).sum(axis=1), 1.0, rtol=1e-14)
    assert np.array_equal(np.where(np.abs(signal[:, 0]) > 0.5, 1.0, -1.0), ds.y)
    corners = np.unique(np.round(signal), axis=0, return_counts=True)[1]
    assert stats.chisquare(corners).pvalue > 1e-6
    # No linear part: the mean of y x is 0, so each coordinate stays within 6 standard errors.
    assert np.abs((ds.y[:, None] * ds.x).mean(axis=0)).max() < 6 / (3 * np.sqrt(ds.n))


@pytest.mark.parametrize(("dim", "angle"), [(2, 0.5), (3, 1.5), (20, 0.5), (50, 1.57), (3000, 1.2), (3000, 0.01)])
def test_caps_have_their_margin_and_their_law(dim: int, angle: float) -> None:
    ds = load(f"caps:dim={dim},n=500,angle={angle}")
    assert (ds.y * ds.x[:, 0]).min() >= np.cos(angle) - 1e-15
    # F(theta) = I(sin^2 theta) / I(sin^2 angle), I the incomplete beta function of (d - 1)/2 and 1/2; in logarithms.
    sine2 = 1.0 - ds.x[:, 0] ** 2
    law = stats.beta((dim - 1) / 2, 0.5)
    if law.logcdf(np.sin(angle) ** 2) > -600:
        uniform = np.exp(law.logcdf(sine2) - law.logcdf(np.sin(angle) ** 2))
        assert stats.kstest(uniform, "uniform").pvalue > 1e-6
    else:  # the density is s^((d - 3)/2) as good as exactly
        assert stats.kstest((sine2 / np.sin(angle) ** 2) ** ((dim - 1) / 2), "uniform").pvalue > 1e-6


def test_sphere_has_labels_without_information() -> None:
    ds = load("sphere:dim=5,n=4000")
    assert stats.kstest((ds.x[:, 0] ** 2), stats.beta(0.5, 2.0).cdf).pvalue > 1e-6
    assert np.abs((ds.y[:, None] * ds.x).mean(axis=0)).max() < 6 / np.sqrt(5 * ds.n)


def test_mixture_has_its_clusters_in_both_parts() -> None:
    ds = load("mixture:dim=200,n=600,separation=20,clusters=3,seed=5")
    same = ds.x @ ds.x[0] > 0.8
    assert 0.2 < same.mean() < 0.5
    assert np.all(ds.y[same] == ds.y[0])
    assert ds.x_test is not None
    assert ds.y_test is not None
    assert np.all(ds.y_test[ds.x_test @ ds.x[0] > 0.8] == ds.y[0])
    assert 0.6 < ds.positives / ds.n < 0.75  # clusters 0 and 2 of three


@pytest.mark.parametrize("name", ["xor", "caps", "sphere", "mixture"])
def test_seeds_and_parts_are_independent(name: str) -> None:
    first, second = load(f"{name}:n=50,seed=0"), load(f"{name}:n=50,seed=1")
    assert not np.array_equal(first.x, second.x)
    assert first.x_test is not None
    assert not np.array_equal(first.x, first.x_test)
    assert np.array_equal(first.x, load(f"{name}: n = 50 ").x)


def test_a_constant_is_appended() -> None:
    ds = load("digits:3/8", constant=0.5)
    assert ds.d == 65
    assert np.all(ds.x[:, -1] == 0.5)
    with pytest.raises(SettingError, match="strictly between 0 and 1"):
        load("digits:3/8", constant=1.5)


MALFORMED = {
    "": (DataError, "empty or malformed data SPEC ''"),
    "   ": (DataError, "empty or malformed data SPEC"),
    "digits": (DataError, r"digits has 10 classes \(0, 1, .*digits:0/1"),
    "digits:": (DataError, "nothing follows the colon"),
    "digits:3": (DataError, "malformed choice of classes '3'"),
    "digits:3/11": (DataError, "no class '11'; it has 0, 1"),
    "digits:3/3": (DataError, "on both sides"),
    "digits:dim=3": (DataError, "digits takes classes, not parameters; expected e.g. digits:even/odd"),
    "digit:3/8": (DataError, "unknown data 'digit' .did you mean 'digits'.*known names are digits, breast_cancer"),
    "something": (DataError, "unknown data 'something'; known names are digits"),
    "missing.npz": (DataError, "no such file: 'missing.npz'"),
    "missing.npz:3/8": (DataError, "no such file: 'missing.npz'"),
    "some/where/data.npz:3/8": (DataError, "no such file: 'some/where/data.npz'"),
    "data.parquet": (DataError, "no such file: 'data.parquet'.*files may be .npz, .csv"),
    "some/folder": (DataError, "no such file: 'some/folder'"),
    "xor:3/8": (SettingError, r"xor takes parameters key=value,... \(dim, n, seed\); got '3/8'"),
    "xor:dim=10,": (SettingError, "xor takes parameters"),
    "xor:width=3": (SettingError, "xor has no parameter 'width'; it has dim, n, seed"),
    "caps:angel=1": (SettingError, "caps has no parameter 'angel'; it has dim, n, seed, angle"),
    "xor:dim=3,dim=4": (SettingError, "'dim' is given twice"),
    "xor:dim=1": (SettingError, "dim must be an integer >= 2; got '1'"),
    "xor:dim=2.5": (SettingError, "dim must be an integer >= 2; got '2.5'"),
    "xor:n=1": (SettingError, "n must be an integer >= 2"),
    "xor:seed=-1": (SettingError, "seed must be an integer >= 0; got '-1'"),
    "xor:dim=": (SettingError, "dim must be an integer >= 2; got ''"),
    "caps:angle=0": (SettingError, "angle must be strictly between 0 and pi/2"),
    "caps:angle=1.6": (SettingError, "angle must be strictly between 0 and pi/2"),
    "caps:angle=nan": (SettingError, "angle must be"),
    "mixture:separation=-1": (SettingError, "separation must be"),
    "mixture:separation=inf": (SettingError, "separation must be"),
    "mixture:clusters=1": (SettingError, "clusters must be an integer >= 2"),
    "sphere:n=100000000": (SettingError, "numbers are too many"),
    "xor:n=2,seed=1": (SettingError, "hold one class only; take a larger n"),
}


@pytest.mark.parametrize("spec", MALFORMED)
def test_a_malformed_spec_is_refused_in_one_line(spec: str) -> None:
    error, message = MALFORMED[spec]
    with pytest.raises(error, match=message) as caught:
        load(spec)
    assert "\n" not in str(caught.value)


def test_a_spec_is_text_or_a_path() -> None:
    with pytest.raises(DataError, match="malformed data SPEC 3"):
        load(3)  # type: ignore[arg-type]


def test_a_folder_named_like_a_source_does_not_hide_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "digits").mkdir()
    (tmp_path / "xor").mkdir()
    assert load("digits:3/8").n > 0
    assert load("xor").n == 2000


def test_importing_data_is_light() -> None:
    code = "import sys, howwide; before = set(sys.modules); import howwide.data; new = set(sys.modules) - before"
    code += "; print(sorted({'pandas', 'sklearn', 'scipy', 'jax'} & new))"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.strip() == "[]"
