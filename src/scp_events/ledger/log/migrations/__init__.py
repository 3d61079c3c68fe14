"""The ledger's tables, as plain SQL files in the order of their numbers."""
