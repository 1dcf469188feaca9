"""Which documents belong together, so that no round repeats one and no two parts of a corpus share one.

In: texts, or their signatures, and the patients that metadata names. Out: groups: same text, near-duplicate text,
same patient, and whatever these join in a chain.

Near-duplicates are found by MinHash (Broder 1997) over shingles of three lower-cased words, with locality-sensitive
hashing for the candidates; the Jaccard similarity is estimated from 128 permutations (standard error at most 0.044).

Examples
--------
>>> group_linked(["a", "b", "c"], [("a", "c")])
{'a': 'a', 'b': 'b', 'c': 'a'}
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

import numpy as np
import regex
from datasketch import MinHash, MinHashLSH
from numpy.typing import NDArray

from corpus_tools.standoff import UNSPACED, is_beyond_latin

NEAR_DUPLICATE = 0.8  # Jaccard similarity from which two texts count as one
SHINGLE_WORDS = 3
PERMUTATIONS = 128
# Candidates that the banding misses are leaks, candidates too many cost only a comparison.
_BANDING_WEIGHTS = (0.1, 0.9)  # of false positives, of false negatives

_LATIN_WORD = re.compile(r"\w+")
_WORD = regex.compile(rf"{UNSPACED}|[\p{{L}}\p{{N}}_--{UNSPACED}]+", regex.V1)

Signature = NDArray[np.unsignedinteger]


def sign_text(text: str) -> Signature:
    """Return the MinHash signature of a text's shingles, shape (128,).

    A text of fewer words than a shingle is one shingle. White space, case and punctuation don't count; where no blanks
    divide words, a letter is one.
    """
    lower = text.lower()
    words = (_WORD if is_beyond_latin(lower) else _LATIN_WORD).findall(lower)
    last = max(1, len(words) - SHINGLE_WORDS + 1)
    shingles = {" ".join(words[start : start + SHINGLE_WORDS]) for start in range(last)}
    sketch = _empty_sketch().copy()
    sketch.update_batch(shingle.encode("utf-8", "surrogatepass") for shingle in shingles)
    return np.asarray(sketch.hashvalues)


def find_near_duplicates(
    signatures: Mapping[str, Signature], *, threshold: float = NEAR_DUPLICATE
) -> Iterator[tuple[str, str, float]]:
    """Yield (earlier name, later name, estimated similarity) of texts at least `threshold` alike.

    A signature that occurs again is compared once: its later owners are yielded with its first owner alone.
    """
    index = MinHashLSH(threshold=threshold, num_perm=PERMUTATIONS, weights=_BANDING_WEIGHTS)
    owners: dict[bytes, str] = {}
    for name, signature in signatures.items():
        owner = owners.setdefault(signature.tobytes(), name)
        if owner != name:
            yield owner, name, 1.0
            continue
        sketch = _empty_sketch().copy()
        sketch.hashvalues = signature
        for other in sorted(index.query(sketch)):
            similarity = float(np.mean(signatures[other] == signature))
            if similarity >= threshold:
                yield other, name, similarity
        index.insert(name, sketch)


def group_linked(names: Iterable[str], links: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return name -> its group, called after the group's first name; links join in chains.

    Parameters
    ----------
    links : iterable of two of the names
    """
    order = list(names)
    rank = {name: place for place, name in enumerate(order)}
    parents = {name: name for name in order}
    for left, right in links:
        first, later = sorted((_find_root(parents, left), _find_root(parents, right)), key=rank.__getitem__)
        parents[later] = first
    return {name: _find_root(parents, name) for name in order}


def link_equal(keys: Mapping[str, Iterable[str]]) -> Iterator[tuple[str, str]]:
    """Yield (first owner, later owner) of each key that several documents have, as a text's hash or a patient.

    Parameters
    ----------
    keys : mapping of document to its keys
    """
    owners: dict[str, str] = {}
    for doc_id, own in keys.items():
        for key in own:
            owner = owners.setdefault(key, doc_id)
            if owner != doc_id:
                yield owner, doc_id


def _find_root(parents: dict[str, str], name: str) -> str:
    root = name
    while parents[root] != root:
        root = parents[root]
    while parents[name] != root:  # the next search takes one step
        parents[name], name = root, parents[name]
    return root


@cache
def _empty_sketch() -> MinHash:
    return MinHash(num_perm=PERMUTATIONS, seed=1)
