r"""What Unicode says of the characters of other scripts: classes to put into a `regex` pattern of version 1.

`UNSPACED` is a letter of a script that puts no blanks between words: Han, Hiragana, Katakana, Thai, Lao, Khmer, Myanmar
and their kin. `re` knows neither scripts nor marks but reads Latin text twice as fast, hence `is_beyond_latin`.

Examples
--------
>>> import regex
>>> regex.findall(UNSPACED, "β受体 5 ยา", regex.V1)
['受', '体', 'ย', 'า']
>>> is_beyond_latin("2 µg, “naïve”"), is_beyond_latin("阿司匹林")
(False, True)
"""

import re

UNSPACED = r"[[\p{scx=Hani}\p{scx=Hira}\p{scx=Kana}\p{LB=SA}]&&[\p{L}\p{N}]]"

# Nothing in these ranges is a combining mark but U+0300 to U+036F, nor a joiner or a letter of `UNSPACED`.
_BEYOND_LATIN = re.compile("[^\x00-\u0482\u2000-\u200b\u200e-\u20cf\u2100-\u2cdf]")


def is_beyond_latin(text: str) -> bool:
    """Say whether a text may hold anything but Latin, Greek and Cyrillic letters, common signs and their marks."""
    return not text.isascii() and _BEYOND_LATIN.search(text) is not None
