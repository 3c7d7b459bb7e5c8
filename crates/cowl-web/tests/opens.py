#!/usr/bin/env python3
"""Opens what `node node.mjs --seal` sealed with the machine's randomness, by the second implementation (`cryptography` >= 50).

    node crates/cowl-web/tests/node.mjs --seal | target/python/bin/python crates/cowl-web/tests/opens.py
"""

import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path.insert(0, str(ROOT / "spec" / "interop"))
import cowl_check  # noqa: E402

EPOCH = 10
manifests = json.loads((ROOT / "spec" / "vectors" / "manifest.json").read_text())
operation = bytes.fromhex(manifests["operation"])
opened = 0
for case, sealed in zip(json.loads((HERE / "page.json").read_text())["cases"], json.load(sys.stdin), strict=True):
    about, payload = case["about"], bytes.fromhex(sealed["payload"])
    layout = cowl_check.Layout({
        "bodies": [role["size"] for role in about["roles"]], "walk-in": [role["walkIn"] for role in about["roles"]],
        "custody": 0, "suite": about["suite"],
    })
    assert len(payload) == layout.walk_in_length == about["sizes"]["walkIn"], "one size"
    keys = next(keys for keys in manifests["cases"][case["manifest"]]["says"]["walk-in keys from"] if keys["epoch"] == EPOCH)
    reports = set()
    for role, root in enumerate(keys["role roots"]):
        seed = cowl_check.walk_in_seed(operation, bytes.fromhex(root), role, EPOCH)
        context = cowl_check.info(operation, EPOCH, role, about["policyVersion"], payload[:16])
        read = cowl_check.open_walk_in(layout, seed, context, payload[slice(*layout.walk_in_part(role))])
        assert read["policy"] == about["policyVersion"] and read["body"], "a report by this policy"
        reports.add((read["report"], read["handle"]))
        opened += 1
    assert len(reports) == 1, "all parts name the same report"
assert opened == 4
print(f"{opened} parts opened by cryptography {cowl_check.cryptography.__version__}")
