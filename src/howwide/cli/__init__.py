"""The command line: ``howwide VERB``.

Results go to stdout (a table, or one JSON document with ``--json`` and nothing else), progress and messages to stderr.
Exit code 0: done;
1: the run itself failed; 2: wrong usage or bad input, said in one line.
"""

from howwide.cli.app import main

__all__ = ["main"]
