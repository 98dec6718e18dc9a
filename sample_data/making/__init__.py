"""Makes the sample data: one module per kind of data, and one that writes files."""
