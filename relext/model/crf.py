"""A linear-chain CRF whose transitions depend on the kind of link between neighbours.

In: emissions of a batch of chains, a mask of the positions that exist, and for each position the kind of link to the
position before it. Out: log-likelihoods, the best label sequences, the marginal probability of each label. With one
kind of link the layer equals the usual CRF (`pytorch-crf`), the oracle of its tests.

The partition function has its own derivative, written down here: the gradient of log Z is the marginals, so that a
chain of thousands of pairs costs two plain loops instead of an autograd graph with as many nodes, and on CUDA, where
each step of a loop would be a dozen kernels, a few products over all positions at once (see `scan`).

Examples
--------
>>> crf = LinkedCRF(labels=3, links=1)
>>> emissions = torch.tensor([[[0.0, 2.0, 0.0], [3.0, 0.0, 0.0]]])
>>> mask, links = torch.ones(1, 2, dtype=torch.bool), torch.zeros(1, 2, dtype=torch.long)
>>> crf.decode(emissions, mask=mask, links=links).tolist()
[[1, 0]]

References
----------
Lafferty, McCallum and Pereira, Conditional random fields, ICML 2001; Rabiner, A tutorial on hidden Markov models, 1989.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import log_softmax

from relext.model.scan import follow_pointers, lay_out_steps, scan_scores, suits_scan

LARGEST_BLOCK = 4_000_000  # numbers, 16 MB: the pairwise marginals are summed in blocks of this size


class LinkedCRF(nn.Module):
    """Score label sequences by emissions and by transitions, one matrix a kind of link.

    Parameters
    ----------
    labels : int
        Number of labels, L.
    links : int
        Number of kinds of link, K. The link of a chain's first position is not read.
    """

    def __init__(self, labels: int, *, links: int = 3) -> None:
        super().__init__()
        self.start = nn.Parameter(torch.zeros(labels))
        self.end = nn.Parameter(torch.zeros(labels))
        self.transitions = nn.Parameter(torch.zeros(links, labels, labels))  # (K, from, to)

    def log_likelihood(self, emissions: Tensor, labels: Tensor, *, mask: Tensor, links: Tensor) -> Tensor:
        """Return the log-probability of each chain's label sequence.

        Parameters
        ----------
        emissions : Tensor, shape (batch, pairs, labels)
        labels : LongTensor, shape (batch, pairs)
            Any label where `mask` is False.
        mask : BoolTensor, shape (batch, pairs)
            True on a prefix of each row; an empty chain is all False.
        links : LongTensor, shape (batch, pairs)
            Kind of the link from the position before.

        Returns
        -------
        Tensor, shape (batch,)
            0 for an empty chain.
        """
        if emissions.shape[1] == 0:
            return emissions.new_zeros(len(emissions))
        score = self._score(emissions, labels, mask, links)
        return score - log_partition(emissions, self.start, self.end, self.transitions, mask, links)  # (B,)

    def _score(self, emissions: Tensor, labels: Tensor, mask: Tensor, links: Tensor) -> Tensor:
        kinds, states, _ = self.transitions.shape
        emitted = emissions.gather(2, labels.unsqueeze(2)).squeeze(2)  # (B, T)
        steps = (links[:, 1:].clamp(max=kinds - 1) * states + labels[:, :-1]) * states + labels[:, 1:]  # (B, T-1)
        moved = self.transitions.reshape(-1).gather(0, steps.reshape(-1)).reshape(steps.shape)  # (B, T-1)
        last = labels.gather(1, (mask.sum(1, keepdim=True) - 1).clamp(min=0)).squeeze(1)  # (B,)
        ends = (self.start[labels[:, 0]] + self.end[last]) * mask[:, 0]  # (B,)
        return (emitted * mask).sum(1) + (moved * mask[:, 1:]).sum(1) + ends

    @torch.no_grad()
    def decode(self, emissions: Tensor, *, mask: Tensor, links: Tensor) -> Tensor:
        """Return the most probable label sequence of each chain (Viterbi), 0 where `mask` is False.

        No step waits for the device: back pointers stay there until the traceback is done. Among paths of one score
        the first label counts, and on CUDA rounding may decide.

        Returns
        -------
        LongTensor, shape (batch, pairs)
        """
        if emissions.shape[1] == 0:
            return torch.zeros(emissions.shape[:2], dtype=torch.long, device=emissions.device)
        if suits_scan(emissions):
            return self._decode_at_once(emissions, mask, links)
        pointers, best = self._best_paths(emissions, mask, links)
        label = (best + self.end).argmax(1)  # (B,)
        path = [label]
        for pointer in reversed(pointers):
            label = pointer.gather(1, label.unsqueeze(1)).squeeze(1)
            path.append(label)
        return torch.stack(path[::-1], dim=1) * mask  # (B, T)

    def _best_paths(self, emissions: Tensor, mask: Tensor, links: Tensor) -> tuple[list[Tensor], Tensor]:
        best = self.start + emissions[:, 0]  # (B, L)
        stay = torch.arange(emissions.shape[2], device=emissions.device).expand_as(best)
        pointers = []
        for t in range(1, emissions.shape[1]):
            arriving, pointer = (best.unsqueeze(2) + _step(self.transitions, links[:, t])).max(1)  # (B, L)
            here = mask[:, t].unsqueeze(1)
            pointers.append(torch.where(here, pointer, stay))
            best = torch.where(here, arriving + emissions[:, t], best)
        return pointers, best

    def _decode_at_once(self, emissions: Tensor, mask: Tensor, links: Tensor) -> Tensor:
        """Return the same by prefix products, without a loop over positions."""
        steps = lay_out_steps(emissions, self.transitions, mask, links)  # (T-1, B, L, L)
        best = scan_scores(self.start + emissions[:, 0], steps, torch.amax)  # (T, B, L)
        pointers = (best[:-1].unsqueeze(3) + steps).argmax(2)  # (T-1, B, L)
        return follow_pointers(pointers, (best[-1] + self.end).argmax(1)).T * mask  # (B, T)

    @torch.no_grad()
    def marginals(self, emissions: Tensor, *, mask: Tensor, links: Tensor, temperature: float | Tensor = 1.0) -> Tensor:
        """Return the probability of each label at each position, by forward-backward.

        Parameters
        ----------
        temperature : float or Tensor, shape (), above 0
            Divides the score of a whole label sequence: emissions, start, end and transitions alike. Above 1 the
            probabilities come closer to each other; the best sequence stays the same.

        Returns
        -------
        Tensor, shape (batch, pairs, labels)
            Rows add up to 1 where `mask` is True, and to 0 elsewhere.
        """
        if emissions.shape[1] == 0:
            return emissions.clone()
        scaled = (emissions, self.start, self.end, self.transitions)
        emissions, start, end, transitions = (value / temperature for value in scaled)
        alphas = _forward_scores(emissions, start, transitions, mask, links)
        betas = _backward_scores(emissions, end, transitions, mask, links)
        return torch.softmax(alphas + betas, dim=2).transpose(0, 1) * mask.unsqueeze(2)  # (B, T, L)


class IndependentLabels(nn.Module):
    """Score each pair on its own, by a softmax: the CRF's place where the decoder is `softmax`.

    It has the methods of `LinkedCRF` and reads no links.
    """

    def log_likelihood(self, emissions: Tensor, labels: Tensor, *, mask: Tensor, links: Tensor) -> Tensor:
        """Return the log-probability of each chain's labels, shape (batch,)."""
        scores = log_softmax(emissions, dim=2).gather(2, labels.unsqueeze(2)).squeeze(2)  # (B, T)
        return (scores * mask).sum(1)

    @torch.no_grad()
    def decode(self, emissions: Tensor, *, mask: Tensor, links: Tensor) -> Tensor:
        """Return each pair's most probable label, shape (batch, pairs), 0 where `mask` is False."""
        return emissions.argmax(2) * mask

    @torch.no_grad()
    def marginals(self, emissions: Tensor, *, mask: Tensor, links: Tensor, temperature: float | Tensor = 1.0) -> Tensor:
        """Return the probability of each label, shape (batch, pairs, labels), 0 where `mask` is False."""
        return (emissions / temperature).softmax(2) * mask.unsqueeze(2)


