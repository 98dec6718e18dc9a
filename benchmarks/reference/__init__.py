"""Reference formulas of pointwise losses, written once for any number system: fifty digits and more, or eighty bits."""
