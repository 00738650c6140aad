"""The page of licences names every package that we name, and no licence that binds."""

from __future__ import annotations

import re

from tests.packages.licences import direct, listed, who

_BINDING = re.compile(r"(?<![L])\bA?GPL|Affero|Proprietary|NonCommercial|CC-BY-NC", re.IGNORECASE)


def test_the_page_names_the_packages_of_the_project() -> None:
    ours = {name: by for name, (_, by) in listed().items() if not by.endswith("by others")}

    assert ours == {name: who(groups) for name, groups in direct().items()}, (
        "Run: python -m tests.packages.licences"
    )


def test_no_licence_of_them_binds_who_uses_it() -> None:
    assert {name: told for name, (told, _) in listed().items() if _BINDING.search(told)} == {}
