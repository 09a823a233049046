"""Logging of elements' Python programs, to standard error: `LEVEL name [-] message`."""

import json
import logging
import logging.config
import os

_FORMAT = "%(levelname)s %(name)s [-] %(message)s"
_DEBUG_SUFFIX = " %(funcName)s %(pathname)s:%(lineno)d"


def _trace_level():
    """The number in DIB_DEBUG_TRACE; anything else is 0."""
    try:
        return int(os.environ.get("DIB_DEBUG_TRACE", "0"))
    except ValueError:
        return 0


class _PlaceOnDebug(logging.Formatter):
    """Adds function, file and line to debug messages only."""

    def __init__(self):
        super().__init__(_FORMAT)
        self._debug = logging.Formatter(_FORMAT + _DEBUG_SUFFIX)

    def format(self, record):
        if record.levelno == logging.DEBUG:
            return self._debug.format(record)
        return super().format(record)


def setup():
    """Sets up the root logger, or all of logging from the JSON file that DIB_PYTHON_LOGGING_CONFIG_FILE names."""
    chosen = os.environ.get("DIB_PYTHON_LOGGING_CONFIG_FILE")
    if chosen:
        with open(chosen, encoding="utf-8") as file:
            logging.config.dictConfig(json.load(file))
        return
    handler = logging.StreamHandler()
    handler.setFormatter(_PlaceOnDebug())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.DEBUG if _trace_level() > 0 else logging.INFO)
