"""What can be asked for: losses, parameters, families and recipes as data. Reads no files and computes nothing."""
