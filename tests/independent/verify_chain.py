"""Checks the chain of a ledger's log, from the format page alone. Usage: verify_chain.py LEDGER (pip install blake3)."""
import glob, re, sys
from blake3 import blake3

RECORD = re.compile(rb'\{"seq":([1-9]\d*),"prev":"([0-9a-f]{64})","at":"([0-9T:.-]{26}Z)","end":([1-9]\d*),"body":\{.*\}\}')
*lines, rest = b"".join(open(name, "rb").read() for name in sorted(glob.glob(sys.argv[1] + "/log/*.jsonl"))).split(b"\n")
hashes = [b"0" * 64] + [blake3(line).hexdigest().encode() for line in lines]
found = [RECORD.fullmatch(line) for line in lines]
breaks = {n for n, record in enumerate(found) if record and record[2] != hashes[n]}  # does not name the one before

def first_bad():
    last_at, end = b"", 0  # end: where the batch that is open ends; 0 where none is
    for n, record in enumerate(found):
        if n in breaks and n > 0 and n + 1 not in breaks:
            return n, "its bytes are not those that the next record names"
        if not record or len(lines[n]) > 65535 or int(record[1]) != n + 1 or n in breaks:
            return n + 1, "it is not the record that belongs here"
        if record[3] < last_at or int(record[4]) < n + 1 or end not in (0, int(record[4])):
            return n + 1, "its time goes back, or it names another end of its batch"
        last_at, end = record[3], int(record[4]) if int(record[4]) > n + 1 else 0
    if end or rest or not lines:
        return len(lines) + 1, "it is missing or unfinished"

bad = first_bad()
print("violated: record %d: %s" % bad if bad else f"ok: {len(lines)} records, head {hashes[-1].decode()}")
sys.exit(1 if bad else 0)
