"""The dashboard and the explorer as pages in a browser, without code: served by Voila."""

from archkit.app.serving import Served, serve

__all__ = ["Served", "serve"]
