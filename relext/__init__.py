"""Relation extraction: from a built corpus to predictions, their evaluation, and back into brat.

Examples
--------
>>> import relext
>>> document = relext.load("model").predict("Aspirin for chest pain.")  # doctest: +SKIP
>>> [(relation.type, relation.arg1, relation.arg2) for relation in document.relations]  # doctest: +SKIP
[('treats', 'T1', 'T2')]
"""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from relext.loop import Annotator

__version__ = "0.1.0"


def load(
    folder: str | Path, *, device: str = "auto", threshold: float = 0.0, precision_target: float | None = None
) -> "Annotator":
    """Return what annotates texts with a trained model: `load(folder).predict(text)`.

    Parameters
    ----------
    threshold : float
        Least probability of a mention or relation.
    precision_target : float, optional
        State only relations at the thresholds a label that reached this precision on the model's validation part.

    Raises
    ------
    SettingError
        Where the threshold or the precision is no number from 0 to 1.
    InputError
        Where there is no such model folder, or it is not complete.
    HostileModel
        Where the folder could run code or has changed since it was written.
    """
    # Imported here, so that `relext --help` waits for no torch.
    from relext.loop import ask_precision, load_annotator

    return ask_precision(load_annotator(Path(folder), device=device, threshold=threshold), precision_target)


__all__ = ["load"]
