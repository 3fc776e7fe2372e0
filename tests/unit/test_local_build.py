"""When a build is needed, and what of it each cloud gets for itself."""

from pathlib import Path

import pytest

from local import build
from local.errors import LocalError
from local.places import Home


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "checkout"
    built = root / ".aws-sam" / "build"
    for file, content in {
        "template.yaml": "Resources: {}",
        "Makefile": "build:\n\techo built >> builds\n",
        "functions/things/app.py": "A = 1",
        "shared/atelier/__init__.py": "",
        "shared/requirements.txt": "six==1",
        ".aws-sam/build/template.yaml": "Resources: {}",
        ".aws-sam/build/ThingsFunction/app.py": "A = 1",
        ".aws-sam/build/SharedLayer/python/atelier/ids.py": "B = 1",
        ".aws-sam/build/SharedLayer/python/six.py": "C = 1",
    }.items():
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text(content)
    monkeypatch.setattr(build, "ROOT", root)
    monkeypatch.setattr(build, "BUILD", built)
    monkeypatch.setattr(build, "STAMP", built.parent / "stamp")
    monkeypatch.setattr(build, "BUILD_LOCK", built.parent / "lock")
    monkeypatch.setattr(build, "PACKAGES", root / ".local" / "packages")
    return root


def test_it_builds_once_for_the_same_sources(checkout: Path) -> None:
    assert build.build_if_changed() is True
    assert build.build_if_changed() is False
    (checkout / "functions" / "things" / "__pycache__").mkdir()
    (checkout / "functions" / "things" / "__pycache__" / "app.pyc").write_bytes(b"")
    assert build.build_if_changed() is False
    (checkout / "functions" / "things" / "app.py").write_text("A = 2")
    assert build.build_if_changed() is True
    assert (checkout / "builds").read_text() == "built\nbuilt\n"


def test_a_build_that_fails_is_told_and_tried_again(checkout: Path) -> None:
    (checkout / "Makefile").write_text("build:\n\t@echo no layer here >&2; false\n")
    for _ in range(2):
        with pytest.raises(LocalError, match="no layer here"):
            build.build_if_changed()


def test_a_later_build_leaves_a_clouds_view_alone(checkout: Path, tmp_path: Path) -> None:
    view = build.take_view(Home(tmp_path / "cloud"))
    built = checkout / ".aws-sam" / "build"
    for path in sorted(built.rglob("*.py")):
        path.unlink()
    assert (view.artefacts / "ThingsFunction" / "app.py").read_text() == "A = 1"
    assert (view.artefacts / "SharedLayer" / "python" / "atelier" / "ids.py").read_text() == "B = 1"
    assert (view.packages / "six.py").read_text() == "C = 1"
    assert not (view.packages / "atelier").exists()


def test_packages_are_shared_until_the_requirements_change(checkout: Path, tmp_path: Path) -> None:
    one, two = (build.take_view(Home(tmp_path / name)).packages for name in ("one", "two"))
    assert one == two
    (checkout / "shared" / "requirements.txt").write_text("six==2")
    assert build.take_view(Home(tmp_path / "three")).packages != one
