"""Data frames as tables: those of the caller, and those that pandas reads from files."""
