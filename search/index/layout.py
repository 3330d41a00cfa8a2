"""Names of files and folders in a data folder.

DATA/CURRENT                                the name of the snapshot to serve
DATA/snapshots/NAME/manifest.json           what it holds, with a digest of every file
                   /lexical/                one Tantivy index of all articles
                   /segments/NAME/          vectors and columns of a range of revisions, shared between snapshots by hard links
"""

CURRENT = "CURRENT"
SNAPSHOTS = "snapshots"
MANIFEST = "manifest.json"
LEXICAL = "lexical"
SEGMENTS = "segments"
VECTORS = "vectors.faiss"
PASSAGES = "passages.arrow"
ARTICLES = "articles.arrow"
REMOVED_PASSAGES = "removed_passages.npy"
REMOVED_ARTICLES = "removed_articles.npy"
