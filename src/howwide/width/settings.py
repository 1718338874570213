"""What the settings of every study have in common: how they are checked, and those of the adaptive design.

Every setting stands once in one of these records: its name, its type, its default, and the text that documents it and
is the help of its option.
"""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, ValidationInfo

from howwide.errors import SettingError
from howwide.plain import one_or_several, plain

__all__ = ["DesignSettings", "Settings", "Several"]

T = TypeVar("T")


def _tuple(value: object, info: ValidationInfo) -> tuple[object, ...]:
    values = tuple(one_or_several(value))
    if not values:
        raise SettingError(f"give at least one value of {info.field_name}")
    return values


Several = Annotated[tuple[T, ...], BeforeValidator(_tuple)]
"""One value or several, in any sequence."""


class Settings(BaseModel):
    """Settings by name, checked when they are made.

    Raises:
        SettingError: an unknown name, a missing one, a wrong type, a value outside its domain, or settings that
            contradict each other.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True)

    def __init__(self, **settings: object) -> None:
        try:
            super().__init__(**{name: plain(value) for name, value in settings.items()})
        except ValidationError as error:
            raise self._refusal(error) from None

    @classmethod
    def _refusal(cls, error: ValidationError) -> SettingError:
        """The first finding, with the setting's name and what it wants."""
        finding = error.errors()[0]
        if finding["type"] == "value_error":
            return SettingError(finding["ctx"]["error"])
        name = str(finding["loc"][0])
        if finding["type"] == "extra_forbidden":
            return SettingError(f"unknown key {name!r}; the keys are {', '.join(cls.model_fields)}")
        if finding["type"] == "missing":
            return SettingError(f"{name} is missing")
        return SettingError(f"{name} is {finding['input']!r}; {finding['msg'][0].lower()}{finding['msg'][1:]}")


class DesignSettings(Settings):
    """How many trials are made, and what is asked of their answer.

    Raises:
        SettingError: as :class:`Settings`.
    """

    trials: int = 1000
    """The most trials for each threshold."""

    precision: float = 1.25
    """Enough when the ends of every interval are within this factor, or the width between two neighbours."""

    round_size: int = 32
    """Trials that are asked for at once."""

    quantiles: Several[float] = (0.5, 0.9)
    """Success probabilities q whose widths are wanted."""

    level: float = 0.95
    """Level of the intervals."""

    def __init__(self, **settings: object) -> None:  # for type checkers: any sequence, and a single value
        super().__init__(**settings)

    @property
    def of_design(self) -> dict[str, Any]:
        """These settings by name, as :class:`howwide.statistics.AdaptiveDesign` takes them."""
        return {name: getattr(self, name) for name in DesignSettings.model_fields}
