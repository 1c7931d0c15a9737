"""The example company comes to life: a dirty list, prospects, link scanners, sales people."""

from workers.demo.play import main

__all__ = ["main"]
