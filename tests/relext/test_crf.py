"""The linked CRF against the enumeration of every label sequence, against pytorch-crf, and at its edges."""

import itertools

import pytest
import torch
import torchcrf
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from relext.model.crf import IndependentLabels, LinkedCRF, log_partition
from relext.model.scan import suits_scan


@pytest.fixture(autouse=True, params=["step by step", "at once, as on CUDA"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run everything here both ways, whatever the device."""
    monkeypatch.setattr("relext.model.crf.suits_scan", lambda _: request.param != "step by step")
    return request.param


def random_crf(labels: int, *, links: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> LinkedCRF:
    torch.manual_seed(seed)
    crf = LinkedCRF(labels, links=links).to(dtype)
    for parameter in crf.parameters():
        torch.nn.init.normal_(parameter)
    return crf


def prefix_mask(*lengths: int, width: int | None = None) -> Tensor:
    return torch.arange(width or max(lengths)) < torch.tensor(lengths).unsqueeze(1)


def sequence_score(crf: LinkedCRF, emissions: Tensor, labels: tuple[int, ...], links: Tensor) -> Tensor:
    """Add up the score of one sequence, one term at a time."""
    score = crf.start[labels[0]] + crf.end[labels[-1]] + sum(emissions[t, y] for t, y in enumerate(labels))
    return score + sum(crf.transitions[links[t], labels[t - 1], labels[t]] for t in range(1, len(labels)))


def enumerate_scores(crf: LinkedCRF, emissions: Tensor, links: Tensor) -> dict[tuple[int, ...], Tensor]:
    """Score all labels ** length sequences of one chain."""
    sequences = itertools.product(range(emissions.shape[1]), repeat=len(emissions))
    return {labels: sequence_score(crf, emissions, labels, links) for labels in sequences}


@pytest.fixture
def chain() -> tuple[LinkedCRF, Tensor, Tensor]:
    crf = random_crf(3, links=3)
    return crf, torch.randn(1, 5, 3, dtype=torch.float64), torch.tensor([[0, 1, 2, 0, 1]])


@pytest.mark.parametrize("length", [1, 2, 5])
def test_likelihoods_of_all_sequences_match_enumeration(chain: tuple[LinkedCRF, Tensor, Tensor], length: int) -> None:
    crf, emissions, links = chain[0], chain[1][:, :length], chain[2][:, :length]
    scores = enumerate_scores(crf, emissions[0], links[0])
    log_z = torch.logsumexp(torch.stack(list(scores.values())), dim=0)
    for labels, score in scores.items():
        found = crf.log_likelihood(emissions, torch.tensor([labels]), mask=prefix_mask(length), links=links)
        torch.testing.assert_close(found[0], score - log_z)


@pytest.mark.parametrize("length", [1, 2, 5])
def test_decoding_finds_the_best_of_all_sequences(chain: tuple[LinkedCRF, Tensor, Tensor], length: int) -> None:
    crf, emissions, links = chain[0], chain[1][:, :length], chain[2][:, :length]
    scores = enumerate_scores(crf, emissions[0], links[0])
    path = crf.decode(emissions, mask=prefix_mask(length), links=links)
    assert tuple(path[0].tolist()) == max(scores, key=lambda labels: scores[labels].item())


@pytest.mark.parametrize("length", [1, 2, 5])
def test_marginals_are_the_shares_of_all_sequences(chain: tuple[LinkedCRF, Tensor, Tensor], length: int) -> None:
    crf, emissions, links = chain[0], chain[1][:, :length], chain[2][:, :length]
    scores = enumerate_scores(crf, emissions[0], links[0])
    log_z = torch.logsumexp(torch.stack(list(scores.values())), dim=0)
    expected = torch.zeros(length, 3, dtype=torch.float64)
    for labels, score in scores.items():
        for t, label in enumerate(labels):
            expected[t, label] += (score - log_z).exp()
    torch.testing.assert_close(crf.marginals(emissions, mask=prefix_mask(length), links=links)[0], expected)


@pytest.mark.parametrize("temperature", [0.5, 2.0])
def test_a_temperature_divides_the_score_of_whole_sequences(
    chain: tuple[LinkedCRF, Tensor, Tensor], temperature: float
) -> None:
    crf, emissions, links = chain
    scores = {labels: s / temperature for labels, s in enumerate_scores(crf, emissions[0], links[0]).items()}
    shares = torch.stack(list(scores.values())).softmax(0)
    expected = torch.zeros(5, 3, dtype=torch.float64)
    for labels, share in zip(scores, shares, strict=True):
        for t, label in enumerate(labels):
            expected[t, label] += share
    run = {"mask": prefix_mask(5), "links": links}
    torch.testing.assert_close(crf.marginals(emissions, **run, temperature=temperature)[0], expected)
    assert tuple(crf.decode(emissions, **run)[0].tolist()) == max(scores, key=lambda labels: scores[labels].item())


def test_a_temperature_of_one_label_alone_is_a_softmaxs() -> None:
    emissions, mask = torch.tensor([[[0.0, 2.0], [1.0, 0.0]]]), prefix_mask(2)
    run = {"mask": mask, "links": mask.long(), "temperature": 2.0}
    torch.testing.assert_close(IndependentLabels().marginals(emissions, **run), (emissions / 2).softmax(2))
    torch.testing.assert_close(LinkedCRF(2, links=3).marginals(emissions, **run), (emissions / 2).softmax(2))


def oracle(crf: LinkedCRF) -> torchcrf.CRF:
    other = torchcrf.CRF(len(crf.start), batch_first=True)
    other.load_state_dict(
        {"start_transitions": crf.start, "end_transitions": crf.end, "transitions": crf.transitions[0]}
    )
    return other


@pytest.mark.parametrize("lengths", [(1, 2, 7), (40, 3, 11), (1485, 2, 1)])
def test_one_kind_of_link_equals_pytorch_crf(lengths: tuple[int, ...]) -> None:
    crf = random_crf(4, links=1, dtype=torch.float32)
    mask, emissions = prefix_mask(*lengths), torch.randn(3, max(lengths), 4)
    labels, links = torch.randint(0, 4, mask.shape), torch.zeros(mask.shape, dtype=torch.long)
    expected = oracle(crf)(emissions, labels, mask=mask, reduction="none")
    found = crf.log_likelihood(emissions, labels, mask=mask, links=links)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("lengths", [(1, 2, 7), (40, 3, 11), (1485, 2, 1)])
def test_one_kind_of_link_has_the_partition_of_pytorch_crf(lengths: tuple[int, ...]) -> None:
    crf = random_crf(4, links=1, dtype=torch.float32)
    mask, emissions = prefix_mask(*lengths), torch.randn(3, max(lengths), 4)
    expected = oracle(crf)._compute_normalizer(emissions.transpose(0, 1), mask.T)
    parts = (crf.start, crf.end, crf.transitions)
    found = log_partition(emissions, *parts, mask, torch.zeros(mask.shape, dtype=torch.long))
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("lengths", [(1, 2, 7), (200, 3, 11)])
def test_marginals_are_the_slope_of_the_partition_of_pytorch_crf(lengths: tuple[int, ...]) -> None:
    crf = random_crf(4, links=1)
    mask = prefix_mask(*lengths)
    emissions = torch.randn(3, max(lengths), 4, dtype=torch.float64, requires_grad=True)
    log_z = oracle(crf).double()._compute_normalizer(emissions.transpose(0, 1), mask.T)
    (expected,) = torch.autograd.grad(log_z.sum(), emissions)
    found = crf.marginals(emissions.detach(), mask=mask, links=torch.zeros(mask.shape, dtype=torch.long))
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("lengths", [(1, 2, 7), (40, 3, 11), (1485, 2, 1)])
def test_one_kind_of_link_decodes_as_pytorch_crf(lengths: tuple[int, ...]) -> None:
    crf = random_crf(4, links=1, dtype=torch.float32)
    mask, emissions = prefix_mask(*lengths), torch.randn(3, max(lengths), 4)
    path = crf.decode(emissions, mask=mask, links=torch.zeros(mask.shape, dtype=torch.long))
    found = [row[:length].tolist() for row, length in zip(path, lengths, strict=True)]
    assert found == oracle(crf).decode(emissions, mask=mask)


def test_gradients_equal_those_of_pytorch_crf() -> None:
    crf = random_crf(4, links=1)
    other, mask = oracle(crf).double(), prefix_mask(6, 1, 3)
    emissions = torch.randn(3, 6, 4, dtype=torch.float64, requires_grad=True)
    labels, links = torch.randint(0, 4, (3, 6)), torch.zeros(3, 6, dtype=torch.long)
    crf.log_likelihood(emissions, labels, mask=mask, links=links).sum().backward()
    other(emissions, labels, mask=mask).backward()
    torch.testing.assert_close(crf.transitions.grad[0], other.transitions.grad)
    torch.testing.assert_close(crf.start.grad, other.start_transitions.grad)
    torch.testing.assert_close(crf.end.grad, other.end_transitions.grad)


def test_gradients_are_right_in_float64() -> None:
    crf, mask = random_crf(3, links=2), prefix_mask(4, 1, 0, width=4)
    labels, links = torch.randint(0, 3, (3, 4)), torch.randint(0, 2, (3, 4))
    inputs = [torch.randn(3, 4, 3, dtype=torch.float64), *(p.detach().clone() for p in crf.parameters())]

    def likelihood(emissions: Tensor, start: Tensor, end: Tensor, transitions: Tensor) -> Tensor:
        parts = {"start": start, "end": end, "transitions": transitions}
        run = {"mask": mask, "links": links}
        scored = LikelihoodOf(crf)
        return torch.func.functional_call(scored, {f"crf.{k}": v for k, v in parts.items()}, (emissions, labels, run))

    assert torch.autograd.gradcheck(likelihood, [value.requires_grad_() for value in inputs])


class LikelihoodOf(torch.nn.Module):
    """Give the CRF's likelihood the name `forward`, as `functional_call` asks."""

    def __init__(self, crf: LinkedCRF) -> None:
        super().__init__()
        self.crf = crf

    def forward(self, emissions: Tensor, labels: Tensor, run: dict[str, Tensor]) -> Tensor:
        return self.crf.log_likelihood(emissions, labels, **run)


def test_blocks_of_transition_counts_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    crf, mask, emissions = random_crf(3, links=3), prefix_mask(9, 4), torch.randn(2, 9, 3, dtype=torch.float64)
    labels, links = torch.randint(0, 3, (2, 9)), torch.randint(0, 3, (2, 9))
    whole = torch.autograd.grad(crf.log_likelihood(emissions, labels, mask=mask, links=links).sum(), crf.transitions)
    monkeypatch.setattr("relext.model.crf.LARGEST_BLOCK", 9 * 5)  # 5 positions a block
    parts = torch.autograd.grad(crf.log_likelihood(emissions, labels, mask=mask, links=links).sum(), crf.transitions)
    torch.testing.assert_close(parts[0], whole[0])


def test_padding_and_what_it_holds_change_nothing() -> None:
    crf, emissions = random_crf(3, links=3), torch.randn(1, 4, 3, dtype=torch.float64)
    labels, links = torch.tensor([[0, 2, 1, 1]]), torch.tensor([[0, 1, 2, 1]])
    alone = crf.log_likelihood(emissions, labels, mask=prefix_mask(4), links=links)
    wide = torch.full((1, 9, 3), 77.0, dtype=torch.float64)
    wide[:, :4] = emissions
    pad = torch.full((1, 5), 2)
    padded = {"mask": prefix_mask(4, width=9), "links": torch.cat([links, pad], 1)}
    torch.testing.assert_close(crf.log_likelihood(wide, torch.cat([labels, pad], 1), **padded), alone)
    best = crf.decode(emissions, mask=prefix_mask(4), links=links)
    assert crf.decode(wide, **padded).tolist() == [[*best[0].tolist(), 0, 0, 0, 0, 0]]


def test_an_empty_chain_costs_nothing_and_decodes_to_nothing() -> None:
    crf, mask = random_crf(3, links=3), prefix_mask(2, 0)
    emissions, links = (
        torch.randn(2, 2, 3, dtype=torch.float64, requires_grad=True),
        torch.zeros(2, 2, dtype=torch.long),
    )
    likelihood = crf.log_likelihood(emissions, links, mask=mask, links=links)
    likelihood.sum().backward()
    assert likelihood[1] == 0
    assert emissions.grad[1].abs().sum() == 0
    assert crf.decode(emissions, mask=mask, links=links)[1].tolist() == [0, 0]
    assert crf.marginals(emissions, mask=mask, links=links)[1].sum() == 0


def test_a_batch_of_empty_chains_has_shape_zero() -> None:
    crf, none = random_crf(3, links=3), torch.zeros(2, 0, dtype=torch.long)
    emissions = torch.zeros(2, 0, 3, dtype=torch.float64)
    assert crf.log_likelihood(emissions, none, mask=none.bool(), links=none).tolist() == [0, 0]
    assert crf.decode(emissions, mask=none.bool(), links=none).shape == (2, 0)
    assert crf.marginals(emissions, mask=none.bool(), links=none).shape == (2, 0, 3)


def test_masked_labels_have_no_probability_and_finite_gradients() -> None:
    crf, mask = random_crf(3, links=3), prefix_mask(3)
    emissions = torch.tensor([[[0.0, -1e4, 1.0], [0.0, -1e4, -1e4], [1.0, 0.0, -1e4]]], dtype=torch.float64)
    emissions.requires_grad_()
    labels = links = torch.zeros(1, 3, dtype=torch.long)
    crf.log_likelihood(emissions, labels, mask=mask, links=links).sum().backward()
    assert crf.marginals(emissions, mask=mask, links=links)[0, 1].tolist() == pytest.approx([1, 0, 0])
    assert all(parameter.grad.isfinite().all() for parameter in crf.parameters())
    assert emissions.grad.isfinite().all()


def test_a_chain_of_1485_pairs_stays_finite_in_float32() -> None:
    crf, mask = random_crf(5, links=3, dtype=torch.float32), prefix_mask(1485, 3)
    emissions, links = 30 * torch.randn(2, 1485, 5), torch.randint(0, 3, (2, 1485))
    path = crf.decode(emissions, mask=mask, links=links)
    assert 0 > crf.log_likelihood(emissions, path, mask=mask, links=links)[0] > -1000
    torch.testing.assert_close(crf.marginals(emissions, mask=mask, links=links)[0].sum(1), torch.ones(1485))


def test_both_ways_give_the_same_on_chains_of_any_length(monkeypatch: pytest.MonkeyPatch) -> None:
    lengths = (1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 33, 100, 0)
    crf, mask = random_crf(5, links=3), prefix_mask(*lengths)
    emissions, links = torch.randn(*mask.shape, 5, dtype=torch.float64), torch.randint(0, 3, mask.shape)
    emissions[2, :, 1] = -1e4  # a label that types forbid
    run, found = {"mask": mask, "links": links}, []
    for is_at_once in (False, True):
        monkeypatch.setattr("relext.model.crf.suits_scan", lambda _, answer=is_at_once: answer)
        likelihoods = crf.log_likelihood(emissions, torch.ones_like(links), **run)
        gradients = torch.autograd.grad(likelihoods.sum(), tuple(crf.parameters()))
        found.append((crf.decode(emissions, **run), crf.marginals(emissions, **run), likelihoods, *gradients))
    torch.testing.assert_close(*found)


def test_only_cuda_reads_a_chain_at_once_and_only_what_fits() -> None:
    class OnCuda(Tensor):
        is_cuda = True

    chains = torch.empty(8, 1000, 6)
    assert not suits_scan(chains)
    assert suits_scan(chains.as_subclass(OnCuda))
    assert not suits_scan(torch.empty(8, 1000, 60, device="meta").as_subclass(OnCuda))


class NoWaiting(TorchDispatchMode):
    """Refuse every operation whose result the processor needs before it can go on, as on a GPU it would wait."""

    WAITING = frozenset({"_local_scalar_dense", "is_nonzero", "nonzero", "masked_select", "equal", "item", "unique"})

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        assert func.overloadpacket.__name__ not in self.WAITING, func
        return func(*args, **(kwargs or {}))


def test_the_guard_against_waiting_sees_a_wait() -> None:
    for wait in (lambda x: x.item(), lambda x: bool(x > 0), lambda x: x.nonzero(), lambda x: [1, 2][x.long()]):
        with NoWaiting(), pytest.raises(AssertionError):
            wait(torch.ones(1))


@pytest.mark.parametrize("layer", [LinkedCRF(3, links=3), LinkedCRF(3, links=1), IndependentLabels()])
def test_no_step_of_a_chain_waits_for_the_device(layer: LinkedCRF | IndependentLabels) -> None:
    mask, emissions = prefix_mask(6, 2, 0, width=6), torch.randn(3, 6, 3, requires_grad=True)
    labels, run = torch.zeros(3, 6, dtype=torch.long), {"mask": mask, "links": torch.zeros(3, 6, dtype=torch.long)}
    with NoWaiting():
        layer.decode(emissions, **run)
        layer.marginals(emissions, **run, temperature=1.5)
        layer.log_likelihood(emissions, labels, **run).sum().backward()


@pytest.mark.parametrize("layer", [LinkedCRF(3, links=3), IndependentLabels()])
def test_decoding_needs_no_values_only_shapes(layer: LinkedCRF | IndependentLabels) -> None:
    layer = layer.to("meta")  # tensors without values: to look at one would raise
    emissions, mask = torch.empty(2, 5, 3, device="meta"), torch.empty(2, 5, dtype=torch.bool, device="meta")
    path = layer.decode(emissions, mask=mask, links=mask.long())
    assert (path.shape, path.device.type) == ((2, 5), "meta")
    assert layer.marginals(emissions, mask=mask, links=mask.long()).shape == (2, 5, 3)


def test_links_choose_the_transitions() -> None:
    crf = LinkedCRF(2, links=2)
    with torch.no_grad():
        crf.transitions[0] = torch.tensor([[0.0, 9.0], [9.0, 0.0]])  # kind 0 alternates
        crf.transitions[1] = torch.tensor([[9.0, 0.0], [0.0, 9.0]])  # kind 1 repeats
    emissions = torch.tensor([[[0.0, 1.0], [0.0, 0.0], [0.0, 0.0]]])
    path = crf.decode(emissions, mask=prefix_mask(3), links=torch.tensor([[0, 1, 0]]))
    assert path.tolist() == [[1, 1, 0]]


def test_independent_labels_equal_a_crf_without_transitions() -> None:
    mask, emissions = prefix_mask(4, 2), torch.randn(2, 4, 3)
    labels, links = torch.randint(0, 3, (2, 4)), torch.zeros(2, 4, dtype=torch.long)
    crf, softmax = LinkedCRF(3, links=1), IndependentLabels()
    run = {"mask": mask, "links": links}
    torch.testing.assert_close(
        softmax.log_likelihood(emissions, labels, **run), crf.log_likelihood(emissions, labels, **run)
    )
    torch.testing.assert_close(softmax.marginals(emissions, **run), crf.marginals(emissions, **run))
    assert softmax.decode(emissions, **run).equal(crf.decode(emissions, **run))


def test_with_one_kind_of_link_the_links_are_not_read() -> None:
    crf, emissions = random_crf(3, links=1), torch.randn(2, 4, 3, dtype=torch.float64)
    labels, mask = torch.tensor([[0, 1, 2, 0], [2, 2, 1, 0]]), prefix_mask(4, 2)
    slopes = []
    for links in (torch.zeros(2, 4, dtype=torch.long), torch.tensor([[0, 2, 1, 2], [0, 1, 2, 1]])):
        crf.zero_grad()
        crf.log_likelihood(emissions, labels, mask=mask, links=links).sum().backward()
        assert crf.transitions.grad is not None
        slopes.append(crf.transitions.grad.clone())
    torch.testing.assert_close(slopes[0], slopes[1])
