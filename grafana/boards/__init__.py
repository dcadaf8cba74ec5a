"""Dashboards as Python: `python -m grafana.boards` writes grafana/dashboards/*.json."""

from __future__ import annotations

from grafana.boards.fire_exit import FIRE_EXIT
from grafana.boards.gateway import GATEWAY
from grafana.boards.loader import LOADER
from grafana.boards.market import MARKET

BOARDS = (FIRE_EXIT, GATEWAY, LOADER, MARKET)
