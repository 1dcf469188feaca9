"""Attention: what a pair reads, against plain loops."""

import math

import pytest
import torch
from torch import Tensor

from relext.data.batches import AttentionRows
from relext.model.attention import PairAttention, WordAttention, find_regions


@pytest.fixture
def rows() -> AttentionRows:
    """Return two sentences, words 0-2 and 3-4, with two pairs and one."""
    return AttentionRows(
        words=torch.tensor([[0, 1, 2], [3, 4, 3]]),
        mask=torch.tensor([[True, True, True], [True, True, False]]),
        pairs=torch.tensor([[0, 1], [2, 0]]),
        slots=torch.tensor([0, 1, 2]),
    )


SPANS = (torch.tensor([[0, 1], [0, 1], [3, 4]]), torch.tensor([[1, 2], [2, 3], [4, 5]]))


def loop_attention(layer: WordAttention, words: Tensor, queries: Tensor) -> Tensor:
    """Attend pair by pair and head by head."""
    size, sentences = words.shape[1] // layer.heads, ([0, 1, 2], [0, 1, 2], [3, 4])
    read = []
    for pair, sentence in enumerate(sentences):
        for head in range(layer.heads):
            part = slice(head * size, (head + 1) * size)
            asked = layer.queries(queries[pair])[part]
            regions = find_regions(torch.tensor([[sentence]]), SPANS[0][None, [pair]], SPANS[1][None, [pair]])[0, 0]
            scores = layer.keys(words[sentence])[:, part] @ asked / math.sqrt(size) + layer.regions[regions, head]
            read.append(scores.softmax(0) @ layer.values(words[sentence])[:, part])
    return torch.cat(read).view(3, -1)


@pytest.mark.parametrize("heads", [1, 4])
def test_pairs_read_their_own_sentence_as_a_plain_loop_does(rows: AttentionRows, heads: int) -> None:
    torch.manual_seed(0)
    layer = WordAttention(8, 6, heads=heads)
    torch.nn.init.normal_(layer.regions)
    words, queries = torch.randn(5, 8), torch.randn(3, 6)
    attended, weights = layer(words, queries, rows=rows, spans=SPANS)
    torch.testing.assert_close(attended, loop_attention(layer, words, queries))
    torch.testing.assert_close(weights.sum(2), torch.ones(3, heads))
    assert weights[2, :, 2].eq(0).all()  # the padded word of the short sentence


def test_one_learnt_query_reads_the_same_for_every_pair_of_a_sentence(rows: AttentionRows) -> None:
    layer = WordAttention(8, 6, mode="learnt")
    attended, _ = layer(torch.randn(5, 8), torch.randn(3, 6), rows=rows, spans=SPANS)
    torch.testing.assert_close(attended[0], attended[1])
    assert not torch.allclose(attended[0], attended[2])


def test_without_a_query_all_words_count_alike(rows: AttentionRows) -> None:
    layer = WordAttention(8, 6, mode="none")
    _, weights = layer(torch.randn(5, 8), torch.randn(3, 6), rows=rows, spans=SPANS)
    torch.testing.assert_close(weights[0, 0], torch.full((3,), 1 / 3))


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ([1, 2], [3, 4], [0, 1, 2, 3, 4]),
        ([0, 1], [1, 5], [1, 3, 3, 3, 3]),
        ([0, 4], [1, 2], [1, 3, 4, 4, 4]),  # nested: what follows the second is after it
    ],
)
def test_regions_of_words(first: list[int], second: list[int], expected: list[int]) -> None:
    regions = find_regions(torch.arange(5).view(1, 1, 5), torch.tensor([[first]]), torch.tensor([[second]]))
    assert regions.tolist() == [[expected]]


def test_a_document_vector_is_a_weighted_mean_of_its_own_pairs() -> None:
    layer, states = PairAttention(4), torch.randn(2, 3, 4)
    mask = torch.tensor([[True, True, True], [True, False, False]])
    vectors = layer(states, mask)
    torch.testing.assert_close(vectors[1], states[1, 0])
    states[1, 1:] = 99.0
    torch.testing.assert_close(layer(states, mask), vectors)
