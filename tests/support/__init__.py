"""What tests share: running the command, evaluating recipes on arrays, examples of every loss."""
