"""Three checkers, one verdict: damages a good bundle in every way there is a name for and asks each of them.

Usage: compare_verdicts.py BUNDLE LOG-KEY CEASEFIRE CEASEFIRE-VERIFY [CA]
"""
import contextlib, io, pathlib, subprocess, sys, tempfile

import check_bundle
from check_bundle import pack, unpack

bundle, key, *programs = sys.argv[1:5]
ca = sys.argv[5] if len(sys.argv) > 5 else None
good = pathlib.Path(bundle).read_bytes()
scratch = pathlib.Path(tempfile.mkdtemp()) / "mutant.zip"


def verdicts(data):
    scratch.write_bytes(data)
    with contextlib.redirect_stdout(io.StringIO()) as said:
        found = [check_bundle.main([str(scratch), "--log-key", key] + (["--ca", ca] if ca else []))]
    words = [said.getvalue().strip()]
    for program, verb, more in ((programs[0], ["check-proof"], ["--ca", ca] if ca else []), (programs[1], [], [])):
        done = subprocess.run([program, *verb, str(scratch), "--log-key", key, *more], capture_output=True, text=True)
        found.append(done.returncode)
        words.append(done.stdout + done.stderr)
    return found, words


def fitted(entries):
    """The entries with a manifest that fits them: what a careful forger would pack."""
    import hashlib
    rest = sorted((name, data) for name, data in entries.items() if name != "bundle.json")
    listed = ",".join('{"name":"%s","bytes":%d,"sha256":"%s"}' % (n, len(d), hashlib.sha256(d).hexdigest()) for n, d in rest)
    return pack([("bundle.json", ('{"format":"ceasefire.bundle/1","entries":[%s]}\n' % listed).encode())] + rest)


def flipped(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def mutants():
    entries = unpack(good)
    names = [name for name in entries if name != "bundle.json"]
    for name in names:
        data, others = entries[name], {other: body for other, body in entries.items() if other != name}
        yield f"{name} removed", fitted(others)
        yield f"{name} renamed", fitted(others | {name + "x": data})
        yield f"{name} emptied", fitted(others | {name: b""})
        yield f"{name} doubled", fitted(others | {name: data + data})
        for at in sorted({0, len(data) // 3, len(data) // 2, len(data) - 1}):
            yield f"{name} changed at {at}", fitted(others | {name: flipped(data, at)})
    for one, two in zip(names, names[1:]):
        yield f"{one} and {two} swapped", fitted(entries | {one: entries[two], two: entries[one]})
    seq = next(name for name in names if name.startswith("records/"))[8:28]
    yield f"record {seq} left out with all of its entries", fitted({n: d for n, d in entries.items() if seq not in n})
    page = entries["page.html"].replace(b"it passes no judgement", b"it passes a judgement")
    yield "a page that says something else", fitted(entries | {"page.html": page})
    yield "an entry more", fitted(entries | {"notes.txt": b"trust me"})
    yield "a manifest that lists other hashes", pack([("bundle.json", entries["bundle.json"][:-9] + b'0"}]}\n')] + [(n, entries[n]) for n in names])
    yield "the same entry twice", pack([(n, entries[n]) for n in ["bundle.json", *names, names[-1]]])
    yield "entries in another order", pack([(n, entries[n]) for n in ["bundle.json", *reversed(names)]])
    yield "a byte behind the end", good + b"\n"
    yield "the last byte missing", good[:-1]
    for at in range(5, len(good), max(1, len(good) // 97)):
        yield f"byte {at} of the archive changed", flipped(good, at)


found, words = verdicts(good)
assert found == [0, 0, 0], (found, words)
count = 0
for what, data in mutants():
    assert data != good, what
    found, words = verdicts(data)
    assert found == [1, 1, 1], f"{what}: {found}\n" + "\n".join(words)
    count += 1
print(f"{count} damaged bundles, each refused by all three")
