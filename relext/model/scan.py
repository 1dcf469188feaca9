"""Chains on CUDA: all positions at once, by prefix products, for one kernel's launch costs more than a step of a chain.

In: what stands before the first step, and the table of each step. Out: the scores after every step, or the labels that
pointers lead back to. A chain of T positions takes log T rounds, each over the whole chain, in place of T rounds of a
few numbers; the work grows with the cube of the labels, so that a processor, and many labels, are better served step by
step.

Examples
--------
>>> steps = torch.log(torch.tensor([[[[0.5, 0.5], [0.0, 1.0]]], [[[1.0, 0.0], [0.5, 0.5]]]]))
>>> scan_scores(torch.zeros(1, 2), steps, torch.logsumexp).exp()
tensor([[[1.0000, 1.0000]],
<BLANKLINE>
        [[0.5000, 1.5000]],
<BLANKLINE>
        [[1.2500, 0.7500]]])

References
----------
Hillis and Steele, Data parallel algorithms, CACM 1986; Särkkä and García-Fernández, Temporal parallelization of
Bayesian smoothers, 2021 (products of a chain's steps are associative).
"""

from collections.abc import Callable

import torch
from torch import Tensor

MOST_NUMBERS = 1 << 26  # of one round of products, 256 MB
FAR_BELOW = -1e9  # a step that can't be taken; -inf less -inf would be NaN

Gather = Callable[..., Tensor]  # torch.logsumexp or torch.amax: how ways that meet in a label count


def suits_scan(emissions: Tensor) -> bool:
    """Say whether chains are better read at once: on CUDA, where their products fit into memory."""
    batch, length, labels = emissions.shape
    return emissions.is_cuda and batch * length * labels**3 <= MOST_NUMBERS


def lay_out_steps(emissions: Tensor, transitions: Tensor, mask: Tensor, links: Tensor) -> Tensor:
    """Return what each step adds: transition and emission, or nothing in padding, where every label stays.

    Parameters
    ----------
    emissions : Tensor, shape (batch, length, labels)
    transitions : Tensor, shape (kinds, labels, labels)
    mask : BoolTensor, shape (batch, length)
    links : LongTensor, shape (batch, length)

    Returns
    -------
    Tensor, shape (length - 1, batch, labels, labels)
        From the first label to the second.
    """
    batch, length, labels = emissions.shape
    kinds = links.T[1:].clamp(max=len(transitions) - 1).flatten()  # ((T-1)B,)
    moves = transitions.index_select(0, kinds).view(length - 1, batch, labels, labels)
    staying = torch.full_like(transitions[0], FAR_BELOW).fill_diagonal_(0.0)  # (L, L)
    here = mask.T[1:, :, None, None]  # (T-1, B, 1, 1)
    return torch.where(here, moves + emissions.transpose(0, 1)[1:].unsqueeze(2), staying)


def scan_scores(first: Tensor, steps: Tensor, gather: Gather) -> Tensor:
    """Return the scores at every position, the first included.

    Parameters
    ----------
    first : Tensor, shape (batch, labels)
    steps : Tensor, shape (steps, batch, labels, labels)
    gather : callable
        `torch.logsumexp` for sums over all ways to a label, `torch.amax` for the best.

    Returns
    -------
    Tensor, shape (steps + 1, batch, labels)
    """
    ways, distance = steps, 1
    while distance < len(steps):
        joined = gather(ways[:-distance].unsqueeze(4) + ways[distance:].unsqueeze(2), dim=3)  # (n, B, L, L)
        ways, distance = torch.cat([ways[:distance], joined]), 2 * distance
    return torch.cat([first.unsqueeze(0), gather(first[:, :, None] + ways, dim=2)])


def follow_pointers(pointers: Tensor, last: Tensor) -> Tensor:
    """Return the labels that pointers lead back to from the last ones, those included.

    Parameters
    ----------
    pointers : LongTensor, shape (steps, batch, labels)
        The label before each label.
    last : LongTensor, shape (batch,)

    Returns
    -------
    LongTensor, shape (steps + 1, batch)
    """
    back, distance = pointers.flip(0), 1
    while distance < len(pointers):
        joined = back[distance:].gather(2, back[:-distance])  # as far again from where the nearer ones lead
        back, distance = torch.cat([back[:distance], joined]), 2 * distance
    led = back.gather(2, last[None, :, None].expand(len(back), -1, 1)).squeeze(2)  # (T-1, B)
    return torch.cat([last.unsqueeze(0), led]).flip(0)
