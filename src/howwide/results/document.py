"""The whole record of one run."""

import importlib
import json
import pkgutil
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Union

from pydantic import ConfigDict, Field, ValidationInfo, field_validator

from howwide.results.base import RESULTS, Record, Result

__all__ = ["SCHEMA", "Document", "json_schema"]

SCHEMA: Literal["2.0"] = "2.0"
"""Version of the document's schema: the first number changes when a key changes meaning or goes."""

for _module in pkgutil.iter_modules([str(Path(__file__).parent)]):  # each registers its results
    if _module.name not in ("__main__", "base", "document", "older"):
        importlib.import_module(f"howwide.results.{_module.name}")

if TYPE_CHECKING:
    AnyResult = Result
else:
    _kinds = dict.fromkeys(kind for kinds in RESULTS.values() for kind in kinds)
    AnyResult = Union[tuple(sorted(_kinds, key=lambda kind: kind.__module__))]  # noqa: UP007 (whoever came first)


class Document(Record):
    """The whole record of one run."""

    howwide: str = Field(default_factory=lambda: version("howwide"))
    schema_version: Literal["2.0"] = Field(default=SCHEMA, alias="schema")
    verb: str = Field(json_schema_extra={"enum": [*sorted(RESULTS)]})
    settings: dict[str, Any]
    data: dict[str, Any] | None
    result: AnyResult
    warnings: list[str]

    model_config = ConfigDict(populate_by_name=True)

    @field_validator("result", mode="before")
    @classmethod
    def _of_verb(cls, result: Any, info: ValidationInfo) -> Any:
        """The result as one of the kinds that the verb has."""
        kinds = RESULTS.get(info.data.get("verb", ""), [])
        if not kinds or (isinstance(result, Result) and type(result) not in kinds):
            raise ValueError(f"not a result of the verb {info.data.get('verb')!r}")
        keys = {kind: {field.alias or name for name, field in kind.model_fields.items()} for kind in kinds}
        fitting = [kind for kind in kinds if isinstance(result, dict) and set(result) <= keys[kind]]
        return result if isinstance(result, Result) else (fitting or kinds)[0].model_validate(result)

    def to_json(self) -> str:
        """Canonical text: keys as named in the design, two spaces, no NaN."""
        return json.dumps(self.model_dump(by_alias=True), indent=2, allow_nan=False)


def json_schema() -> dict[str, Any]:
    """The JSON schema of documents."""
    return Document.model_json_schema(by_alias=True, mode="serialization")
