"""The part of diskimage-builder's Python package that elements import when they run outside the image.

Ingot is no Python program; elements written for diskimage-builder may be. Where that package is installed as well, the
modules that are missing here are taken from there.
"""

import pkgutil

__path__ = pkgutil.extend_path(__path__, __name__)
