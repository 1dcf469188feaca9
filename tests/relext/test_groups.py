"""Groups of windows: every token is found again, padding is little, no group is larger than allowed."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from relext.data import Window, make_batch
from relext.data.batches import GROUP_TOKENS
from relext.data.groups import group_windows
from tests.relext.tiny_models import crowded_document, tiny_model, windowed

PAD = -1
CLIQUE = 2
SIZES = st.lists(st.tuples(st.integers(1, 30), st.integers(0, 8)), min_size=1, max_size=12)


def make_windows(sizes: list[tuple[int, int]]) -> list[Window]:
    """Return windows of so many tokens and pairs of markers; every token is another number."""
    made, start = [], 0
    for tokens, pairs in sizes:
        markers = range(start + tokens, start + tokens + CLIQUE * pairs)
        made.append(Window(tuple(range(start, start + tokens)), tuple(markers), (0,) * len(markers)))
        start += tokens + CLIQUE * pairs
    return made


@given(SIZES, st.integers(20, 100))
def test_every_token_and_marker_is_found_at_its_place(sizes: list[tuple[int, int]], most: int) -> None:
    windows = make_windows(sizes)
    groups, places = group_windows(windows, PAD, clique=CLIQUE, most_tokens=most)
    flat = np.concatenate([group.token_ids.numpy().ravel() for group in groups])
    for n, window in enumerate(windows):
        own = places.of(np.full(window.size, n), np.arange(window.size))
        assert flat[own].tolist() == [*window.token_ids, *window.marker_ids]
    assert sum(int(group.mask.sum()) for group in groups) == sum(window.size for window in windows)
    assert all((group.token_ids.shape[1] - group.tokens) % CLIQUE == 0 for group in groups)


@given(SIZES, st.integers(20, 100))
def test_a_group_keeps_to_its_most_tokens_or_holds_one_window(sizes: list[tuple[int, int]], most: int) -> None:
    groups, _ = group_windows(make_windows(sizes), PAD, most_tokens=most)
    assert all(group.token_ids.numel() <= most or len(group.token_ids) == 1 for group in groups)


def test_a_large_batch_is_read_in_groups() -> None:
    model = tiny_model()
    documents = [windowed(model, crowded_document(8))] * 150
    batch = make_batch(documents, pad_id=model.tokenizer.pad_id)
    assert sum(document.tokens for document in documents) > GROUP_TOKENS
    assert max(group.token_ids.numel() for group in batch.windows) <= GROUP_TOKENS
