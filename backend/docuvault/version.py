"""The version of this installation."""

from importlib.metadata import PackageNotFoundError, version

try:
    VERSION = version("docuvault")
except PackageNotFoundError:  # sources without an installation
    VERSION = "0.0.0"
