"""The BERT models that a search runs: the bi-encoder and the cross-encoder. Knows nothing of articles, indexes or HTTP."""
