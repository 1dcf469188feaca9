"""The exceptions of relext, each with the exit code that the command line ends with.

::

    CorpusError (corpus_tools.errors)
    ├── UsageError          2
    │   ├── SettingError    2  a setting that is unknown, of another type, or out of its range
    │   └── EncoderError    2  an encoder that can't be had: no such folder or name, no network, no safetensors
    ├── InputError          3
    │   ├── NothingToLearn  3  a corpus without documents, mentions, candidate pairs or relations to train on
    │   ├── LabelMismatch   3  a corpus whose relation labels the model has never heard of
    │   └── MissingFinder   3  a model without a finder where mentions must be found
    └── Refused             8
        └── HostileModel    8  a model or encoder folder with pickles, code, foreign types or changed bytes

    UserWarning
    └── MentionWarning         mentions that were given to a model from Python and that it can't relate

Examples
--------
>>> EncoderError("offline; give a local path").exit_code, HostileModel("holds a pickle").exit_code
(2, 8)
"""

from corpus_tools.errors import InputError, Refused, UsageError


class SettingError(UsageError):
    """Report a setting that is unknown, of another type, or out of its range."""


class EncoderError(UsageError):
    """Report an encoder that can't be had."""


class NothingToLearn(InputError):
    """Report a corpus that holds nothing to train on."""


class LabelMismatch(InputError):
    """Report a corpus whose labels a model does not know."""


class MissingFinder(InputError):
    """Report a model that can't find mentions where they must be found."""


class HostileModel(Refused):
    """Refuse a model folder that could run code, or that is not what its manifest says."""


class MentionWarning(UserWarning):
    """Warn of mentions that a model was given and can't relate."""
