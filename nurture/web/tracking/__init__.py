"""Clicks and opens: answered before Flask, kept in a spool, shipped into the database."""

from nurture.web.tracking.middleware import Tracking, TrackingMiddleware
from nurture.web.tracking.shipper import Shipper, ship_once
from nurture.web.tracking.visit import PARAMETER, visit_token, visitor

__all__ = [
    "PARAMETER",
    "Shipper",
    "Tracking",
    "TrackingMiddleware",
    "ship_once",
    "visit_token",
    "visitor",
]
