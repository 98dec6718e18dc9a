"""Losses, parameters, families and recipes as data. Reads no files and computes nothing."""
