"""Makes what search reads: dumps in, archive and index snapshots out."""
