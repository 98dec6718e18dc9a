"""The mathematics of a loss's page, evaluated: `2·(f - y) / d`, `w_y (p - t)`, `u²/2 where |u| ≤ δ, else …`.

A formula is read as people read it: names side by side are multiplied, |x| is a size, [a > b] is 1 or 0. What cannot be read
raises Unreadable.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from unicodedata import normalize

import numpy as np


class Unreadable(Exception):
    """A text that is prose, or a formula with names that nobody gave."""


def _sigmoid(x: Any) -> Any:
    return 1.0 / (1.0 + np.exp(-np.asarray(x, float)))


FUNCTIONS: dict[str, Any] = {
    "log": np.log,
    "exp": np.exp,
    "tanh": np.tanh,
    "sign": np.sign,
    "clip": np.clip,
    "abs": np.abs,
    "sqrt": np.sqrt,
    "max": np.maximum,
    "min": np.minimum,
    "σ": _sigmoid,
}
_TOKEN = re.compile(r"\s*(\d+\.?\d*|[^\W\d²³½Σ√][^\W²³½]*|\S)")
_SIGNS = {"·": "*", "²": "**2", "³": "**3", "^": "**", "≤": "<=", "≥": ">=", "≠": "!=", "=": "==", "½": "0.5"}


def evaluated(text: str, names: Mapping[str, Any]) -> Any:
    """The value of a formula, of `A where CONDITION, else B` and of `A times B` included; NaN where the text says nothing."""
    head, found, rest = text.partition(" with ")
    if found:
        return evaluated(head, definitions(rest.replace(" and ", ", "), names))
    head, found, rest = text.partition(" times ")
    if found:
        return evaluated(head, names) * evaluated(rest, names)
    head, found, rest = text.partition(" where ")
    if found:
        condition, _, other = rest.replace(", 0 elsewhere", ", else 0").partition(", else ")
        return np.where(evaluated(condition, names), evaluated(head, names), evaluated(other, names) if other else np.nan)
    code = translated(text, names)
    try:
        with np.errstate(all="ignore"):
            known = {normalize("NFKC", name): x for name, x in {**FUNCTIONS, **names}.items()}
            return eval(code, {"__builtins__": {}}, known)  # the text is the project's own
    except (SyntaxError, TypeError, NameError, ValueError, AttributeError) as e:
        raise Unreadable(f"{text!r}: {e}") from e


def translated(text: str, names: Mapping[str, Any]) -> str:
    """A formula as Python: names side by side multiplied, |x| and [a > b] as functions, the square of a sum's terms inside it."""
    text = re.sub(r"Σ(\([^()]*\))²", r"Σ(\1²)", re.sub(r"Σ\|(\w+)\|", r"Σ(|\1|)", text))
    out: list[str] = []
    bars, ended, called = 0, False, False
    for token in (found.group(1) for found in _TOKEN.finditer(text)):
        word = token[0].isalpha() or token[0] == "_"
        if word and token not in names and token not in FUNCTIONS:
            raise Unreadable(f"{text!r}: {token}")
        closing = token == "|" and ended and bars > 0
        starts = not closing and (word or token[0].isdecimal() or token in ("(", "|", "[", "√", "½", "Σ"))
        if starts and ended:
            out.append("*")
        bars += 0 if token != "|" else -1 if closing else 1
        shown = ")" if closing else {"|": "abs(", "[": "(1.0*(", "]": "))", "√": "sqrt", **_SIGNS}.get(token, token)
        out.append(f"({shown})" if called and starts and token != "(" else shown)
        called = token in FUNCTIONS or token in ("√", "Σ")
        ended = closing or token in (")", "]", "²", "³", "½") or ((word or token[0].isdecimal()) and not called)
    return " ".join(out)


def definitions(formula: str, names: Mapping[str, Any]) -> dict[str, Any]:
    """What `v = (f - y)/c` and its like in the text of a formula say, as far as they can be read."""
    found = dict(names)
    for part in _split(" ".join(formula.split()).replace(" and ", ", "), ",:;"):
        name, equals, text = part.partition(" = ")
        name = (name.split() or [""])[-1]
        if equals and re.fullmatch(r"[^\W\d]\w*", name) and name not in ("L", *names):
            try:
                found[name] = evaluated(text.strip().rstrip("."), found)
            except Unreadable:
                continue
    return found


def clauses(text: str) -> Iterator[tuple[str, str]]:
    """The formulas of a gradient's text, each with what stands before its colon (`logits`, `form=root`; empty for none)."""
    plain = re.sub(r" for (N rows of )?(d outputs|n numbers)", "", " ".join(text.split())).replace("w.r.t. ", "by ")
    for part in _split(plain, ";"):
        for piece in part.split(". "):
            head, colon, rest = piece.strip().rstrip(".").partition(": ")
            label, body = (head, rest) if colon else ("", head)
            body = body.replace(", divided by the number of columns", " / d")
            yield label.removeprefix("by ").removeprefix("the "), re.split(r", (?:which|s|and|of) ", body)[0].strip()


def _split(text: str, signs: str) -> list[str]:
    """Parts between signs that stand outside of brackets."""
    depth, parts = 0, [""]
    for letter in text:
        depth += (letter in "([") - (letter in ")]")
        if letter in signs and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return parts
