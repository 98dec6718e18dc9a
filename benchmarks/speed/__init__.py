"""What `run.py` measures speed with."""
