"""Whatever of others lies in the package is named, with its version and the text of its licence."""

import re

from house.repository import ROOT, SOURCE

NOTICES = (ROOT / "THIRD_PARTY_NOTICES.md").read_text(encoding="utf-8")
VENDORED = sorted(path for folder in SOURCE.rglob("vendor") for path in folder.iterdir() if path.is_dir())


def _words(text: str) -> str:
    return " ".join(text.split())


def test_every_vendored_folder_is_named() -> None:
    assert VENDORED
    unnamed = [path.name for path in VENDORED if path.relative_to(SOURCE.parent).as_posix() not in NOTICES]
    assert unnamed == []


def test_its_version_and_the_text_of_its_licence_are_there() -> None:
    for folder in VENDORED:
        licence = (folder / "LICENSE").read_text(encoding="utf-8")
        terms = licence[licence.index("Permission is hereby granted") :]
        assert _words(terms) in _words(NOTICES)
        (program,) = folder.glob("*.js")
        with program.open(encoding="utf-8") as file:
            header = file.read(400)
        version = re.search(r"\bv(\d+\.\d+\.\d+)", header)
        assert version is not None
        assert f", {version.group(1)}\n" in NOTICES


def test_every_licence_that_is_named_has_its_text() -> None:
    named = {
        row.split("|")[3].strip()
        for row in NOTICES.splitlines()
        if row.startswith("| ") and "licence" not in row
    }
    assert named == {"MIT", "ISC", "BSD-3-Clause"}
    assert all(f"\n## {name}" in NOTICES for name in named)


def test_no_licensed_file_of_others_lies_elsewhere() -> None:
    strange = [
        path.relative_to(ROOT).as_posix()
        for path in SOURCE.rglob("*")
        if path.suffix in {".js", ".css", ".woff", ".woff2", ".ttf"}
        if not any(path.is_relative_to(folder) for folder in VENDORED)
        if b"Copyright" in path.read_bytes() or path.suffix in {".woff", ".woff2", ".ttf"}
    ]
    assert strange == []
