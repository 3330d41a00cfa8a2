"""Whether a query is a question that a few words of an article could answer. Goes by its form alone and knows nothing of any archive.

A query is a question when it
- ends with a question mark (of any script), or
- begins, in English, with a question word and has at least three words ("who won the cup"), also after a preposition ("in which year"), or
- begins, in English, with an auxiliary verb and what may be its subject ("did the minister resign", "will it rain"), or
- has a Chinese question word ("谁", "多少") or ends with a question particle ("吗").

Who types "who guidelines masks" means the World Health Organization, and "will smith oscars" a man of that name: after "who" stands a verb,
after verbs that are also names and nouns stands an article or a pronoun.
"""

import re

_MARKS = ("?", "？", "؟", "⁇", "⸮")
_CLOSING = " \"'”’»」』)]）】"

_PREPOSITION = r"(?:(?:in|on|at|to|for|from|by|with|of|under|about|since|until)\s+)?"
_AUXILIARY = r"(?:is|are|was|were|am|do|does|did|has|have|had|can|could|will|would|shall|should|may|might|must)(?:n['’]?t)?"
_SUBJECT = r"(?:the|an?|any|there|he|she|it|they|we|you|i|this|that|these|those|his|her|its|their|our|your|my|all|some|no|more|most)"
_WHO_VERB = (
    rf"(?:{_AUXILIARY}|['’]s|['’]re|\w+ed|became|began|bought|brought|built|came|chose|cut|fell|fought|found|gave|got|held|hit|kept|knew|led|"
    r"left|lost|made|met|paid|put|ran|rose|said|sang|sent|shot|sold|spoke|stood|stole|told|took|went|won|wrote|leads?|makes?|owns?|plays?|"
    r"replaces?|runs?|says?|thinks?|wants?|wins?|else|first|really)"
)
_ENGLISH = re.compile(
    rf"{_PREPOSITION}(?:"
    r"(?:what|which|whose|whom|why|how|where|when)(?:['’]s|['’]re)?\s+\S+\s+\S+"
    rf"|who(?:\s+|(?=['’])){_WHO_VERB}\b\s+\S+"
    r")"
    r"|(?:is|are|was|were|does|did|do|has|have|had|could|would|should)(?:n['’]?t)?\s+\S+\s+\S+"
    rf"|(?:can|will|shall|may|might|must)(?:n['’]?t)?\s+{_SUBJECT}\s+\S+",
    re.IGNORECASE,
)
_ADVICE = re.compile(r"(?:how|what|when|where|why|which)\s+to\b", re.IGNORECASE)  # "how to vote" is not answered by a few words
_CHINESE = re.compile(
    r"谁|什么|甚么|为何|为啥|怎么|怎样|如何|多少|多大|多久|多远|是否|能否|可否|会否|何时|何地|何处|何人|哪[里儿个些位家年国国支天种一]"
    r"|第?几[个次年月天人位名岁家]|是不是|有没有|会不会|能不能|要不要|[吗呢么]$"
)


def is_question(text: str) -> bool:
    """Whether the text asks something, by its form; operators of the query language should be taken out before."""
    text = text.strip().rstrip(_CLOSING)
    if text.endswith(_MARKS):
        return len(text) > 1
    if text.endswith((".", "。")):
        return False  # "How rents rise in cities." says what is wanted
    return bool((_ENGLISH.match(text) and not _ADVICE.match(text)) or _CHINESE.search(text))
