"""A study as one table of settings: what ``howwide width --config study.toml`` reads and its options give.

The keys are the names of the command's options with underscores. Unknown keys, wrong types and settings that contradict
each other are refused by name, in one line.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from howwide.data import Dataset
from howwide.data.opening import opened
from howwide.errors import DataError, SettingError
from howwide.statistics import AdaptiveDesign
from howwide.width.extension import FACTOR, check_extend
from howwide.width.protocol import Protocol, check_alpha
from howwide.width.search import design_of, protocols

__all__ = ["WidthConfig", "read_config"]


def _list(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


Integers = Annotated[list[int], BeforeValidator(_list)]
Numbers = Annotated[list[float], BeforeValidator(_list)]
Words = Annotated[list[str], BeforeValidator(_list)]


class WidthConfig(BaseModel):
    """The settings of a study; lists of one where several values are possible."""

    model_config = ConfigDict(extra="forbid", strict=True)

    data: str
    n: Integers
    constant_coordinate: float | None = None
    subset: str = "stratified"
    labels: str = "true"
    label_noise: Numbers = [0.0]
    network: str = "deep"
    depth: Integers = [5]
    alpha: Numbers | None = None
    antisymmetric: bool = False
    target: Words = ["zero-error"]
    steps: Integers = [5000]
    step_size: str | float = "ladder"
    loss: str = "logistic"
    hidden_constant: float = 1.0
    max_width: int = 1024
    trials: int = 400
    precision: float = 1.25
    round_size: int = 32
    quantiles: Numbers = [0.5, 0.9]
    level: float = 0.95
    extend: int = FACTOR
    seed: int = 0

    @classmethod
    def read(cls, settings: Mapping[str, Any], where: str) -> "WidthConfig":
        """Settings by name, checked, in the words of ``where`` they come from.

        Raises:
            SettingError: an unknown key, a missing one, a wrong type, a value outside its domain, a contradiction.
        """
        try:
            found = cls.model_validate(dict(settings))
        except ValidationError as error:
            raise SettingError(f"{where}: {_told(error)}") from None
        found.check()
        return found

    def check(self) -> None:
        """See that everything that can be seen without the data is in order.

        Raises:
            SettingError: it is not.
        """
        if self.subset not in ("stratified", "random"):
            raise SettingError(f"subset is stratified or random; got {self.subset!r}")
        check_alpha(self.network, self.alpha)
        check_extend(self.extend)
        self.design()

    def protocols(self) -> list[Protocol]:
        """One for each combination of the values of what may vary."""
        return protocols(
            depth=self.depth,
            target=self.target,
            alpha=self.alpha or [0.5],
            label_noise=self.label_noise,
            steps=self.steps,
            network=self.network,
            step_size=self.step_size,
            loss=self.loss,
            hidden_constant=self.hidden_constant,
            antisymmetric=self.antisymmetric,
            stratified=self.subset == "stratified",
            labels=self.labels,
            seed=self.seed,
        )

    def design(self) -> AdaptiveDesign:
        """The rule that asks for trials."""
        names = ("max_width", "round_size", "trials", "precision", "quantiles", "level")
        return design_of(self.protocols()[0], **{name: getattr(self, name) for name in names})

    def load(self) -> Dataset:
        """The data."""
        from howwide.data import load

        return load(self.data, constant=self.constant_coordinate)

    def arguments(self) -> dict[str, Any]:
        """Keyword arguments of :func:`howwide.width.search`."""
        kept = self.model_dump(exclude={"data", "constant_coordinate", "subset", "alpha"})
        return {**kept, "alpha": self.alpha, "stratified": self.subset == "stratified"}

    def settings(self) -> dict[str, Any]:
        """For the document: lists of one as their value."""
        told = {**self.model_dump(), "alpha": self.alpha or ([0.5] if self.network == "deep" else None)}
        return {
            name: value[0] if isinstance(value, list) and len(value) == 1 and name not in ("n", "quantiles") else value
            for name, value in told.items()
        }


def read_config(path: Path) -> dict[str, Any]:
    """The table in a TOML file.

    Raises:
        DataError: no file, or not TOML in UTF-8.
    """
    try:
        with opened(path) as stream:
            return tomllib.loads(stream.read().decode("utf-8-sig"))
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise DataError(f"{path} is not UTF-8 text; save it as UTF-8") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise DataError(f"{path} is not TOML: {error}") from None


def _told(error: ValidationError) -> str:
    """The first finding, with the key's name and what it wants."""
    found = error.errors()[0]
    key = str(found["loc"][0])
    if found["type"] == "extra_forbidden":
        return f"unknown key {key!r}; the keys are {', '.join(WidthConfig.model_fields)}"
    if found["type"] == "missing":
        return f"{key} is missing"
    return f"{key} is {found['input']!r}; {found['msg'][0].lower()}{found['msg'][1:]}"
