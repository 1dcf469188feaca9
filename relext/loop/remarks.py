"""What is said of texts and mentions from which no relation can come, in one sentence each.

In: a model, and what was counted. Out: sentences, none where there is nothing to say.
"""

from collections.abc import Iterable, Mapping

from corpus_tools.standoff import suggest_name
from relext.data import describe_unknown_types
from relext.model import TrainedModel


def list_remarks(
    model: TrainedModel, *, over_long: int, unknown_types: Mapping[str, int], without_mentions: int
) -> list[str]:
    """Return what was left out of the model's sight.

    Parameters
    ----------
    over_long : int
        Mentions in sentences that are too long to give pairs.
    unknown_types : mapping of type to int
        Mentions of types that training never saw.
    without_mentions : int
        Documents that have no mention, given or found.
    """
    remarks = []
    if without_mentions:
        remarks.append(f"{without_mentions} documents have no mention, so no relation either")
    if over_long:
        remarks.append(
            f"{over_long} mentions lie in sentences of more than {model.max_words} words, which give no relation"
        )
    if unknown_types:
        remarks.append(describe_unknown_types(model.scheme, unknown_types))
    return remarks


def list_warnings(model: TrainedModel, name: str, *, over_long: int, unknown_types: Iterable[str]) -> list[str]:
    """Return what is said of mentions, a type a sentence and without counts, so that Python shows each once."""
    known = frozenset(model.scheme.types)
    warnings = [
        f"{name}: training saw no mention of the type {each}, so none is related{suggest_name(each, known)}"
        for each in unknown_types
    ]
    if over_long:
        warnings.append(f"{name}: mentions in sentences of more than {model.max_words} words are not related")
    return warnings
