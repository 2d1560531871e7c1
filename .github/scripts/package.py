"""Makes a release's package of a binary: the same binary gives the same bytes.

    python3 .github/scripts/package.py v1.2.3 TARGET BINARY FOLDER

Refuses a tag that is not the binary's own version.
"""

import gzip
import io
import subprocess
import sys
import tarfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
LICENCES = ("LICENSE-APACHE", "LICENSE-MIT")


def main(tag: str, target: str, binary: Path, folder: Path) -> None:
    asked = subprocess.run([binary.resolve(), "--version"], capture_output=True, text=True, check=True)
    said = asked.stdout.strip()
    if f"qpiac {tag.removeprefix('v')}" != said or not tag.startswith("v"):
        sys.exit(f"the tag is {tag}, and the binary says {said}")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"qpiac-{tag}-{target}.tar.gz"
    # The gzip module would write the time and the file's name.
    with open(path, "wb") as file, gzip.GzipFile("", "wb", mtime=0, fileobj=file) as packed:
        with tarfile.open(mode="w", fileobj=packed, format=tarfile.USTAR_FORMAT) as archive:
            _add(archive, "qpiac", binary, 0o755)
            for name in LICENCES:
                _add(archive, name, ROOT / name, 0o644)
    print(path)


def _add(archive: tarfile.TarFile, name: str, path: Path, mode: int) -> None:
    content = path.read_bytes()
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), mode
    archive.addfile(entry, io.BytesIO(content))


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]))
