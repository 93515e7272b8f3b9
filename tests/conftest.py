"""What every test shares: how hard hypothesis tries, and where the third-party traces lie."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parents[1]

settings.register_profile("dev", deadline=None)
settings.register_profile(
    "ci",
    deadline=None,
    max_examples=400,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("ci" if os.environ.get("CI") else "dev")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real traces that are not part of the repository: ../shared/data, or $AGENTTRACE_SHARED_DATA."""
    path = Path(os.environ.get("AGENTTRACE_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not path.is_dir():
        pytest.skip(f"third-party traces are not here: {path} (name their folder in AGENTTRACE_SHARED_DATA)")
    return path
