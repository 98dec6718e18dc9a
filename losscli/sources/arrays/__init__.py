"""Files of arrays, one or several by key, read row by row wherever the format allows it."""
