"""The schema of a corpus: what was advised, widened by the gold that a model may learn from.

In: a schema or none, and the profiles of the documents. Out: the schema whose pairs become candidates, and the gold
that lay outside the advice.

A schema that comes with an export is advice: gold outside it is kept with a warning. The gold of the training part
widens it, or all gold where there is no training part; where no schema is at hand, that gold is the schema.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from corpus_tools.assembly.records import Profile
from corpus_tools.standoff import EntityType, RelationType, Schema, TypedLabel

TRAIN = "train"


def widen_schema(advice: Schema | None, profiles: Sequence[Profile], parts: Mapping[str, str]) -> Schema:
    """Return the schema of a corpus.

    Parameters
    ----------
    parts : mapping of document to part
        Documents that are left out have none and widen nothing.

    Notes
    -----
    Labels that `*` groups gave are symmetric, unless the advice knows them.
    """
    kept = [profile for profile in profiles if profile.doc_id in parts]
    training = [profile for profile in kept if parts[profile.doc_id] == TRAIN] or kept
    schema = advice or Schema((), (), origin="observed")
    equivalences = {name for profile in training for name in profile.equivalence_labels} - set(schema.labels)
    new = tuple(RelationType(name, frozenset(), symmetric=True) for name in sorted(equivalences))
    types = {name for profile in training for name in profile.mention_types} - set(schema.mention_types)
    entities = (*schema.entities, *(EntityType(name) for name in sorted(types)))
    widened = replace(schema, entities=entities, relations=(*schema.relations, *new))
    return widened.widened({typed for profile in training for typed in profile.gold})


def find_outside(advice: Schema | None, profiles: Iterable[Profile]) -> Counter[TypedLabel]:
    """Count the gold that a schema does not allow, by label and types; none where there is no schema."""
    if advice is None:
        return Counter()
    gold = sum((profile.gold for profile in profiles), Counter())
    return Counter({typed: count for typed, count in gold.items() if not advice.allows(*typed)})
