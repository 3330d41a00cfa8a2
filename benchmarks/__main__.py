"""All benchmarks, one after the other: ``make bench``."""

from benchmarks import indexing, newsroom, reranking, searching

for benchmark in (indexing, reranking, searching, newsroom):
    print(f"== {benchmark.__name__}")
    benchmark.main()
