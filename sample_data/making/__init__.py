"""How the sample data are made: one file per kind of data, and the one that writes."""
