"""Images that are masks: label maps, or maps of scores stored as floats. Pillow decodes them; what it would change is refused."""
