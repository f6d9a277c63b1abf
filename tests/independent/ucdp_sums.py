#!/usr/bin/env python3
"""Sums of UCDP's low, best and high estimates by year: from the published file, from the ledger's log, and from what the
program prints. The three must be the same, number by number. Nothing here is shared with the program.

    ucdp_sums.py FILE LEDGER PROGRAM

FILE is a CSV (gzipped or not) or GeoJSON as published; LEDGER holds that file and nothing else; PROGRAM is `ceasefire`.
"""

import collections
import csv
import gzip
import io
import json
import pathlib
import subprocess
import sys

FIELDS = ("low", "best", "high")


def rows_of(path):
    data = pathlib.Path(path).read_bytes()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    text = data.decode("utf-8")
    if text.lstrip().startswith("{"):
        return [feature["properties"] for feature in json.loads(text)["features"]]
    return list(csv.DictReader(io.StringIO(text)))


def whole(value):
    number = float(value)
    if number != int(number):
        raise SystemExit(f"{value} is not a whole number")
    return int(number)


def empty():
    return {"events": 0, "out_of_order": 0, **dict.fromkeys(FIELDS, 0)}


def add(years, year, triple):
    into = years[year]
    into["events"] += 1
    into["out_of_order"] += not triple["low"] <= triple["best"] <= triple["high"]
    for field in FIELDS:
        into[field] += triple[field]


def from_file(rows):
    years = collections.defaultdict(empty)
    for row in rows:
        year = str(whole(row["year"]))
        if not year == str(row["date_start"])[:4] == str(row["date_end"])[:4]:
            raise SystemExit(f"event {row['id']} runs over the end of a year: this comparison does not hold for it")
        add(years, year, {field: whole(row[field]) for field in FIELDS})
    return years


def from_log(ledger):
    years = collections.defaultdict(empty)
    for segment in sorted(pathlib.Path(ledger, "log").glob("*.jsonl")):
        for line in segment.read_text("utf-8").splitlines():
            event = json.loads(line)["body"]["event"]
            if event["type"] == "violation.reported":
                triples = [part["triple"] for part in event["quantities"] if "triple" in part]
                if len(triples) != 1:
                    raise SystemExit(f"{event['incident']} has {len(triples)} triples")
                add(years, event["when"]["verbatim"][:4], triples[0])
    return years


def from_program(ledger, program):
    command = [program, "-L", ledger, "tally", "--by", "year", "--json"]
    answer = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    years = {}
    for slot in answer["slots"]:
        if slot["possible"]:
            raise SystemExit(f"{slot['name']}: {slot['possible']} incidents are only possible")
        (figure,) = slot["figures"]
        published = figure["published"]
        if published["triples"] != slot["certain"]:
            raise SystemExit(f"{slot['name']}: {published['triples']} triples of {slot['certain']} incidents")
        years[slot["name"]] = {
            "events": slot["certain"],
            "out_of_order": published["out_of_order"],
            **{field: published[field] for field in FIELDS},
        }
    return years


def main():
    file, ledger, program = sys.argv[1:]
    rows = rows_of(file)
    expected = {year: dict(sums) for year, sums in from_file(rows).items()}
    if sum(sums["events"] for sums in expected.values()) != len(rows) or not rows:
        raise SystemExit("rows were lost in this script")
    for name, found in (("log", from_log(ledger)), ("program", from_program(ledger, program))):
        found = {year: dict(sums) for year, sums in found.items()}
        if found != expected:
            for year in sorted(expected.keys() | found.keys()):
                if expected.get(year) != found.get(year):
                    print(f"{year}: file {expected.get(year)}, {name} {found.get(year)}")
            raise SystemExit(f"the {name} does not say what the file says")
    flagged = sum(sums["out_of_order"] for sums in expected.values())
    print(f"{len(rows)} events, {len(expected)} years: the same; {flagged} triples out of order, as printed")


main()
