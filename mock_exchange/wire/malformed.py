"""Bytes that are no HTTP (answered with 400 by the HTTP library) and connections lost within a request:
counted here, and no error of ours."""

from __future__ import annotations

import logging

from aiohttp.http_exceptions import HttpProcessingError


class MalformedRequests(logging.Filter):
    """Keeps the HTTP library from logging each malformed request as an error; `count` tells how many."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, HttpProcessingError | ConnectionError):
            self.count += 1
            return False
        return True

    def logger(self) -> logging.Logger:
        """A logger for the HTTP server that passes through this filter."""
        logger = logging.getLogger("mock_exchange.http")
        logger.addFilter(self)
        return logger
