"""The finished run as data: the model, its gates, its schema and its renderers."""
