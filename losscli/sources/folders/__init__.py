"""Several files as one input: folders, patterns and lists of files, their order and their names. Parses no file."""