def log_partition(
    emissions: Tensor, start: Tensor, end: Tensor, transitions: Tensor, mask: Tensor, links: Tensor
) -> Tensor:
    """Return log Z of each chain, shape (batch,), 0 for an empty one; it can be differentiated once."""
    log_z: Tensor = LogPartition.apply(emissions, start, end, transitions, mask, links)  # type: ignore[no-untyped-call]
    return log_z


class LogPartition(torch.autograd.Function):
    """Compute log Z with the marginals as its derivative."""

    @staticmethod
    def forward(
        ctx: Any, emissions: Tensor, start: Tensor, end: Tensor, transitions: Tensor, mask: Tensor, links: Tensor
    ) -> Tensor:
        """Run the forward recursion and keep its scores."""
        alphas = _forward_scores(emissions, start, transitions, mask, links)  # (T, B, L)
        log_z = torch.logsumexp(alphas[-1] + end, dim=1)  # (B,)
        ctx.save_for_backward(emissions, end, transitions, mask, links, alphas, log_z)
        return log_z * mask[:, 0]

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        """Return the expected counts of emissions, starts, ends and transitions, weighted by `grad`."""
        emissions, end, transitions, mask, links, alphas, log_z = ctx.saved_tensors
        betas = _backward_scores(emissions, end, transitions, mask, links)
        weight = (grad * mask[:, 0]).unsqueeze(1)  # (B, 1)
        marginals = (alphas + betas - log_z.unsqueeze(1)).exp() * mask.T.unsqueeze(2) * weight  # (T, B, L)
        ending = ((alphas[-1] + end - log_z.unsqueeze(1)).exp() * weight).sum(0)  # (L,)
        counts = _expected_transitions(
            emissions, transitions, mask, links, (alphas, betas - log_z.unsqueeze(1)), weight
        )
        return marginals.transpose(0, 1), marginals[0].sum(0), ending, counts, None, None


