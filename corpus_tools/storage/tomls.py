"""What is looked for in TOML before the library reads it.

Examples
--------
>>> find_deep_key("a = 1\\n" + ".".join(["a"] * 200) + " = 1")
2
"""

import re

MAX_KEY_PARTS = 32
# Every repeat is bounded, so that this search is linear.
_DEEP_KEY = re.compile(
    r"(?:(?:[\w-]{1,64}+|\"[^\"\n]{0,64}+\"|'[^'\n]{0,64}+')[ \t]{0,8}+\.[ \t]{0,8}+){%d}" % MAX_KEY_PARTS  # noqa: UP031
)


def find_deep_key(text: str) -> int:
    """Return the number of the line with the first key of more than `MAX_KEY_PARTS` parts, 0 where there is none.

    Python's reader takes time that grows with the square of a key's parts: hours for a file of one MiB.
    """
    match = _DEEP_KEY.search(text)
    return 0 if match is None else text.count("\n", 0, match.start()) + 1
