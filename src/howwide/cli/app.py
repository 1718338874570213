"""The verbs in one application, the compile cache, and how errors leave the program."""

import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from platformdirs import user_cache_path

from howwide.cli import certify, data, demo, measure, report, sweep, theorems, train, width
from howwide.errors import HowwideError

__all__ = ["app", "main"]

_INTERRUPTED = 130

app = typer.Typer(
    help="How wide is wide enough? Trains the theory's networks on your data and finds the width that is needed.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command(epilog=demo.EXAMPLES)(demo.demo)
app.command(epilog=width.EXAMPLES)(width.width)
app.command(epilog=train.EXAMPLES)(train.train)
app.command(epilog=measure.EXAMPLES)(measure.measure)
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


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    use_compile_cache()
    usage_error: Any = typer.BadParameter.__base__  # the class of all wrong usage, whichever click typer brings
    try:
        code = typer.main.get_command(app).main(arguments, prog_name="howwide", standalone_mode=False)
        if code == _INTERRUPTED:  # typer turns Ctrl-C into this code
            raise KeyboardInterrupt
        return code if isinstance(code, int) else 0
    except HowwideError as error:
        return _refuse(str(error))
    except usage_error as error:
        message = error.format_message() if hasattr(error, "format_message") else str(error)
        return _refuse(f"{message.strip().rstrip('.')}. See howwide --help.")
    except OSError as error:  # a full disk behind stdout, an unreadable file of the system
        print(f"howwide: the run failed: {error}", file=sys.stderr)
        return 1
    except (KeyboardInterrupt, typer.Abort):
        print("howwide: interrupted", file=sys.stderr)
        return _INTERRUPTED


def _refuse(message: str) -> int:
    print(f"howwide: {' '.join(message.split())}", file=sys.stderr)
    return 2


def use_compile_cache() -> None:
    """Keep compiled loops under the user's cache folder; JAX reads these variables when it is imported."""
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(user_cache_path("howwide") / "compiled"))
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "-1")


if __name__ == "__main__":
    sys.exit(main())
