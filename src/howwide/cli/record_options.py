"""Options of a command from the fields of a settings record: names, defaults and help stand in the record alone.

A setting with several values is one text, with commas between them.
"""

import inspect
import types
import typing
from collections.abc import Callable
from typing import Annotated, Any

import typer
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from howwide.errors import SettingError

__all__ = ["given_settings", "with_options"]


def with_options(record: type[BaseModel], *first: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command an option for each field of ``record``, after its context, the fields named ``first`` first."""
    fields = {name: record.model_fields[name] for name in (*first, *record.model_fields)}
    keyword = inspect.Parameter.KEYWORD_ONLY
    options = [
        inspect.Parameter(name, keyword, default=_text(field), annotation=_annotation(name, field))
        for name, field in fields.items()
    ]

    def add(command: Callable[..., None]) -> Callable[..., None]:
        context, *others = inspect.signature(command).parameters.values()
        own = [p.replace(kind=keyword) for p in others if p.kind is not p.VAR_KEYWORD]
        command.__signature__ = inspect.Signature([context, *options, *own])  # type: ignore[attr-defined]
        command.__annotations__ |= {option.name: option.annotation for option in options}
        return command

    return add


def given_settings(record: type[BaseModel], context: typer.Context) -> dict[str, Any]:
    """The fields of ``record`` that were given on the command line.

    Raises:
        SettingError: numbers that are none.
    """
    sources = {name: context.get_parameter_source(name) for name in record.model_fields}
    return {
        name: _read(name, record.model_fields[name], context.params[name])
        for name, source in sources.items()
        if source is not None and source.name == "COMMANDLINE"
    }


def _kinds(field: FieldInfo) -> list[Any]:
    """The types that a field may have, None aside."""
    union = typing.get_origin(field.annotation) in (typing.Union, types.UnionType)
    kinds = typing.get_args(field.annotation) if union else (field.annotation,)
    bare = (typing.get_args(kind)[0] if typing.get_origin(kind) is Annotated else kind for kind in kinds)
    return [kind for kind in bare if kind is not types.NoneType]


def _annotation(name: str, field: FieldInfo) -> Any:
    kind = _kinds(field)[0]
    option = typer.Option(f"--{name.replace('_', '-')}", help=field.description)
    return Annotated[(kind if kind in (int, float, bool) else str) | None, option]


def _text(field: FieldInfo) -> Any:
    """The default as an option has it; None where there is none."""
    if field.is_required() or field.default is None:
        return None
    if isinstance(field.default, tuple):
        return ",".join(str(v) if isinstance(v, str) else f"{v:g}" for v in field.default)
    return field.default


def _read(name: str, field: FieldInfo, value: Any) -> Any:
    """The value of an option as a file would have it."""
    kind = _kinds(field)[0]
    if typing.get_origin(kind) is not tuple:
        return value
    try:
        return list(TypeAdapter(kind).validate_python([part.strip() for part in value.split(",")]))
    except ValidationError:
        numbers = "whole numbers" if int in typing.get_args(kind) else "numbers"
        option = f"--{name.replace('_', '-')}"
        raise SettingError(f"{option} takes {numbers}, one or several separated by commas; got {value!r}") from None
