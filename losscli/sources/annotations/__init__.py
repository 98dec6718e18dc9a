"""Annotations of boxes: folders of text and XML files, one per image. Evaluates nothing."""
