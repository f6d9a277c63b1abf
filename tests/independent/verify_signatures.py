"""Checks the submitters' signatures of a ledger's log, from the manual's page `signatures` alone.
Usage: verify_signatures.py LEDGER (pip install cryptography). Ends with 0 where all hold, else with 1 and the first bad position."""
import base64, glob, json, re, sys
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

LINE = re.compile(rb'\{"seq":(\d+),"prev":"[0-9a-f]{64}","at":"([^"]+)","end":\d+,"body":(\{.*\})(?:,"sig":"([A-Za-z0-9+/]{86}==)")\}'
                  rb'|\{"seq":(\d+),"prev":"[0-9a-f]{64}","at":"([^"]+)","end":\d+,"body":(\{.*\})\}')
TYPE = b"application/vnd.ceasefire.body.v1+json"

keys = {}  # id -> owner, public key, the record that brought it, the one that ended it, the one that revoked it, suspect since
signed = []  # position, recording time, key


def made(key, body, sig):
    encoded = b"DSSEv1 %d %s %d %s" % (len(TYPE), TYPE, len(body), body)
    try:
        Ed25519PublicKey.from_public_bytes(base64.b64decode(key["public"], validate=True)).verify(sig, encoded)
        return True
    except (InvalidSignature, ValueError):
        return False


def take(seq, event):
    """What a record changes among the keys, from the next record on."""
    kind = event["type"]
    if kind == "key.added" and event["key"] not in keys:
        keys[event["key"]] = dict(owner=event["actor"], public=event["public_key"], since=seq, until=None, revoked=None, suspect=None)
    elif kind == "key.rotated" and keys.get(event["key"], {}).get("until", 0) is None and event["successor"] not in keys:
        old = keys[event["key"]]
        keys[event["successor"]] = dict(old, public=event["public_key"], since=seq)
        old["until"] = seq
    elif kind == "key.revoked" and event["key"] in keys:
        key = keys[event["key"]]
        key["until"], key["revoked"] = key["until"] or seq, key["revoked"] or seq
        named = [time for time in (key["suspect"], event.get("suspect_since")) if time]
        key["suspect"] = min(named, key=micros, default=None)


def micros(time):
    """A UTC time as a number that compares: the fraction of a second may be left out or have fewer than six digits."""
    whole, _, fraction = time.rstrip("Z").partition(".")
    return whole, fraction.ljust(6, "0")


def main():
    unsigned = 0
    for name in sorted(glob.glob(sys.argv[1] + "/log/*.jsonl")):
        for line in open(name, "rb").read().split(b"\n")[:-1]:
            found = LINE.fullmatch(line)
            if not found:
                sys.exit(f"no record: {line[:60]!r}")
            seq, at, body, sig = int(found[1] or found[5]), (found[2] or found[6]).decode(), found[3] or found[7], found[4]
            says = json.loads(body)
            if sig is None:
                unsigned += 1
            else:
                sig = base64.b64decode(sig)
                in_force = [k for k in keys.values() if k["owner"] == says["by"] and k["since"] < seq <= (k["until"] or seq)]
                maker = next((k for k in in_force if made(k, body, sig)), None)
                if maker is None:
                    print(f"violated: record {seq}: no key of {says['by']} in force made its signature")
                    sys.exit(1)
                signed.append((seq, at, maker))
            take(seq, says["event"])
    doubtful = sum(1 for seq, at, key in signed if key["suspect"] and seq < key["revoked"] and micros(at) >= micros(key["suspect"]))
    print(f"ok: {len(signed)} signed, {unsigned} unsigned, {doubtful} doubtful")


main()