def _step(transitions: Tensor, links: Tensor) -> Tensor:
    """Return the transition matrix of each chain's step, shape (B, L, L), or (1, L, L) where there is one kind."""
    return transitions if len(transitions) == 1 else transitions.index_select(0, links)


def _forward_scores(emissions: Tensor, start: Tensor, transitions: Tensor, mask: Tensor, links: Tensor) -> Tensor:
    """Return log sums over all prefixes that end in a label, shape (T, B, L); padding repeats the last."""
    if suits_scan(emissions):
        steps = lay_out_steps(emissions, transitions, mask, links)
        return scan_scores(start + emissions[:, 0], steps, torch.logsumexp)
    alpha = start + emissions[:, 0]  # (B, L)
    alphas = [alpha]
    for t in range(1, emissions.shape[1]):
        arriving = torch.logsumexp(alpha.unsqueeze(2) + _step(transitions, links[:, t]), dim=1)  # (B, L)
        alpha = torch.where(mask[:, t].unsqueeze(1), arriving + emissions[:, t], alpha)
        alphas.append(alpha)
    return torch.stack(alphas)


def _backward_scores(emissions: Tensor, end: Tensor, transitions: Tensor, mask: Tensor, links: Tensor) -> Tensor:
    """Return log sums over all suffixes that follow a label, shape (T, B, L)."""
    if suits_scan(emissions):
        steps = lay_out_steps(emissions, transitions, mask, links).flip(0).transpose(2, 3)
        return scan_scores(end.expand(len(emissions), -1), steps, torch.logsumexp).flip(0)
    beta = end.expand(len(emissions), -1)  # (B, L)
    betas = [beta]
    for t in range(emissions.shape[1] - 1, 0, -1):
        following = (beta + emissions[:, t]).unsqueeze(1)  # (B, 1, L)
        leaving = torch.logsumexp(_step(transitions, links[:, t]) + following, dim=2)  # (B, L)
        beta = torch.where(mask[:, t].unsqueeze(1), leaving, beta)
        betas.append(beta)
    return torch.stack(betas[::-1])


def _expected_transitions(
    emissions: Tensor,
    transitions: Tensor,
    mask: Tensor,
    links: Tensor,
    scores: tuple[Tensor, Tensor],
    weight: Tensor,
) -> Tensor:
    """Return how often each transition is expected, shape (K, L, L), summed over chains and positions in blocks."""
    counts = torch.zeros_like(transitions)
    before = scores[0][:-1].flatten(0, 1)  # ((T-1)B, L)
    after = (scores[1][1:] + emissions.transpose(0, 1)[1:]).flatten(0, 1)  # ((T-1)B, L)
    kinds = links.T[1:].flatten() if len(transitions) > 1 else torch.zeros_like(links.T[1:].flatten())
    weights = (weight.T * mask.T[1:]).flatten()  # ((T-1)B,)
    rows = max(1, LARGEST_BLOCK // transitions[0].numel())
    for block in range(0, len(kinds), rows):
        part = slice(block, block + rows)
        moves = before[part].unsqueeze(2) + transitions[kinds[part]] + after[part].unsqueeze(1)  # (n, L, L)
        counts.index_add_(0, kinds[part], moves.exp() * weights[part, None, None])
    return counts
