"""Words pooled by where they stand, against a plain loop."""

import pytest
import torch

from relext.data.batches import AttentionRows
from relext.model.pooling import FARTHEST, PositionPooling, signed_distance
from tests.relext.test_attention import SPANS, rows  # noqa: F401
from tests.relext.tiny_models import STEADY, tiny_run


def plain_distance(word: int, start: int, end: int) -> int:
    """Count words up to seven, then in steps of two a doubling."""
    distance = word - start if word < start else max(0, word - end + 1)
    size, doublings = abs(distance), 0
    if size >= 8:
        while 8 * 2 ** (doublings + 1) <= size + 1:
            doublings += 1
        size = min(8 + 2 * doublings, FARTHEST)
    return size if distance > 0 else -size


def test_distances_are_counted_from_the_nearer_edge_and_far_ones_by_doublings() -> None:
    words, spans = torch.arange(300).unsqueeze(0), torch.tensor([[140, 143]])
    expected = [plain_distance(word, 140, 143) for word in range(300)]
    assert signed_distance(words, spans).tolist() == [expected]
    assert set(expected) == {*range(-8, 9), -10, -12, -14, -16, 10, 12, 14, 16}


def test_an_empty_span_has_a_distance_to_every_word() -> None:
    assert signed_distance(torch.arange(4).unsqueeze(0), torch.tensor([[2, 2]])).tolist() == [[-2, -1, 1, 2]]


def test_pairs_pool_the_words_of_their_own_sentence_as_a_plain_loop_does(rows: AttentionRows) -> None:  # noqa: F811
    torch.manual_seed(0)
    layer, words = PositionPooling(8, 6), torch.randn(5, 8)
    sentences, expected = ([0, 1, 2], [0, 1, 2], [3, 4]), []
    for pair, sentence in enumerate(sentences):
        said = [
            layer.words(words[word])
            + layer.from_first.weight[plain_distance(word, *SPANS[0][pair].tolist()) + FARTHEST]
            + layer.from_second.weight[plain_distance(word, *SPANS[1][pair].tolist()) + FARTHEST]
            for word in sentence
        ]
        expected.append(torch.stack(said).amax(0).clamp(min=0))
    torch.testing.assert_close(layer(words, rows=rows, spans=SPANS), torch.stack(expected))


@pytest.mark.parametrize(("size", "parts"), [(0, 0), (5, 5), ("auto", 0)])  # auto in the folder of an older model
def test_pooling_is_a_switch(size: int | str, parts: int) -> None:
    network = tiny_run(STEADY.overridden(pooled_size=size)).network
    assert sum("pool" in name for name, _ in network.named_parameters()) == parts


@pytest.mark.parametrize("learns", [True, False])
def test_blocks_give_what_all_rows_give_at_once(
    rows: AttentionRows,  # noqa: F811
    learns: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    layer, words = PositionPooling(8, 6), torch.randn(5, 8)
    found = []
    for largest in (1 << 24, 1):
        monkeypatch.setattr("relext.model.pooling.LARGEST_BLOCK", largest)
        with torch.set_grad_enabled(learns):
            pooled = layer(words, rows=rows, spans=SPANS)
        gradients = torch.autograd.grad(pooled.sum(), tuple(layer.parameters())) if learns else ()
        found.append((pooled, *gradients))
    torch.testing.assert_close(*found)
