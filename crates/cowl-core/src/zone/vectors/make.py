#!/usr/bin/env python3
"""Makes the zone vectors from other implementations.

    python3 -m venv venv && venv/bin/pip install mgrs==1.6.0 h3==4.5.0 shapely==2.2.0
    venv/bin/python make.py ../../../../cowl/assets/zones/haiti-departments.geojson

mgrs wraps NGA's GEOTRANS (C), h3 Uber's library (C), shapely GEOS (C++). Seeded: the same versions make the same
files. A row: latitude, longitude, then the labels.
"""
import json
import random
import sys

import h3
import mgrs
import shapely
import shapely.geometry

rng = random.Random(1887)
grid = mgrs.MGRS()


def write(name, rows):
    with open(name, "w", encoding="utf-8", newline="\n") as file:
        for latitude, longitude, *labels in rows:
            file.write(",".join([repr(latitude), repr(longitude), *labels]) + "\n")


def around(south, west, north, east, n):
    for _ in range(n):
        yield round(rng.uniform(south, north), 7), round(rng.uniform(west, east), 7)


places = [
    *around(18.0, -74.5, 20.1, -71.6, 40),  # Haiti
    *around(-80, -180, 84, 180, 120),  # everywhere
    *around(56, 0, 64, 12, 30),  # south-west Norway: 31V, 32V
    *around(72, 0, 84, 42, 40),  # Svalbard: 31X, 33X, 35X, 37X
    *around(84, -180, 90, 180, 40),  # UPS north
    *around(-90, -180, -80, 180, 40),  # UPS south
    *around(-0.01, -180, 0.01, 180, 20),  # along the equator
    *around(-80, 179.99, 84, 180, 10),  # both sides of the antimeridian
    *around(-80, -180, 84, -179.99, 10),
]
for edge in range(-72, 80, 8):  # both sides of each band's edge
    places += [(edge - 1e-6, rng.uniform(-180, 180)), (edge + 1e-6, rng.uniform(-180, 180))]
# Both sides of the poles' edges, no nearer as GEOTRANS holds UTM up to 5e-4 degrees beyond.
for edge in (83.999, 84.001, -79.999, -80.001):
    places += [(edge, round(rng.uniform(-180, 180), 6)) for _ in range(6)]
for edge in (3, 9, 21, 33, 42):  # both sides of the exceptions' edges
    places += [(lat, edge + d) for lat in (55.999999, 60.0, 64.000001, 71.999999, 78.0) for d in (-1e-6, 1e-6)]

write("mgrs.csv", [(a, o, *(grid.toMGRS(a, o, MGRSPrecision=p) for p in (3, 2, 1))) for a, o in places])
write("h3.csv", [(a, o, *(h3.latlng_to_cell(a, o, r) for r in (0, 4, 6, 8, 11, 15))) for a, o in places[::3]])

with open(sys.argv[1], encoding="utf-8") as file:
    features = json.load(file)["features"]
zones = [(f["properties"]["name"], shapely.geometry.shape(f["geometry"])) for f in features]


def department(latitude, longitude):
    point = shapely.Point(longitude, latitude)
    return next((name for name, shape in zones if shape.contains(point)), "")


inside = [*around(17.9, -74.6, 20.2, -71.5, 400)]
# Near the borders, where errors would be: some metres beside a corner.
for _ in range(200):
    shape = rng.choice(zones)[1]
    ring = rng.choice(list(getattr(shape, "geoms", [shape]))).exterior.coords
    longitude, latitude = rng.choice(list(ring))
    inside.append((round(latitude + rng.uniform(-1e-3, 1e-3), 7), round(longitude + rng.uniform(-1e-3, 1e-3), 7)))
write("departments.csv", [(a, o, department(a, o)) for a, o in inside])
