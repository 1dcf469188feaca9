"""Our attention for processors gives what the library's own gives, padding and bf16 included."""

import pytest
import torch
from torch import Tensor

from relext.model import Machine
from relext.model.encoder import Encoder, place_encoder
from relext.model.loading import make_encoder
from relext.model.plain_attention import PLAIN, plain_attention

CPU = torch.device("cpu")
SMALL = {"vocab_size": 60, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16}
IDS = torch.randint(5, 60, (2, 9), generator=torch.Generator().manual_seed(0))
MASK = torch.tensor([[True] * 9, [True] * 6 + [False] * 3])


def bert() -> Encoder:
    torch.manual_seed(0)
    return make_encoder({"model_type": "bert", **SMALL, "pad_token_id": 1}).eval()


def states(encoder: Encoder, attention: str) -> Tensor:
    encoder.model.set_attn_implementation(attention)
    return encoder(IDS, MASK)[MASK].float()


@pytest.mark.parametrize(("precision", "tolerance"), [(torch.float32, 1e-5), (torch.bfloat16, 0.05)])
def test_states_equal_those_of_the_librarys_attention(precision: torch.dtype, tolerance: float) -> None:
    encoder = bert()
    encoder.precision = precision
    ours, theirs = states(encoder, PLAIN), states(encoder, "eager")
    torch.testing.assert_close(ours, theirs, rtol=tolerance, atol=tolerance)


def test_gradients_equal_those_of_the_librarys_attention() -> None:
    grads = []
    for attention in (PLAIN, "eager"):
        encoder = bert()
        states(encoder, attention).square().sum().backward()
        grads.append([parameter.grad for parameter in encoder.parameters()])
    for ours, theirs in zip(*grads, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)


def test_without_a_mask_every_token_is_read() -> None:
    query, key, value = (torch.randn(2, 4, 5, 8) for _ in range(3))
    expected = torch.nn.functional.scaled_dot_product_attention(query, key, value).transpose(1, 2)
    found, weights = plain_attention(torch.nn.Identity(), query, key, value, None)
    torch.testing.assert_close(found, expected)
    assert weights is None


def test_an_encoder_on_a_processor_is_given_it() -> None:
    encoder = bert()
    place_encoder(encoder, Machine(CPU, torch.float32, threads=1))
    assert encoder.model.config._attn_implementation == PLAIN


def test_a_kind_with_an_attention_of_its_own_keeps_it() -> None:
    encoder = make_encoder({"model_type": "mpnet", **SMALL, "pad_token_id": 1}).eval()
    place_encoder(encoder, Machine(CPU, torch.float32, threads=1))
    assert encoder(IDS, MASK).shape == (2, 9, 16)
