"""The published index: immutable snapshots of FAISS vectors, a Tantivy index and filter columns."""
