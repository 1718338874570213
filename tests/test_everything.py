"""Surroundings change no result: the numbers of NumPy and JAX, and the flags that a user of JAX has set."""

from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV

import howwide as hw
from everything import X, Y, calls, differences, flat
from howwide.errors import SettingError
from howwide.estimators import DeepReLUClassifier
from howwide.plain import one_or_several, plain

QUICK = ("signals, deep", "signals, fixed", "data", "other_weights", "stored", "statistics")
NAMES = [pytest.param(n, marks=() if n in QUICK else pytest.mark.slow) for n in calls()]
UNDER_FLAGS = ("signals, deep", "diverging, fixed")


def whole_numbers_of_jax(values: list[Any]) -> Any:
    return jnp.asarray(values) if all(type(v) is int for v in values) else np.array(values)


NUMBERS: dict[str, tuple[Callable[..., Any], ...]] = {
    "NumPy": (np.int64, np.float64, np.array),
    "small NumPy": (np.int32, lambda v: np.asarray(v, np.float64), lambda v: np.array(v)),
    "JAX": (jnp.asarray, np.float64, whole_numbers_of_jax),
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", NUMBERS)
def test_the_numbers_of_other_libraries_are_taken(kind: str, name: str) -> None:
    assert differences(flat(calls()[name]()), flat(calls(*NUMBERS[kind])[name]())) == []


FLAGS = {
    "rank": {"jax_numpy_rank_promotion": "raise"},
    "dtype": {"jax_numpy_dtype_promotion": "strict"},
    "nan": {"jax_debug_nans": True},
    "infinite": {"jax_debug_infs": True},
    "x64": {"jax_enable_x64": True},
    "no jit": {"jax_disable_jit": True},
}
STRICT = {name: value for flag in ("rank", "dtype", "nan", "x64") for name, value in FLAGS[flag].items()}


@pytest.fixture
def flag() -> Iterator[Callable[[dict[str, Any]], None]]:
    before: dict[str, Any] = {}

    def set_flags(values: dict[str, Any]) -> None:
        for name, value in values.items():
            before[name] = getattr(jax.config, name)
            jax.config.update(name, value)

    yield set_flags
    for name, value in before.items():
        jax.config.update(name, value)


@pytest.mark.parametrize("name", UNDER_FLAGS)
def test_strict_modes_of_jax_change_nothing(name: str, flag: Callable[[dict[str, Any]], None]) -> None:
    plain_result = flat(calls()[name]())
    flag(STRICT)
    assert differences(plain_result, flat(calls()[name]())) == []


LOOPS = ("descent", "many", "search", "certified", "compared", "by_theorem")
CASES = [
    (chosen, name)
    for chosen in (*FLAGS, "all strict")
    for name in calls()
    if not (chosen == "no jit" and name.startswith(LOOPS))  # minutes, one step at a time
]


@pytest.mark.slow
@pytest.mark.parametrize(("chosen", "name"), CASES)
def test_no_flag_of_jax_changes_a_result(chosen: str, name: str, flag: Callable[[dict[str, Any]], None]) -> None:
    """Without the compiler the last bits differ."""
    plain_result = flat(calls()[name]())
    flag(FLAGS.get(chosen, STRICT))
    found = flat(calls()[name]())
    assert differences(plain_result, found, 1e-3 if chosen == "no jit" else 0.0) == []


@pytest.mark.parametrize("value", [True, np.True_, jnp.asarray(True), 3.0, np.float64(3), np.array([3]), "3", None])
def test_what_is_no_whole_number_is_no_width(value: Any) -> None:
    with pytest.raises(SettingError, match="width"):
        hw.DeepReLU(width=value)


def test_numbers_become_plain() -> None:
    found = plain({"a": 1}), plain(np.float32(0.5)), plain(jnp.arange(2)), plain([np.int8(1), (np.bool_(True),)])
    assert found == ({"a": 1}, 0.5, [0, 1], [1, (True,)])
    assert [type(v) for v in one_or_several(np.arange(2))] == [int, int]
    assert [one_or_several(v) for v in (np.int64(3), "ab", range(2), np.array(2.5))] == [[3], ["ab"], [0, 1], [2.5]]


@pytest.mark.slow
def test_a_grid_of_numpy_numbers_over_the_estimator() -> None:
    grid = {"width": np.array([8, 12]), "depth": np.arange(2, 4), "alpha": np.array([0.5]), "max_steps": np.array([5])}
    model = DeepReLUClassifier(target=None, random_state=0)
    found = GridSearchCV(model, grid, cv=2).fit(np.repeat(X, 2, axis=0), np.repeat(Y, 2))
    assert found.best_estimator_.net_.width in (8, 12)
