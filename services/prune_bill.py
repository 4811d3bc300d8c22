"""Takes from an image's bill of materials what its lock has for other systems and Pythons.

``python prune_bill.py BILL ENVIRONMENT``, in the images' recipes; the standard library only. Its
status is 1 when the environment has something that the bill has not.
"""

import json
import re
import sys
from importlib import metadata
from pathlib import Path

bill, environment = map(Path, sys.argv[1:])


def normalized(name: str) -> str:
    """PyPI's one spelling of a name."""
    return re.sub(r"[-_.]+", "-", name).lower()


(packages,) = environment.glob("lib/python3*/site-packages")
there = {normalized(one.name) for one in metadata.distributions(path=[str(packages)])}
document = json.loads(bill.read_text(encoding="utf-8"))
subject = normalized(document["metadata"]["component"]["name"])
listed = {normalized(one["name"]) for one in document["components"]}
if missing := there - listed - {subject}:
    sys.exit(f"{bill} does not list {', '.join(sorted(missing))}")
gone = {one["bom-ref"] for one in document["components"] if normalized(one["name"]) not in there}
document["components"] = [one for one in document["components"] if one["bom-ref"] not in gone]
document["dependencies"] = [
    {**one, "dependsOn": [other for other in one.get("dependsOn", ()) if other not in gone]}
    for one in document["dependencies"]
    if one["ref"] not in gone
]
bill.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
