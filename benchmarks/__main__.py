"""All benchmarks, one after the other: ``make bench``."""

from benchmarks import indexing, newsroom, reranking, searching, stories

for benchmark in (indexing, reranking, searching, newsroom, stories):
    print(f"== {benchmark.__name__}")
    benchmark.main()
