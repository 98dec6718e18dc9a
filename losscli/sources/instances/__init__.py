"""Objects with masks, many per image, as images: a mask of all objects, a label map, or a channel per class."""
