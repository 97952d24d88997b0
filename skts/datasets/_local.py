"""Where the file of a set lies, for those who have it already."""

import os
from itertools import product
from pathlib import Path


def find_local(
    name: str,
    folder: str | Path | None,
    subfolders: tuple[str, ...],
    endings: tuple[str, ...],
) -> Path | None:
    """Return the file of a set in a folder or its sub-folders, None without a folder.

    None as `folder` takes the one that the environment variable ``SKTS_DATA`` names.

    Raises
    ------
    FileNotFoundError
        If there is a folder and the file is not in it.
    """
    folder = folder or os.environ.get("SKTS_DATA")
    if not folder:
        return None
    folder = Path(folder)
    places = [
        folder / subfolder / f"{name}{ending}"
        for subfolder, ending in product(("", *subfolders), endings)
    ]
    for path in places:
        if path.is_file():
            return path
    raise FileNotFoundError(
        f"{name} was not found in folder={str(folder)!r}; looked for "
        f"{', '.join(str(path.relative_to(folder)) for path in places)}. "
        "Put the file there, or pass folder=None and unset SKTS_DATA to download it."
    )
