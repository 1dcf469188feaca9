"""Attention of an encoder: batched products on a processor, the fused kernel on CUDA, levitated markers on both.

In: queries, keys and values of one layer, as transformers hands them to an attention function. Out: the attended
values. With bf16 and padding the plain form takes three quarters of the time of the library's own plain attention at
256 tokens, which adds the mask and widens to fp32 in steps of their own, and of its fused kernel, which is slower still
there.

Levitated markers stand after the tokens of a row. Tokens read tokens; a marker reads the tokens and the markers of its
clique. No token-by-marker or marker-by-marker table is made, so that thousands of markers cost what they read.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.masking_utils import eager_mask

PLAIN = "relext_plain"
FAR_BELOW = -1e4  # what a masked score becomes: exp gives 0, and bf16 holds it, as it does not hold fp32's smallest


class Levitated(NamedTuple):
    """Say how a row is divided: its first `tokens` places hold tokens, then come markers in cliques of one size."""

    tokens: int
    clique: int


def plain_attention(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float | None = None,
    levitated: Levitated | None = None,
    **_: Any,
) -> tuple[Tensor, None]:
    """Attend without dropout.

    Parameters
    ----------
    query, key, value : Tensor, shape (batch, heads, places, size)
    attention_mask : Tensor or None, shape (batch, 1, 1 or places, tokens)
        Added to the scores.
    levitated : Levitated or None
        None where every place holds a token.

    Returns
    -------
    Tensor, shape (batch, places, heads, size), and None in the place of the weights
    """
    batch, heads, places, size = query.shape
    scale = size**-0.5 if scaling is None else scaling
    if query.is_cuda and levitated is None:
        mask = None if attention_mask is None else attention_mask.to(query.dtype)
        fused = nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=mask, scale=scale)
        return fused.transpose(1, 2).contiguous(), None  # (B, P, h, d)
    tokens = places if levitated is None else levitated.tokens
    queries, keys, values = (each.reshape(batch * heads, places, size) for each in (query, key, value))
    scores = _score(queries, keys[:, :tokens], attention_mask, heads=heads, scale=scale)  # (B h, P, T)
    if levitated is None:
        attended = torch.bmm(scores.softmax(2), values)  # (B h, P, d)
    else:
        attended = _attend_levitated(scores, queries, keys, values, scale=scale, levitated=levitated)  # (B h, P, d)
    return attended.view(batch, heads, places, size).transpose(1, 2).contiguous(), None  # (B, P, h, d)


def _score(queries: Tensor, keys: Tensor, mask: Tensor | None, *, heads: int, scale: float) -> Tensor:
    """Return the masked scores, shape (batch * heads, places, tokens)."""
    if mask is None:
        return torch.bmm(queries, keys.transpose(1, 2)) * scale
    spread = mask.clamp(min=FAR_BELOW).to(queries.dtype).expand(-1, heads, -1, -1)  # (B, h, 1 or P, T)
    return torch.baddbmm(spread.reshape(len(queries), -1, keys.shape[1]), queries, keys.transpose(1, 2), alpha=scale)


def _attend_levitated(
    scores: Tensor, queries: Tensor, keys: Tensor, values: Tensor, *, scale: float, levitated: Levitated
) -> Tensor:
    """Return what tokens and markers read, shape (batch * heads, places, size)."""
    tokens, clique = levitated
    rows, places, size = queries.shape
    own_queries, own_keys, own_values = (
        each[:, tokens:].reshape(-1, clique, size) for each in (queries, keys, values)
    )  # (B h M/c, c, d)
    own = torch.bmm(own_queries, own_keys.transpose(1, 2)) * scale  # (B h M/c, c, c)
    joined = torch.cat([scores[:, tokens:], own.view(rows, places - tokens, clique)], dim=2)  # (B h, M, T + c)
    weights = joined.softmax(2)
    of_cliques = torch.bmm(weights[:, :, tokens:].reshape(-1, clique, clique), own_values)  # (B h M/c, c, d)
    of_tokens = torch.bmm(weights[:, :, :tokens], values[:, :tokens])  # (B h, M, d)
    read = torch.bmm(scores[:, :tokens].softmax(2), values[:, :tokens])  # (B h, T, d)
    return torch.cat([read, of_tokens + of_cliques.view(rows, -1, size)], dim=1)  # (B h, P, d)


AttentionInterface.register(PLAIN, plain_attention)
AttentionMaskInterface.register(PLAIN, eager_mask)
