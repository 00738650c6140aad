"""The page of licences names every package that we name, no licence that binds, none left alone."""

from __future__ import annotations

import re
from datetime import timedelta

from tests.packages.licences import direct, listed, who

_MAINTAINED = timedelta(days=2 * 365)
"""A release within that time before the newest of all, about when the table was written."""
_FINISHED = {"docopt": "the command line of num2words alone imports it, and we do not run that"}

_BINDING = re.compile(r"(?<![L])\bA?GPL|Affero|Proprietary|NonCommercial|CC-BY-NC", re.IGNORECASE)


def test_the_page_names_the_packages_of_the_project() -> None:
    ours = {name: it.by for name, it in listed().items() if not it.by.endswith("by others")}

    assert ours == {name: who(groups) for name, groups in direct().items()}, (
        "Run: python -m tests.packages.licences"
    )


def test_no_licence_of_them_binds_who_uses_it() -> None:
    assert {name: it for name, it in listed().items() if _BINDING.search(it.licence)} == {}


def test_each_of_them_is_maintained() -> None:
    table = listed()
    written = max(it.released for it in table.values())

    old = {name for name, it in table.items() if written - it.released > _MAINTAINED}
    assert old == set(_FINISHED), "Take another one, or tell why this one needs no release."
