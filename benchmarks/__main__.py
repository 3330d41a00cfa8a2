"""All benchmarks, one after the other: ``make bench``."""

from benchmarks import annotating, indexing, newsroom, reranking, searching, stories

for benchmark in (indexing, reranking, searching, newsroom, stories, annotating):
    print(f"== {benchmark.__name__}")
    benchmark.main()
