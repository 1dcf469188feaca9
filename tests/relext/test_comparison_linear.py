"""The bag-of-features model: what it reads of a pair, that it learns, and what it may not say."""

from dataclasses import replace

import pytest

from relext.comparison.linear import describe_pairs, fit_linear, score_biases
from relext.data import learn_labels
from relext.errors import NothingToLearn
from tests.relext.literal_documents import SCHEME, make_document
from tests.relext.tiny_models import SCHEMA, crowded_document, tiny_parts


def test_a_pair_is_known_by_its_words_types_and_distance() -> None:
    document = make_document("Then aspirin relieved his pain well.", "T1  Drug 5 12  aspirin", "T2  Sign 26 30  pain")
    (features,) = describe_pairs(document, SCHEME.label_document(document).pairs)
    wanted = {
        *("before=then", "first=aspirin", "between=relieved", "between=his", "second=pain", "after=well", "after=."),
        *("types=Drug>Sign", "sentences apart=0", "words between=2", "Drug>Sign between=relieved"),
    }
    assert wanted <= set(features)


def test_it_learns_what_a_verb_decides() -> None:
    parts = tiny_parts(train=20, held_out=5)
    scheme = learn_labels(parts["train"], SCHEMA)
    model, f1 = fit_linear(parts["train"], parts["validation"], scheme)
    assert f1 == 1.0 and model.bias == 0.0  # the smallest of the biases that do as well
    assert {each.bias: score for score, each in score_biases(model, parts["test"])}[0.0] == 1.0
    assert all(0 < each.probability <= 1 for document in parts["test"] for each in model.predict(document))


def test_it_says_nothing_that_the_types_of_a_pair_forbid() -> None:
    parts = tiny_parts()
    model, _ = fit_linear(parts["train"], parts["validation"], learn_labels(parts["train"], SCHEMA))
    # No pair of training joins Sign to Drug in this order.
    turned = make_document("His pain caused aspirin.", "T1  Sign 4 8  pain", "T2  Drug 16 23  aspirin")
    assert model.predict(turned) == []


def test_one_label_alone_is_nothing_to_learn() -> None:
    documents = [each for n, each in enumerate(tiny_parts()["train"]) if n % 2 == 0]
    with pytest.raises(NothingToLearn, match="all bear the same label"):
        fit_linear(documents, documents, learn_labels(documents, SCHEMA))


def test_without_gold_there_is_no_score() -> None:
    parts = tiny_parts()
    model, f1 = fit_linear(parts["train"], [make_document("He slept well.")], learn_labels(parts["train"], SCHEMA))
    assert f1 is None
    assert model.predict(make_document("He slept well.")) == []


def test_the_bias_moves_what_is_said() -> None:
    parts = tiny_parts()
    model, _ = fit_linear(parts["train"], parts["validation"], learn_labels(parts["train"], SCHEMA))
    (document,) = parts["test"][:1]
    silent, eager = replace(model, bias=50.0), replace(model, bias=-50.0)
    # Every pair of training states a relation, so nothing can be moved to NO_RELATION, which was never seen.
    assert len(silent.predict(document)) == len(eager.predict(document)) == 1
    crowd = [*parts["train"], *(crowded_document(4, doc_id=f"crowd-{n}") for n in range(6))]
    mixed, _ = fit_linear(crowd, parts["validation"], learn_labels(crowd, SCHEMA))
    assert replace(mixed, bias=50.0).predict(document) == []
    assert [each.type for each in replace(mixed, bias=-50.0).predict(document)] == ["treats"]
