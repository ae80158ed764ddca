"""`python -m infra.import_shops FILE`: shops from a CSV or GeoJSON file; see `infra.importing`."""

import sys

from infra.importing.command import main

if __name__ == "__main__":
    sys.exit(main())
