"""Which file system a path lies on, from the kernel's list of mounts; Linux only, elsewhere nothing is known."""

import re
from pathlib import Path

_MOUNTS = Path("/proc/self/mounts")
_NETWORK = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ceph", "lustre", "fuse.sshfs", "fuse.glusterfs", "fuse.rclone"}
)
# The list writes blanks and backslashes of a path as octal numbers (proc(5), getmntent(3)).
_OCTAL = re.compile(r"\\([0-7]{3})")


def read_mounts() -> str:
    """The kernel's list of this process's mounts; empty where there is none."""
    try:
        return _MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""


def network_file_system(path: Path, mounts: str) -> str | None:
    """The type of the network file system that `path` lies on, None for a local or an unknown one.

    `path` need not exist yet. `mounts`: lines of "device folder type options ...".
    """
    resolved = path.resolve()
    folders = {str(resolved), *(str(parent) for parent in resolved.parents)}
    longest, kind = "", ""
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        folder = _OCTAL.sub(lambda found: chr(int(found[1], 8)), fields[1])
        # A later mount on the same folder hides the earlier one.
        if folder in folders and len(folder) >= len(longest):
            longest, kind = folder, fields[2]
    return kind if kind in _NETWORK else None
