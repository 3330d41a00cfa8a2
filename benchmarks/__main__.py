"""All benchmarks, one after the other: ``make bench``."""

from benchmarks import indexing, reranking, searching

for benchmark in (indexing, reranking, searching):
    print(f"== {benchmark.__name__}")
    benchmark.main()
