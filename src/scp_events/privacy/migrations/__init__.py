"""The keyring's tables, as plain SQL files."""
