"""The configuration file: `losscli.toml`, or `[tool.losscli]` in `pyproject.toml`. Its keys are the long names of the options."""
