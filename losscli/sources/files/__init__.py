"""One file: its bytes wherever they are, decompressed, and the format they are of. Parses no rows."""
