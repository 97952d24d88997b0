"""Where the file of a set lies, for those who have it already."""

import os
from itertools import product
from pathlib import Path

# Where a folder may keep its series for forecasting, beside its top level.
FOLDERS = ("forecasting",)


def find_local(
    name: str,
    folder: str | Path | None,
    subfolders: tuple[str, ...],
    endings: tuple[str, ...],
    way_out: str = (
        "Put the file there, or pass folder=None and unset SKTS_DATA to download it."
    ),
) -> Path | None:
    """Return the file of a set in a folder or its sub-folders, None without a folder.

    None as `folder` takes the one that the environment variable ``SKTS_DATA`` names.
    `way_out` ends the error.

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
        f"{', '.join(str(path.relative_to(folder)) for path in places)}. {way_out}"
    )
