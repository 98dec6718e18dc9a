"""Images, each of them a row, decoded when it is read: masks and medical volumes."""
