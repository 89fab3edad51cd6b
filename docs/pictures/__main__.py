"""Writes every picture anew: ``python -m docs.pictures``."""

from __future__ import annotations

from .album import IMAGES, pictures


def main() -> None:
    """Write the pictures into docs/images and name each."""
    for name, text in pictures().items():
        path = IMAGES / name
        path.write_text(text)
        print(path.relative_to(IMAGES.parents[1]))


if __name__ == "__main__":
    main()
