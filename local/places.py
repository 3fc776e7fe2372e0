"""Where things lie: the checkout, the built artefacts, and one folder per running local cloud."""

import os
import platform
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / ".aws-sam" / "build"
# The layer's logical id in the template, and the package of ours that it carries.
LAYER = "SharedLayer"
PACKAGE = "atelier"
PACKAGES = ROOT / ".local" / "packages"
EMULATOR_PYTHON = ROOT / ".local" / "ministack" / "bin" / "python"
REGION = "eu-central-1"
STACK_NAME = "atelier"


@dataclass(frozen=True, slots=True)
class Home:
    """The folder of one running local cloud; two clouds never share one."""

    path: Path

    @property
    def stack_file(self) -> Path:
        """The file that says the cloud is up and how to reach it."""
        return self.path / "stack.json"

    @property
    def lock_file(self) -> Path:
        """Held by the process that runs this cloud."""
        return self.path / "running.lock"

    @property
    def artefacts(self) -> Path:
        """This cloud's own view of the build, so that a later build does not pull it away."""
        return self.path / "artefacts"

    @property
    def scratch(self) -> Path:
        """Temporary files of the emulator and of the functions it runs."""
        return self.path / "scratch"

    @property
    def kept_data(self) -> Path:
        """What `KEEP=1` carries from one run to the next."""
        return self.path / "kept"

    @property
    def emulator_log(self) -> Path:
        """What the emulator itself had to say."""
        return self.path / "emulator.log"


def home() -> Home:
    """The folder named by ATELIER_LOCAL_DIR, else `.local` in the checkout."""
    return Home(Path(os.environ.get("ATELIER_LOCAL_DIR") or ROOT / ".local").resolve())


def architecture() -> str:
    """This machine's processor as Lambda names it."""
    return "arm64" if platform.machine().lower() in {"arm64", "aarch64"} else "x86_64"
