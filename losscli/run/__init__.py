"""What the commands do, one story a file."""
