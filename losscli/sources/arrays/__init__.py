"""Files of arrays, one or several by key, mapped into memory wherever the format allows it."""
