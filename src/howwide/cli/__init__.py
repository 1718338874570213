"""The command line: ``howwide VERB``.

Results go to stdout (a table, or one JSON document with ``--json`` and nothing else), progress and messages to stderr.
Exit code 0: done;
1: the run itself failed; 2: wrong usage or bad input, said in one line; 130: interrupted, with a line that says what is
kept.
"""

from collections.abc import Sequence

from howwide.cli.interruption import run_interruptibly

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code. A verb that Ctrl-C cannot stop in time ends with the process."""

    def verb() -> int:
        from howwide.cli.app import run  # here, so that Ctrl-C is understood while it is imported

        return run(arguments)

    return run_interruptibly(verb)
