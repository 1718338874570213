"""What a verb prints: its view for people or the document for programs on stdout; progress and notes on stderr."""

import contextlib
import os
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.text import Text

from howwide.cli.interruption import on_leaving
from howwide.numbers import format_duration
from howwide.stopping import check_stop
from howwide.views import view_of
from howwide.views.terminal import SPELLED, print_view

if TYPE_CHECKING:
    from howwide.data import Dataset
    from howwide.results.base import Result

__all__ = ["Progress", "failed_searches", "finish", "note", "settle_streams"]


def settle_streams() -> None:
    """See that stdout and stderr exist and take any text; without a stderr notes would go to stdout."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115 - it lives as long as the process
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=SPELLED)


def note(text: str) -> None:
    """A message for the person at the terminal."""
    print(text, file=sys.stderr, flush=True)


def finish(
    verb: str,
    settings: Mapping[str, Any],
    result: "Result",
    *,
    ds: "Dataset | None" = None,
    described: dict[str, Any] | None = None,
    warnings: Iterable[str] = (),
    as_json: bool,
    folder: Path | None = None,
) -> None:
    """Make the document of a run, leave it in ``folder`` with its page if there is one, and print it or its view.

    ``described`` are the facts of the data where they are known already. The warnings are the notes of the data and of
    the result, and ``warnings``.
    """
    from howwide.results.document import Document  # here, as it imports every result

    document = Document(
        verb=verb,
        settings=dict(settings),
        data=ds.describe(separation=False) if described is None and ds is not None else described,
        result=result,
        warnings=list(dict.fromkeys([*(() if ds is None else ds.notes), *result.notes, *warnings])),
    )
    if folder is not None:  # before printing: a closed pipe must not lose the work
        from howwide.report import save

        note(f"wrote {save(folder, document)}")
    if as_json:
        print(document.to_json())
        return
    print_view(view_of(result, document.settings, document.data))
    for warning in document.warnings:
        note(f"warning: {warning}")


@contextlib.contextmanager
def failed_searches(kept: Path | None = None) -> Iterator[None]:
    """A search whose trials failed ends the verb with a line that says so, and where the others are kept; exit 1."""
    from howwide.width import SearchError

    try:
        yield
    except SearchError as error:
        rest = "" if kept is None else f". What is finished is kept in {kept}, with the traceback in its failures"
        note(f"howwide: the run failed: {error}{rest}")
        raise typer.Exit(1) from None


class Progress:
    """One line that moves on a terminal; a plain line every few seconds elsewhere. Use as a context manager.

    A state that lasts is repeated with the time since it was reported, so that nobody wonders whether anything happens.
    """

    def __init__(self, *, every: float = 5.0, repeat: float = 30.0) -> None:
        console = Console(stderr=True)
        spinner = "dots" if console.encoding.startswith("utf") else "line"
        self._status = console.status("starting ...", spinner=spinner) if console.is_terminal else None
        self._every, self._repeat = every, repeat
        self._text, self._since = "starting ...", time.monotonic()
        self._printed, self._over = self._since, threading.Event()

    def __enter__(self) -> "Progress":
        if self._status is not None:
            self._status.start()
            on_leaving(self._status.stop)  # which shows the cursor again
        threading.Thread(target=self._go_on, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._status is not None:
            self._status.stop()

    def say(self, text: str) -> None:
        """Show ``text`` as the present state."""
        check_stop()
        self._text, self._since = text, time.monotonic()
        if self._status is not None:
            self._status.update(Text(text))
        elif self._since - self._printed > self._every:
            self._printed = self._since
            note(text)

    def _go_on(self) -> None:
        while not self._over.wait(self._repeat / 4):
            now = time.monotonic()
            if now - max(self._since, self._printed) > self._repeat:
                self._printed = now
                text = f"{self._text} (for {format_duration(now - self._since)})"
                if self._status is not None:
                    self._status.update(Text(text))
                else:
                    note(text)
