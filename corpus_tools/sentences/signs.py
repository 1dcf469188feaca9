r"""The signs of other scripts than Latin: what ends a sentence, what closes behind it, where a long one may be cut.

In: nothing. Out: classes to put into a `regex` pattern of version 1, `STOP` and `PAUSE` as Unicode's Sentence_Break
(UAX 29) has them. No text that `is_beyond_latin` denies holds a sign of these two.

Examples
--------
>>> import regex
>>> regex.findall(STOP, "。 ？ । ؟ ۔ ។ . ? ‼", regex.V1)
['。', '？', '।', '؟', '۔', '។']
>>> regex.findall(PAUSE, "， 、 ： ； ، , ; –", regex.V1)
['，', '、', '：', '；', '،']
"""

STOP = r"[\p{SB=STerm}--[!?\u2000-\u206f]]"
PAUSE = r"[\p{SB=SContinue}--[\x00-\u0482\p{Pd}]]"
OPENING = r"[\p{Ps}\p{Pi}]"
CLOSING = r"[\p{Pe}\p{Pf}\"']"
HAN_OR_KANA = r"[\p{Han}\p{Hiragana}\p{Katakana}]"
HAN_DIGITS = "〇一二三四五六七八九十"
