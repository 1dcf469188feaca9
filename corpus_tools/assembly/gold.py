"""Gold relations of a document: its R lines, and on request its events' arguments and its `*` groups.

In: `Document`. Out: `GoldRelation`s between textbounds. What is not asked for stays where it is, in the `.ann`.

Examples
--------
>>> from corpus_tools.standoff import parse_document
>>> ann = "T1\\tGive 0 4\\tgive\\nT2\\tDrug 5 12\\taspirin\\nE1\\tGive:T1 Theme2:T2\\n"
>>> document = parse_document("give aspirin", ann, doc_id="a").document
>>> [(relation.id, relation.type, relation.arg2) for relation in relate_events(document)]
[('E1:1', 'Theme', 'T2')]
"""

import itertools
from collections import defaultdict
from collections.abc import Iterator

from corpus_tools.rounds import group_linked
from corpus_tools.sentences import GoldRelation, find_gold_relations
from corpus_tools.standoff import Document


def collect_relations(document: Document, *, events: bool, equivalences: bool) -> tuple[GoldRelation, ...]:
    """Return the document's gold relations, R lines first, in file order.

    Parameters
    ----------
    events, equivalences : bool
        Whether events' arguments, and pairs of members of `*` groups, are relations too.
    """
    derived = (relate_events(document) if events else (), relate_equivalences(document) if equivalences else ())
    return (*find_gold_relations(document), *itertools.chain.from_iterable(derived))


def is_derived(relation: GoldRelation) -> bool:
    """Say whether a relation was made of an event's argument or a `*` group, and is no R line."""
    return not relation.id.startswith("R")


def is_equivalence(relation: GoldRelation) -> bool:
    """Say whether a relation was made of a `*` group."""
    return relation.id.startswith("*")


def relate_events(document: Document) -> Iterator[GoldRelation]:
    """Yield a relation an argument of an event: trigger, role, filler; an event as filler is its trigger.

    A role that is numbered because it occurs twice (Theme2) is the role itself.
    """
    for event in document.events:
        for place, argument in enumerate(event.arguments, start=1):
            filler = document.resolve(argument.target)
            role = argument.role.rstrip("0123456789") or argument.role
            target = filler.id if filler else argument.target
            reach = "self" if target == event.trigger else "" if filler else "rejected-argument"
            yield GoldRelation(f"{event.id}:{place}", role, event.trigger, target, reach)


def relate_equivalences(document: Document) -> Iterator[GoldRelation]:
    """Yield a relation a pair of members of a `*` group; groups of one type that share a member are one."""
    links: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for equivalence in document.equivalences:
        members = [mention.id for mention in map(document.resolve, equivalence.members) if mention]
        links[equivalence.type] += itertools.pairwise(members)
    for name, pairs in links.items():
        groups: defaultdict[str, list[str]] = defaultdict(list)
        for member, leader in group_linked(dict.fromkeys(itertools.chain.from_iterable(pairs)), pairs).items():
            groups[leader].append(member)
        for group in groups.values():
            for first, second in itertools.combinations(group, 2):
                yield GoldRelation(f"*{name}:{first}:{second}", name, first, second)
