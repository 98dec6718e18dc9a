"""The command line: Typer is known in this folder and nowhere else."""
