"""What is said of mentions that a model was given and can't relate, in one sentence each.

In: a model, and what was counted. Out: sentences, none where there is nothing to say.
"""

from relext.model import TrainedModel


def list_remarks(model: TrainedModel, *, over_long: int) -> list[str]:
    """Return what was left out of the model's sight.

    Parameters
    ----------
    over_long : int
        Mentions in sentences that are too long to give pairs.
    """
    remarks = []
    if over_long:
        remarks.append(
            f"{over_long} mentions lie in sentences of more than {model.max_words} words, which give no relation"
        )
    return remarks
