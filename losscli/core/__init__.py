"""What every other package depends on: errors, records, values, the version. Imports nothing else of the package."""
