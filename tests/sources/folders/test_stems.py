"""The names by which files meet: without folder and suffix, and after a substitution."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from losscli.core.errors import UsageError
from losscli.sources.folders.stems import changed, stem_of, substitution


def test_the_name_of_a_file_without_folder_and_suffix():
    assert stem_of("masks/val/0001.png") == "0001"
    assert stem_of("0001.nii.gz") == "0001"
    assert stem_of("cat_jpg.rf.8ab3.txt") == "cat_jpg.rf.8ab3"
    assert stem_of("v1.5") == "v1.5"


@pytest.mark.parametrize(
    ("change", "name", "found"),
    [
        ("s/_mask$//", "7_mask", "7"),
        ("s/_mask$//", "_mask7", "_mask7"),
        ("s/_//", "a_b_c", "ab_c"),
        ("s/_//g", "a_b_c", "abc"),
        ("s/MASK//i", "7mask", "7"),
        ("s|/|-|", "a/b", "a-b"),
        (r"s/(\d+)_(\w+)/\2_\1/", "12_cat", "cat_12"),
        (r"s/[0-9]+/<&>/", "a12", "a<12>"),
        (r"s/\//-/", "a/b", "a-b"),
        ("s/^/img_/", "7", "img_7"),
        ("s/x/y/", "a\u0308", "\xe4"),
        (r"s/.*/\L&/", "IMG_7a", "img_7a"),
        (r"s/([a-z]*)_(.)/\U\2\1/", "ab_c", "CAB"),
    ],
)
def test_a_substitution_as_in_sed(change, name, found):
    assert changed(name, substitution(change)) == found


@pytest.mark.parametrize("text", ["", "s", "s/a/b", "s/a", "a/b/", "s/a/b/x", "s/(/b/", r"s/a/\1/", "saxbx", "s/a/b/c/"])
def test_what_is_not_a_substitution_is_refused(text):
    with pytest.raises(UsageError, match="--stem"):
        substitution(text)


@given(st.text(max_size=12))
def test_any_text_is_a_substitution_or_refused(text):
    with suppress(UsageError):
        changed("img_0001_mask", substitution("s" + text))
