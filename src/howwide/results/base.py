"""What every part of a result is: frozen, complete, without NaN or infinity; and what is kept beside it.

A result is what a question returns and, field by field, what ``--json`` prints. Fields declared by
:func:`not_printed` are kept beside it: tables and arrays as files of their own in an output folder (`Stored`), live
objects in memory alone.
"""

import dataclasses
import importlib
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from howwide.numbers import to_json_types

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["RESULTS", "Record", "Result", "Stored", "frame_of", "not_printed"]


class Record(BaseModel):
    """A part of a document: JSON types, null for what is not finite, no key that is not declared."""

    model_config = ConfigDict(
        extra="forbid", allow_inf_nan=False, frozen=True, json_schema_serialization_defaults_required=True
    )

    @model_validator(mode="before")
    @classmethod
    def _to_json_types(cls, fields: Any) -> Any:
        """Numbers of NumPy and what is not finite become JSON types; fields that are not printed stay as they are."""
        if not isinstance(fields, dict):
            return fields
        printed = {name for name, field in cls.model_fields.items() if not field.exclude}
        return {k: to_json_types(v, leave=BaseModel) if k in printed else v for k, v in fields.items()}


@dataclasses.dataclass(frozen=True)
class Stored:
    """Where an output folder keeps a field that is not printed: a data frame (.csv), or arrays by name (.npz).

    A CSV file must have ``columns``, and hold numbers in all but ``words``.
    """

    file: str
    columns: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


def not_printed(default: Callable[[], Any] = lambda: None) -> Any:
    """A field that is not in the document: in a file of its own if annotated as `Stored`, else in memory alone."""
    return Field(default_factory=default, exclude=True, repr=False)


def frame_of(kind: type[Record], rows: Sequence[Record]) -> "pd.DataFrame":
    """Records of one kind as a table, a column a field: NaN, or NA among whole numbers, for what is not known."""
    import pandas as pd  # here, as not every verb needs it

    frame = pd.DataFrame([dict(row) for row in rows], columns=list(kind.model_fields))
    floats = {name: "float" for name, field in kind.model_fields.items() if field.annotation == float | None}
    whole = {name: "Int64" for name, field in kind.model_fields.items() if field.annotation == int | None}
    return frame.astype(floats | whole)


RESULTS: dict[str, list[type["Result"]]] = {}
"""The kinds of result of each verb."""


class Result(Record):
    """The answer to a question. A subclass names its verbs, ``class WidthResult(Result, verbs=("width", "demo"))``.

    ``notes`` say what was left out and why; a document prints them among its warnings.
    """

    notes: list[str] = not_printed(list)
    view: ClassVar[str]
    """Module of :mod:`howwide.views` that says how it is shown: the one named like the module of the result."""

    @classmethod
    def __pydantic_init_subclass__(cls, *, verbs: tuple[str, ...] = (), **more: Any) -> None:
        super().__pydantic_init_subclass__(**more)
        cls.view = cls.__module__.rpartition(".")[2]
        for verb in verbs:
            RESULTS.setdefault(verb, []).append(cls)

    def __init_subclass__(cls, *, verbs: tuple[str, ...] = (), **more: Any) -> None:
        super().__init_subclass__(**more)

    @classmethod
    def stored_fields(cls) -> Iterator[tuple[str, Stored]]:
        """The fields that are files of their own."""
        for name, field in cls.model_fields.items():
            yield from ((name, mark) for mark in field.metadata if isinstance(mark, Stored))

    def _repr_html_(self) -> str:
        """The sentences and tables of the view, for notebooks."""
        return importlib.import_module("howwide.views.html").fragment(self)  # above this part: found when asked for
