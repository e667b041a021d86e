"""The offline architect: answers Messages API requests inside the process, with no model."""

from archkit.architect.offline.reply import Turn, respond

__all__ = ["Turn", "respond"]
