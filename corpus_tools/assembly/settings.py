"""The settings of a build: everything that shapes its output, checked, with the defaults of `corpus build --help`.

Examples
--------
>>> str(BuildSettings().shares)
'70:15:15'
"""

from dataclasses import asdict, dataclass, field

from corpus_tools.assembly.split import Shares, parse_shares
from corpus_tools.errors import UsageError
from corpus_tools.sentences import MAX_WORDS

_LEAST = {"max_words": 1, "min_samples": 0, "max_sentence_distance": 0}


@dataclass(frozen=True, slots=True)
class BuildSettings:
    """Hold how a corpus is built.

    Attributes
    ----------
    max_words : int, words
        Longest sentence that is kept.
    min_samples : int, distinct texts
        Samples that a specialty needs; acts where metadata gives specialties.
    max_sentence_distance : int, sentences
        How far apart the two mentions of a candidate pair may stand.
    shares : Shares
        Percentages of train, validation and test.
    keep_splits : bool
        Take the parts from the export's own folders instead.
    strict, strict_schema : bool
        Stop at the first reject; reject gold that the schema does not allow.
    events, equivalences : bool
        Make relations of events' arguments, and of the members of `*` groups.
    preprocessed : bool
        Fill the sentences' column with what the paper's preprocessing leaves, for ablation.
    bigbio : bool
        Write the documents as JSONL with BigBIO's field names too.

    Raises
    ------
    UsageError
        Where a number is too small.
    """

    max_words: int = MAX_WORDS
    min_samples: int = 50
    max_sentence_distance: int = 1
    shares: Shares = field(default_factory=lambda: parse_shares("70:15:15"))
    keep_splits: bool = False
    seed: int = 13
    strict: bool = False
    strict_schema: bool = False
    events: bool = False
    equivalences: bool = False
    preprocessed: bool = False
    bigbio: bool = False

    def __post_init__(self) -> None:
        for name, least in _LEAST.items():
            if getattr(self, name) < least:
                raise UsageError(f"--{name.replace('_', '-')} {getattr(self, name)}: expected {least} or more")

    def to_json(self) -> dict[str, object]:
        """Return the settings as JSON values."""
        return {**asdict(self), "shares": str(self.shares)}
