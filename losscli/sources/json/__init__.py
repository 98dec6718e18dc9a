"""JSON: lines are streamed, one document is read by the first module that knows its shape."""
