"""What everything else stands on: errors, records, values, the version. Imports nothing of the package."""
