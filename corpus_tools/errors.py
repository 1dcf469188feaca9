"""The exceptions of corpus_tools, each with the exit code that the command line ends with.

::

    Exception
    └── CorpusError             1  a fault of ours that has no better name
        ├── UsageError          2  a setting, path or combination that makes no sense
        ├── InputError          3  input that can't be read or trusted, or the first reject under --strict
        │   └── SchemaError     3  a schema or annotation.conf that can't be used
        ├── OutputExists        2  the output is there already and --force was not given
        ├── ItemChanged         2  what was to be decided is no longer what was seen
        ├── OutputBusy          5  another run holds the output
        ├── GateMissed          6  a figure fell below --fail-under
        ├── ResourceExhausted   7  disk full, file too large, memory
        └── Refused             8  refused for safety

Exit code 4 (finished, some input rejected) is a result, not an exception, and 130 is an interruption.
A message says where, what, expected, found and the next step; it holds no clinical text unless asked for.

Examples
--------
>>> raise_code = UsageError("--splits 70:15:16 adds up to 101, expected 100").exit_code
>>> raise_code
2
"""

EXIT_DONE = 0
EXIT_INTERNAL = 1
EXIT_USAGE = 2
EXIT_INVALID = 3
EXIT_REJECTS = 4
EXIT_BUSY = 5
EXIT_GATE = 6
EXIT_RESOURCE = 7
EXIT_REFUSED = 8
EXIT_INTERRUPTED = 130


class CorpusError(Exception):
    """Be the root of every error that this project raises on purpose."""

    exit_code = EXIT_INTERNAL


class UsageError(CorpusError):
    """Report a setting, path or combination of options that makes no sense."""

    exit_code = EXIT_USAGE


class InputError(CorpusError):
    """Report input that can't be read or trusted."""

    exit_code = EXIT_INVALID


class SchemaError(InputError):
    """Report a schema or `annotation.conf` that can't be used."""


class OutputExists(UsageError):
    """Report an output that is there already, where `--force` was not given."""


class ItemChanged(UsageError):
    """Report that an item was decided, or its evidence changed, since whoever decides it saw it."""


class OutputBusy(CorpusError):
    """Report an output that another run is writing."""

    exit_code = EXIT_BUSY


class GateMissed(CorpusError):
    """Report a figure below its `--fail-under`."""

    exit_code = EXIT_GATE


class ResourceExhausted(CorpusError):
    """Report a full disk, a file-size limit or exhausted memory."""

    exit_code = EXIT_RESOURCE


class Refused(CorpusError):
    """Refuse for safety: hostile paths, model folders, hosts."""

    exit_code = EXIT_REFUSED
