"""Tasks and studies: ids that follow from the content, and nothing that is not JSON."""

import dataclasses
import json
import subprocess
import sys
from enum import StrEnum
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from howwide.errors import SettingError
from howwide.sweep import Study, Task
from howwide.sweep.task import canonical, digest, plain, resolve
from sweep_tasks import STUDY, cube

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


class Colour(StrEnum):
    RED = "red"


@given(st.dictionaries(st.text(), JSON, max_size=4))
@settings(max_examples=80, deadline=None)
def test_a_task_read_from_json_has_the_same_id(arguments: dict[str, Any]) -> None:
    task = Task("m:f", arguments)
    again = Task("m:f", json.loads(json.dumps(dict(reversed(arguments.items())))))
    assert again.id == task.id
    assert again == task
    assert task.fresh_arguments() == task.arguments == arguments


def test_function_arguments_and_context_change_the_id_and_the_group_does_not() -> None:
    base = Task("m:f", {"x": 1}, {"data": "a"})
    others = [Task("m:g", {"x": 1}, {"data": "a"}), Task("m:f", {"x": 2}, {"data": "a"}), Task("m:f", {"x": 1})]
    others.append(Task("m:f", {"x": 1.0}, {"data": "a"}))
    assert len({base.id, *(task.id for task in others)}) == 5
    assert Task("m:f", {"x": 1}, {"data": "a"}, group="wide").id == base.id


def test_every_part_of_a_study_enters_the_id() -> None:
    changes: list[dict[str, Any]] = [
        {"name": "cubes"},
        {"context": {"data": "zz"}},
        {"environment": {"NPROC": "2"}},
        {"versions": {"jax": "9"}},
    ]
    ids = {dataclasses.replace(STUDY, **change).task("m:f", {}).id for change in changes}
    assert len(ids | {STUDY.task("m:f", {}).id}) == 5


def test_an_id_is_the_same_in_another_process() -> None:
    script = "import howwide.sweep as s; print(s.Task('m:f', {'b': [1.5, None], 'a': 'é'}, {'k': True}).id)"
    other = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.strip()
    assert other == Task("m:f", {"a": "é", "b": (1.5, None)}, {"k": True}).id
    # by hand: the text that is hashed
    assert other == digest('{"arguments":{"a":"\\u00e9","b":[1.5,null]},"context":{"k":true},"function":"m:f"}')


def test_later_changes_of_what_was_given_do_not_reach_the_task() -> None:
    arguments = {"widths": [1, 2]}
    task = Task("m:f", arguments)
    arguments["widths"].append(3)
    assert task.arguments == {"widths": [1, 2]}
    task.fresh_arguments()["widths"].append(4)
    assert task.fresh_arguments() == {"widths": [1, 2]}


def test_numpy_scalars_tuples_and_enumerations_become_plain() -> None:
    given_ = {
        "a": np.float32(0.5),
        "b": np.int64(3),
        "c": np.bool_(True),
        "d": (1, 2),
        "e": Colour.RED,
        "f": np.array(2),
    }
    made = plain(given_, "x")
    assert made == {"a": 0.5, "b": 3, "c": True, "d": [1, 2], "e": "red", "f": 2}
    assert [type(v) for v in made.values()] == [float, int, bool, list, str, int]
    assert canonical(made) == '{"a":0.5,"b":3,"c":true,"d":[1,2],"e":"red","f":2}'


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (float("nan"), "x.k must be JSON .* is nan"),
        (np.float64("inf"), "x.k must be JSON .* is inf"),
        ([1, {2}], r"x.k\[1\] must be JSON .* of type set"),
        ({1: 2}, "x.k must be JSON .* of type dict"),
        (np.zeros(2), "x.k must be JSON .* of type ndarray"),
        (b"bytes", "of type bytes"),
        ("caf\udce9", r"x.k must be JSON .* is 'caf\\udce9'"),
    ],
)
def test_what_is_not_json_is_refused_by_its_place(value: Any, told: str) -> None:
    with pytest.raises(SettingError, match=told):
        plain({"k": value}, "x")


@pytest.mark.parametrize("function", ["f", "m.f", "m:", ":f", "m:f.g", "m:f()", "__main__:f", "m:<lambda>", "a b:f"])
def test_a_function_without_an_importable_name_is_refused(function: str) -> None:
    with pytest.raises(SettingError, match=r"package\.module:function"):
        Task(function, {})


def test_names_without_a_function_are_told() -> None:
    assert resolve("math:sqrt")(9) == 3.0  # type: ignore[arg-type]
    for name in ("no_such_module:f", "math:no_such_name"):
        with pytest.raises(SettingError, match=f"no function {name}: "):
            resolve(name)


def test_a_function_of_one_task_takes_batches() -> None:
    assert list(cube([{"x": 2}, {"x": 3}])) == [{"cube": 8}, {"cube": 27}]
    assert cube.__name__ == "cube"


def test_a_study_knows_the_library_and_has_one_thread_unless_told_otherwise() -> None:
    from importlib.metadata import version

    study = Study("s", {})
    assert study.versions == {"howwide": version("howwide")}
    assert study.environment["NPROC"] == "1"
