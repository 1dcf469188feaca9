"""Rounds of annotation: transcriptions in, which documents belong together, and who annotates what."""

from corpus_tools.rounds.earlier import EarlierText, read_annotated_hashes, read_earlier_texts
from corpus_tools.rounds.identifiers import Identifier, find_identifiers
from corpus_tools.rounds.plan import (
    Assignment,
    RoundPlan,
    plan_round,
    share_out,
    write_round,
)
from corpus_tools.rounds.sampling import (
    NEAR_DUPLICATE,
    SHINGLE_WORDS,
    Signature,
    find_near_duplicates,
    group_linked,
    link_equal,
    sign_text,
)
from corpus_tools.rounds.start import RoundSettings, StartedRound, describe_round, start_round
from corpus_tools.rounds.transcriptions import (
    MIN_SAMPLES,
    SpecialtyCount,
    Transcription,
    TranscriptionTable,
    make_doc_id,
    read_transcriptions,
)

__all__ = [
    "MIN_SAMPLES",
    "NEAR_DUPLICATE",
    "SHINGLE_WORDS",
    "Assignment",
    "EarlierText",
    "Identifier",
    "RoundPlan",
    "RoundSettings",
    "Signature",
    "SpecialtyCount",
    "StartedRound",
    "Transcription",
    "TranscriptionTable",
    "describe_round",
    "find_identifiers",
    "find_near_duplicates",
    "group_linked",
    "link_equal",
    "make_doc_id",
    "plan_round",
    "read_annotated_hashes",
    "read_earlier_texts",
    "read_transcriptions",
    "share_out",
    "sign_text",
    "start_round",
    "write_round",
]
