"""On a CUDA device: the processor's losses and labels, steps that never wait for the device, bf16, compiled layers."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from torch import nn

from relext.config import Config
from relext.data import iterate_batches
from relext.model import Machine, probe_machine, read_model
from relext.prediction import decode_batch, predict_documents
from relext.training import train_to_folder
from relext.training.loop import TrainingRun, run_step
from tests.relext.test_crf import prefix_mask, random_crf
from tests.relext.tiny_models import CONFIG, STEADY, crowded_document, tiny_corpus, tiny_parts, tiny_run

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"),
    pytest.mark.filterwarnings("default"),  # drivers, cuDNN and the compiler have warnings of their own
]
MARKINGS = ("none", "levitated", "first", "pair")


def run_on(device: str, config: Config = STEADY) -> TrainingRun:
    """Return a run that learns without dropout; cuDNN's recurrent layers must be in training to go backward."""
    run = tiny_run(config.overridden(device=device))
    for module in run.network.train().modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    return run


@contextmanager
def no_waiting() -> Iterator[None]:
    """Refuse what makes the processor wait for the device."""
    torch.cuda.set_sync_debug_mode("error")
    try:
        yield
    finally:
        torch.cuda.set_sync_debug_mode("default")


@pytest.mark.parametrize("decoder", ["linked-crf", "crf", "softmax"])
@pytest.mark.parametrize("marking", MARKINGS)
def test_steps_have_the_losses_of_the_processor(marking: str, decoder: str) -> None:
    config = STEADY.overridden(marking=marking, decoder=decoder)
    runs = [run_on(device, config) for device in ("cpu", "cuda")]
    found = [[run_step(run, [list(run.part.documents)])[0].item() for _ in range(4)] for run in runs]
    assert found[1] == pytest.approx(found[0], rel=1e-3)
    assert found[1][-1] < found[1][0]


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("marking", MARKINGS)
def test_no_step_waits_for_the_device(marking: str, precision: str) -> None:
    run = tiny_run(CONFIG.overridden(device="cuda", marking=marking, precision=precision))
    run.network.train()
    documents = list(run.part.documents)
    run_step(run, [documents])  # the first prepares handles and kernels
    with no_waiting():
        run_step(run, [documents[:5], documents[5:]])


def test_the_guard_against_waiting_sees_a_wait() -> None:
    with no_waiting(), pytest.raises(RuntimeError, match="synchronizing"):
        torch.ones(1, device="cuda").item()


def test_predicting_a_batch_waits_for_nothing_but_the_result() -> None:
    run = run_on("cuda")
    batches = [
        batch.to(run.machine.device) for _, batch in iterate_batches(run.part.documents, pad_id=1, batch_tokens=64)
    ]
    decode_batch(run.network, batches[0])
    with no_waiting():
        for batch in batches:
            decode_batch(run.network, batch)


@pytest.mark.parametrize("lengths", [(1,), (7, 3, 0), (1485, 1), (300,) * 40])
def test_chains_decode_as_on_the_processor(lengths: tuple[int, ...]) -> None:
    crf, mask = random_crf(6, links=3), prefix_mask(*lengths)
    emissions, links = torch.randn(*mask.shape, 6, dtype=torch.float64), torch.randint(0, 3, mask.shape)
    labels, found = torch.randint(0, 6, mask.shape), []
    for device in ("cpu", "cuda"):
        crf, run = crf.to(device), {"mask": mask.to(device), "links": links.to(device)}
        given = emissions.to(device).requires_grad_()
        likelihoods = crf.log_likelihood(given, labels.to(device), **run)
        gradients = torch.autograd.grad(likelihoods.sum(), (given, *crf.parameters()))
        results = (likelihoods, crf.decode(given, **run), crf.marginals(given, **run), *gradients)
        found.append([each.detach().cpu() for each in results])
    torch.testing.assert_close(found[1], found[0])


def test_the_probe_takes_the_device_and_bf16() -> None:
    machine = probe_machine(Config().training)
    assert machine.device.type == "cuda"
    assert machine.precision == (
        torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float32
    )


def test_compiled_layers_take_the_same_steps() -> None:
    plain, compiled = run_on("cuda"), run_on("cuda", STEADY.overridden(compile=True))
    found = [[run_step(run, [list(run.part.documents)[:n]])[0].item() for n in (3, 7, 12)] for run in (plain, compiled)]
    assert found[1] == pytest.approx(found[0], rel=1e-3)


@pytest.mark.parametrize("settings", [{}, {"freeze_layers": "all"}, {"frozen_epochs": 1}, {"marking": "pair"}])
def test_a_model_trained_on_the_device_says_the_same_on_the_processor(
    tmp_path: Path, settings: dict[str, object]
) -> None:
    config = CONFIG.overridden(device="cuda", epochs=3, precision="bf16", **settings)
    trained = train_to_folder(tiny_corpus(tmp_path / "corpus").path, tmp_path / "model", config)
    assert trained.record["device"].startswith("cuda")
    documents = [*tiny_parts()["test"], crowded_document(12)]
    places = ({"device": "cuda", "precision": "fp32"}, {"device": "cpu", "precision": "fp32", "threads": 1})
    on_device, on_processor = (
        predict_documents(read_model(tmp_path / "model", **place), documents) for place in places
    )
    for here, there in zip(on_device, on_processor, strict=True):
        assert here.pairs == there.pairs
        assert here.confidences == pytest.approx(there.confidences, abs=1e-3)


def test_a_chain_longer_than_memory_allows_is_read_step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    at_once, step_by_step = run_on("cuda"), run_on("cuda")
    found = [run_step(at_once, [list(at_once.part.documents)])[0].item()]
    monkeypatch.setattr("relext.model.scan.MOST_NUMBERS", 1)
    found.append(run_step(step_by_step, [list(step_by_step.part.documents)])[0].item())
    assert found[1] == pytest.approx(found[0], rel=1e-5)


def test_a_machine_is_named_in_full() -> None:
    machine = probe_machine(Config().overridden(device="cuda:0", precision="fp32").training)
    assert isinstance(machine, Machine)
    assert str(machine.device) == "cuda:0"
