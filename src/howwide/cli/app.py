"""The verbs in one application, the compile cache, and how errors leave the program."""

import contextlib
import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from platformdirs import user_cache_path

from howwide.cli import certify, data, demo, iterations, measure, report, sweep, theorems, threshold, train, width
from howwide.cli.interruption import INTERRUPTED
from howwide.cli.output import settle_streams
from howwide.errors import HowwideError
from howwide.stopping import Submitted

__all__ = ["app", "run"]

LATER = 75
"""Exit code of a command whose trials wait in a queue: EX_TEMPFAIL of sysexits.h, try again later."""

app = typer.Typer(
    help="How wide is wide enough? Trains the theory's networks on your data and finds the width that is needed.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command(epilog=demo.EXAMPLES)(demo.demo)
app.add_typer(width.app, name="width")
app.command(epilog=threshold.EXAMPLES)(threshold.threshold)
app.command(epilog=train.EXAMPLES)(train.train)
app.command(epilog=measure.EXAMPLES)(measure.measure)
app.command(epilog=iterations.EXAMPLES)(iterations.iterations)
app.add_typer(theorems.app, name="theorems")
app.command(epilog=certify.EXAMPLES)(certify.certify)
app.add_typer(data.app, name="data")
app.command(epilog=report.EXAMPLES)(report.report)
app.add_typer(sweep.app, name="sweep")


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context, version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False
) -> None:
    if version:
        import howwide

        print(howwide.__version__)
        raise typer.Exit
    if context.invoked_subcommand is None:
        print(context.get_help())


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line where it is called; returns the exit code.

    Raises:
        KeyboardInterrupt: Ctrl-C.
    """
    settle_streams()
    use_compile_cache()
    usage_error: Any = typer.BadParameter.__base__  # the class of all wrong usage, whichever click typer brings
    try:
        code = typer.main.get_command(app).main(arguments, prog_name="howwide", standalone_mode=False)
        sys.stdout.flush()  # here, where a full disk or a reader that has left can still be told
        if code == INTERRUPTED:  # typer turns Ctrl-C into this code
            raise KeyboardInterrupt
        return code if isinstance(code, int) else 0
    except HowwideError as error:
        return _refuse(str(error))
    except Submitted as queued:
        print(f"howwide: {queued}", file=sys.stderr)
        return LATER
    except usage_error as error:
        message = error.format_message() if hasattr(error, "format_message") else str(error)
        return _refuse(f"{message.strip().rstrip('.')}. See howwide --help.")
    except BrokenPipeError:  # the reader of stdout has seen enough, as head does
        _discard_stdout()
        return 1
    except OSError as error:  # a full disk behind stdout, an unreadable file of the system
        print(f"howwide: the run failed: {error}", file=sys.stderr)
        _discard_stdout()
        return 1
    except typer.Abort:
        raise KeyboardInterrupt from None


def _discard_stdout() -> None:
    """What could not be written must not be tried, and complained of, once more when Python ends."""
    with contextlib.suppress(OSError, ValueError, AttributeError):  # no file behind it, as in a notebook
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _refuse(message: str) -> int:
    print(f"howwide: {' '.join(message.split())}", file=sys.stderr)
    return 2


def use_compile_cache() -> None:
    """Keep compiled loops under the user's cache folder; JAX reads these variables when it is imported."""
    folder = user_cache_path("howwide") / "compiled"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:  # no home, or one that cannot be written: everything is compiled anew
        return
    if os.access(folder, os.W_OK):
        os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(folder))
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "-1")
