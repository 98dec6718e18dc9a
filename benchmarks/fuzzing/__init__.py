"""Commands that must fail well: malformed inputs by generators, and damaged files of every format."""
