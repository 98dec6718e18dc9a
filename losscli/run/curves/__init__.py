"""Losses as curves over their natural axis: where they are evaluated, what is drawn, and the user's samples below."""
