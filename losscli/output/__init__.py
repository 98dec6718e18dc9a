"""What a run writes beside its report: whole files or none."""
