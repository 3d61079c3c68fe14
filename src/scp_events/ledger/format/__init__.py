"""What others can check: the tree, its notes and proofs, and the bundle. Needs no database."""
