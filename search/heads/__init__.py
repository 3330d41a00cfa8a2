"""The BERT task heads: one body, one extra layer each, for labels, tags, spans, choices and masked words."""
