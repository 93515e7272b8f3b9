"""What no file of the repository may carry, and how modules are named."""

import re

from house.repository import ROOT, SOURCE, files, modules, texts

# The hosts are put together here, so that this file passes its own rules.
INDEX_HOSTS = tuple(".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org")))
INDEX_SETTING = re.compile(r"""(?m)^\s*--(extra-)?index-url\b|"resolved": "https?:|registry = "https?:""")
MACHINE_PATH = re.compile(r"(?<![\w.~/-])/(work|root|home)/[A-Za-z.]")
LOCK_FILES = frozenset({"uv.lock", "package-lock.json", "poetry.lock", "Pipfile.lock", "yarn.lock"})
NAMES_THAT_SAY_NOTHING = frozenset({"base", "common", "core", "helpers", "manager", "misc", "utils"})


def test_no_file_names_a_package_index() -> None:
    carriers = [
        name
        for name, text in texts()
        if any(host in text for host in INDEX_HOSTS) or INDEX_SETTING.search(text)
    ]
    assert carriers == []


def test_no_file_carries_a_path_of_a_machine() -> None:
    found = {name: hit.group() for name, text in texts() if (hit := MACHINE_PATH.search(text))}
    assert found == {}


def test_no_lock_file_with_addresses_is_kept() -> None:
    assert [path.name for path in files() if path.name in LOCK_FILES] == []


def test_every_folder_with_code_is_a_package() -> None:
    folders = {parent for path in modules() for parent in path.parents if parent.is_relative_to(SOURCE)}
    bare = [str(folder.relative_to(ROOT)) for folder in folders if not (folder / "__init__.py").is_file()]
    assert bare == []


def test_module_names_say_what_is_inside() -> None:
    within = [path.relative_to(SOURCE) for path in modules()]
    names = {path.as_posix(): {path.stem, *path.parent.parts} for path in within}
    unclear = [
        name for name, parts in names.items() if {part.strip("_") for part in parts} & NAMES_THAT_SAY_NOTHING
    ]
    assert unclear == []
