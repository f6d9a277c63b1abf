"""Checks an evidence bundle from the manual's page `evidence` alone; shares no code with the program.

Usage: check_bundle.py BUNDLE [--log-key VKEY] [--policy FILE] [--ca PEM]     (pip install blake3 cryptography)
Exit codes: 0 it holds, 1 it does not, 5 it cannot be told. The sentences of the page are read from words.txt and
style.css beside the program's sources: they are part of the format.
"""
import base64, binascii, datetime, hashlib, json, re, struct, sys, zlib
from pathlib import Path

from blake3 import blake3
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

WORDS = Path(__file__).resolve().parents[2] / "src/proof/evidence_bundle"


class Refused(Exception):
    """It does not hold: proof that something was changed."""


class Undecided(Exception):
    """It cannot be told."""


def need(holds, why):
    if not holds:
        raise Refused(why)


# The container ------------------------------------------------------------------------------------------------------


def pack(entries):
    """Every byte of the archive follows from the entries."""
    archive, directory = b"", b""
    for name, data in entries:
        name = name.encode()
        shared = struct.pack("<HHHHIIIHH", 0, 0, 0, 0x21, zlib.crc32(data), len(data), len(data), len(name), 0)
        directory += b"PK\x01\x02" + struct.pack("<HH", 10, 10) + shared + bytes(10) + struct.pack("<I", len(archive)) + name
        archive += b"PK\x03\x04" + struct.pack("<H", 10) + shared + name + data
    end = struct.pack("<HHHHIIH", 0, 0, len(entries), len(entries), len(directory), len(archive), 0)
    return archive + directory + b"PK\x05\x06" + end


def unpack(data):
    if data[:4] != b"PK\x03\x04":
        raise Undecided("no ZIP archive")
    entries, at = [], 0
    while data[at : at + 4] == b"PK\x03\x04":
        need(len(data) >= at + 30, "cut short")
        length, name = struct.unpack_from("<I", data, at + 18)[0], struct.unpack_from("<H", data, at + 26)[0]
        start = at + 30 + name
        need(re.fullmatch(rb"[a-z0-9/.-]+", data[at + 30 : start]), "a name that no bundle has")
        entries.append((data[at + 30 : start].decode(), data[start : start + length]))
        at = start + length
    if entries[0][0] != "bundle.json":
        raise Undecided("a ZIP archive, but no bundle")
    names = [name for name, _ in entries]
    need(names == ["bundle.json"] + sorted(set(names[1:])) and "bundle.json" not in names[1:], "names out of order, or twice")
    need(pack(entries) == data, "not written in the one way that is accepted")
    return dict(entries)


# Notes, keys, policies (C2SP signed-note, tlog-checkpoint, tlog-cosignature, tlog-policy) ------------------------------


def unbase64(text):
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Refused(f"not base64: {text!r}")
    need(base64.b64encode(data).decode() == text, f"another spelling of base64: {text!r}")
    return data


class Key:
    def __init__(self, text):
        parts = text.split("+", 2)
        need(len(parts) == 3 and parts[0] and not re.search(r"\s", parts[0]), "no key: " + text)
        self.text, self.name, blob = text, parts[0], unbase64(parts[2])
        need(len(blob) == 33 and blob[0] in (1, 4), "no key: " + text)
        self.kind, self.public = blob[0], blob[1:]
        self.id = hashlib.sha256(self.name.encode() + b"\n" + blob).digest()[:4]
        need(self.id.hex() == parts[1], "the id of a key is not its own: " + text)

    def verifies(self, message, signature):
        try:
            ed25519.Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
            return True
        except (InvalidSignature, ValueError):
            return False


class Note:
    def __init__(self, data):
        need(not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", data) and b"\n\n" in data and data.endswith(b"\n"), "no note")
        text, _, lines = data.decode("utf-8", "strict").rpartition("\n\n")
        self.text, self.signatures = text + "\n", []
        for line in lines[:-1].split("\n"):
            match = re.fullmatch("— ([^ +]+) ([A-Za-z0-9+/=]+)", line)
            need(match, "no signature line: " + line)
            blob = unbase64(match[2])
            need(len(blob) > 4, "a signature line without a signature")
            self.signatures.append((match[1], blob[:4], blob[4:]))
        need(0 < len(self.signatures) <= 100, "a note without signatures")

    def signed_by(self, keys):
        """The keys that signed, each with the time of its cosignature; one bad signature of a known key refuses all."""
        found = []
        for name, ident, signature in self.signatures:
            for key in (key for key in keys if (key.name, key.id) == (name, ident)):
                if key.kind == 1:
                    need(key.verifies(self.text.encode(), signature), "a signature does not hold: " + name)
                    found.append((key, None))
                else:
                    need(len(signature) == 72, "a cosignature of another length")
                    time = int.from_bytes(signature[:8], "big")
                    message = f"cosignature/v1\ntime {time}\n{self.text}".encode()
                    need(key.verifies(message, signature[8:]), "a cosignature does not hold: " + name)
                    found.append((key, time))
        return found


class Checkpoint:
    def __init__(self, text):
        match = re.fullmatch(r"([^\n]+)\n(0|[1-9][0-9]*)\n([A-Za-z0-9+/=]+)\n", text)
        need(match, "no checkpoint")
        self.origin, self.size, self.root = match[1], int(match[2]), unbase64(match[3])
        need(len(self.root) == 32 and self.size < 1 << 63, "no checkpoint")


class Policy:
    def __init__(self, data):
        self.logs, self.parties, self.quorum = [], {}, None
        need(data.endswith(b"\n"), "a policy that is cut short")
        for line in data.decode("utf-8", "strict")[:-1].split("\n"):
            words = line.replace("\t", " ").split(" ")
            words = [word for word in words if word]
            if not words or words[0].startswith("#"):
                continue
            if words[0] == "log" and len(words) in (2, 3):
                self.logs.append(Key(words[1]))
            elif words[0] == "witness" and len(words) in (3, 4) and words[1] not in self.parties:
                self.parties[words[1]] = Key(words[2])
            elif words[0] == "group" and len(words) > 3 and words[1] not in self.parties:
                members = words[3:]
                need(all(member in self.parties for member in members), "a group of unknown members")
                count = {"all": len(members), "any": 1}.get(words[2]) or int(words[2])
                need(1 <= count <= len(members), "a threshold that cannot be")
                self.parties[words[1]] = (count, members)
            elif words[0] == "quorum" and len(words) == 2 and self.quorum is None:
                need(words[1] == "none" or words[1] in self.parties, "a quorum of nobody")
                self.quorum = words[1]
            else:
                raise Refused("no line of a policy: " + line)
        need(self.quorum, "a policy without a quorum")

    def witnesses(self):
        return {name: key for name, key in self.parties.items() if isinstance(key, Key)}

    def judge(self, note):
        """The log key that signed, the cosignatures by name, and who is missing."""
        signed = note.signed_by(self.logs + list(self.witnesses().values()))
        checkpoint = Checkpoint(note.text)
        log = [key for key, time in signed if time is None and key.name == checkpoint.origin]
        need(log, "no log of the policy signed")
        times = {}
        for name, key in self.witnesses().items():
            own = [time for signer, time in signed if signer is key and time is not None]
            if own:
                times[name] = max(own)
        holds = {}
        for name, party in self.parties.items():
            holds[name] = name in times if isinstance(party, Key) else sum(holds[m] for m in party[1]) >= party[0]
        missing, rest = [], [] if self.quorum == "none" or holds[self.quorum] else [self.quorum]
        while rest:
            name = rest.pop()
            party = self.parties[name]
            absent = [name] if isinstance(party, Key) else [m for m in party[1] if not holds[m]]
            missing += absent
            if not isinstance(party, Key):
                rest += [m for m in reversed(absent) if not isinstance(self.parties[m], Key)]
        return log[0], dict(sorted(times.items())), missing


# Tree (RFC 9162) ------------------------------------------------------------------------------------------------------


def leaf(data):
    return hashlib.sha256(b"\0" + data).digest()


def node(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def root_of_inclusion(index, size, hash_, proof):
    """RFC 9162 §2.1.3.2, word for word."""
    need(index < size, "no such leaf")
    fn, sn = index, size - 1
    for sibling in proof:
        need(sn > 0, "too many hashes")
        if fn & 1 or fn == sn:
            hash_ = node(sibling, hash_)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            hash_ = node(hash_, sibling)
        fn, sn = fn >> 1, sn >> 1
    need(sn == 0, "too few hashes")
    return hash_


def check_consistency(first, second, first_root, second_root, proof):
    """RFC 9162 §2.1.4.2, word for word."""
    need(0 < first <= second, "no beginning of this tree")
    if first == second:
        return need(not proof and first_root == second_root, "another tree of the same size")
    path = ([first_root] if first & (first - 1) == 0 else []) + proof
    need(path, "too few hashes")
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for hash_ in path[1:]:
        need(sn > 0, "too many hashes")
        if fn & 1 or fn == sn:
            fr, sr = node(hash_, fr), node(hash_, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node(sr, hash_)
        fn, sn = fn >> 1, sn >> 1
    need(sn == 0 and fr == first_root and sr == second_root, "no beginning of this tree")


# Records -------------------------------------------------------------------------------------------------------------

LINE = re.compile(
    r'\{"seq":([1-9][0-9]*),"prev":"([0-9a-f]{64})","at":"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6})Z",'
    r'"end":([1-9][0-9]*),"body":(\{.*\})(?:,"sig":"([A-Za-z0-9+/=]{88})")?\}'
)


def strict(text):
    """JSON under the input rules: no member twice, whole numbers within 2^53-1, 16 levels, no half characters."""

    def members(pairs):
        need(len({key for key, _ in pairs}) == len(pairs), "a member stands twice")
        return dict(pairs)

    def whole(digits):
        need(digits != "-0" and abs(int(digits)) < 1 << 53, "a number out of range")
        return int(digits)

    def refuse(_):
        raise Refused("a number that is not whole")

    def walk(value, depth):
        need(depth <= 16, "nested too deep")
        if isinstance(value, dict):
            for key, inner in value.items():
                walk(key, depth)
                walk(inner, depth + 1 if isinstance(inner, (dict, list)) else depth)
        elif isinstance(value, list):
            for inner in value:
                walk(inner, depth + 1 if isinstance(inner, (dict, list)) else depth)
        elif isinstance(value, str):
            need(len(value.encode("utf-8", "strict")) <= 16384, "a text too long")

    value = json.loads(text, object_pairs_hook=members, parse_int=whole, parse_float=refuse, parse_constant=refuse)
    walk(value, 1)
    return value


def flat(value, path=""):
    """The members of a body, one a row, in the order of the text."""
    if isinstance(value, dict) and value:
        return [row for key, inner in value.items() for row in flat(inner, f"{path}/{key}" if path else key)]
    if isinstance(value, list) and value:
        return [row for index, inner in enumerate(value) for row in flat(inner, f"{path}/{index}")]
    if isinstance(value, str):
        return [(path, value)]
    return [(path, json.dumps(value))]


class Record:
    def __init__(self, line, seq):
        need(len(line) <= 65535 and b"\n" not in line and b"\r" not in line, "no line")
        match = LINE.fullmatch(line.decode("utf-8", "strict"))
        need(match and int(match[4]) >= int(match[1]), f"record {seq} is no record")
        datetime.datetime.fromisoformat(match[3])
        if match[6]:
            need(len(unbase64(match[6])) == 64, "no signature")
        self.seq, self.prev, self.signed, self.line = int(match[1]), match[2], bool(match[6]), line
        self.hash, self.at = blake3(line).hexdigest(), match[3]
        body = strict(match[5])
        self.rows = flat(body)
        self.one = dict(self.rows)
        need(self.seq == seq, f"record {seq} says that it is {self.seq}")
        self.sealed = [value for path, value in self.rows if path.startswith("sealed/")]

    def shown_at(self):
        whole, fraction = self.at.split(".")
        fraction = "" if fraction == "000000" else "." + (fraction[:3] if fraction.endswith("000") else fraction)
        return f"{whole}{fraction}Z"

    def evidence(self):
        if self.one.get("event/type") == "evidence.added":
            return self.one["event/blake3"], self.one["event/sha256"], int(self.one["event/bytes"])


class Disclosure:
    def __init__(self, text):
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        need(base64.urlsafe_b64encode(raw).decode().rstrip("=") == text, "another spelling of a disclosure")
        salt, self.pointer, _ = json.loads(raw)
        need(len(base64.urlsafe_b64decode(salt + "=")) == 32 and self.pointer.startswith("/"), "no disclosure")
        self.digest = hashlib.sha256(text.encode()).hexdigest()
        # The value is shown as it was sealed: what stands between the second comma of the array and its end.
        decoder, text = json.JSONDecoder(), raw.decode("utf-8", "strict")
        at = text.index("[") + 1
        for _ in range(2):
            at = re.compile(r"\s*").match(text, at).end()
            _, at = decoder.raw_decode(text, at)
            at = re.compile(r"\s*,\s*").match(text, at).end()
        _, end = decoder.raw_decode(text, at)
        self.value = text[at:end]


# Timestamps (RFC 3161, RFC 5652) -----------------------------------------------------------------------------------------


def der(data):
    """The values in some DER: tag, content, and the bytes of the whole."""
    values, at = [], 0
    while at < len(data):
        start, tag = at, data[at]
        need(len(data) > at + 1 and tag & 31 != 31, "no DER")
        length, at = data[at + 1], at + 2
        if length & 128:
            size = length & 127
            need(0 < size < 5 and data[at] if at < len(data) else 0, "no DER")
            length, at = int.from_bytes(data[at : at + size], "big"), at + size
            need(length > 127, "no DER")
        need(at + length <= len(data), "no DER")
        values.append((tag, data[at : at + length], data[start : at + length]))
        at += length
    return values


def one(value, tag):
    need(value[0] == tag, "no timestamp reply")
    return der(value[1])


HASHES = {
    "608648016503040201": hashes.SHA256(), "608648016503040202": hashes.SHA384(), "608648016503040203": hashes.SHA512(),
}
SHA256_OID = "608648016503040201"
ALGORITHMS = {
    "2a864886f70d01010b": hashes.SHA256(), "2a864886f70d01010c": hashes.SHA384(), "2a864886f70d01010d": hashes.SHA512(),
    "2a8648ce3d040302": hashes.SHA256(), "2a8648ce3d040303": hashes.SHA384(), "2a8648ce3d040304": hashes.SHA512(),
}


def digest(algorithm, data):
    hash_ = hashes.Hash(algorithm)
    hash_.update(data)
    return hash_.finalize()


def verify_signature(key, signature, message, algorithm):
    try:
        if isinstance(key, rsa.RSAPublicKey) and key.key_size >= 2048:
            key.verify(signature, message, padding.PKCS1v15(), algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, message, ec.ECDSA(algorithm))
        else:
            raise Undecided("a key of a kind that is not checked here")
    except InvalidSignature:
        raise Refused("a timestamp is not signed as it says")


def check_timestamp(reply, sha256, anchors):
    """Checks a reply; without anchors the signature alone. Gives the time and the signer."""
    outer = der(reply)
    need(len(outer) == 1, "no timestamp reply")
    parts = one(outer[0], 0x30)
    status = one(parts[0], 0x30)[0]
    need(len(parts) == 2 and status[0] == 2 and status[1] in (b"\0", b"\1"), "no timestamp was granted")
    kind, wrapped = one(parts[1], 0x30)
    need(kind[1].hex() == "2a864886f70d010702", "no signed data")
    signed = one(one(wrapped, 0xA0)[0], 0x30)
    content_type, content = one(signed[2], 0x30)
    need(content_type[1].hex() == "2a864886f70d0109100104", "no timestamp")
    content = one(content, 0xA0)[0][1]
    info = one(der(content)[0], 0x30)
    imprint = one(info[2], 0x30)
    need(one(imprint[0], 0x30)[0][1].hex() == SHA256_OID and imprint[1][1] == sha256, "a timestamp of other bytes")
    time = datetime.datetime.strptime(info[4][1][:14].decode(), "%Y%m%d%H%M%S").replace(tzinfo=datetime.timezone.utc)
    certificates = [x509.load_der_x509_certificate(value[2]) for value in der(signed[3][1])] if signed[3][0] == 0xA0 else []
    signer = one(one(signed[-1], 0x31)[0], 0x30)
    algorithm = HASHES.get(one(signer[2], 0x30)[0][1].hex())
    if algorithm is None:
        raise Undecided("a hash that is not accepted")
    need(signer[3][0] == 0xA0, "no signed attributes")
    attributes = {one(a, 0x30)[0][1].hex(): one(one(a, 0x30)[1], 0x31) for a in der(signer[3][1])}
    need(attributes["2a864886f70d010903"][0][1] == content_type[1], "attributes of another content")
    need(attributes["2a864886f70d010904"][0][1] == digest(algorithm, content), "attributes of another content")
    certificate = signer_certificate(attributes, certificates + anchors)
    length = signer[3][2][1:]  # the [0] is signed as a SET OF
    named = one(signer[4], 0x30)[0][1].hex()
    verify_signature(certificate.public_key(), signer[5][1], b"\x31" + length, ALGORITHMS.get(named, algorithm))
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    need(usage.critical and [oid.dotted_string for oid in usage.value] == ["1.3.6.1.5.5.7.3.8"], "a signer for other things")
    if anchors:
        climb([certificate], certificates, anchors, time)
    return time, certificate.subject.rfc4514_string()


def signer_certificate(attributes, candidates):
    if "2a864886f70d010910022f" in attributes:
        first = one(one(one(attributes["2a864886f70d010910022f"][0], 0x30)[0], 0x30)[0], 0x30)
        algorithm, named = hashes.SHA256(), first[0]
        if first[0][0] == 0x30:
            algorithm, named = HASHES[der(first[0][1])[0][1].hex()], first[1]
    elif "2a864886f70d010910020c" in attributes:
        named = one(one(one(attributes["2a864886f70d010910020c"][0], 0x30)[0], 0x30)[0], 0x30)[0]
        algorithm = hashes.SHA1()
    else:
        raise Undecided("the signer names no certificate")
    for certificate in candidates:
        if certificate.fingerprint(algorithm) == named[1]:
            return certificate
    raise Undecided("the signer's certificate is not there")


def climb(path, others, anchors, time):
    last = path[-1]
    if last.not_valid_before_utc <= time <= last.not_valid_after_utc and len(path) <= 8:
        if last in anchors:
            return
        for issuer in anchors + others:
            if issuer in path or issuer.subject != last.issuer or not (issuer in anchors or may_issue(issuer, len(path) - 1)):
                continue
            try:
                last.verify_directly_issued_by(issuer)
                return climb(path + [issuer], others, anchors, time)
            except (InvalidSignature, ValueError, TypeError, Undecided):
                continue
    raise Undecided("no authority given vouches for the signer")


def may_issue(certificate, below):
    try:
        basic = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return False
    return basic.ca and usage.key_cert_sign and (basic.path_length is None or below <= basic.path_length)


# The page ------------------------------------------------------------------------------------------------------------

SHOWN_AS_CODE = re.compile("[\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def escaped(text):
    for mark, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        text = text.replace(mark, entity)
    return SHOWN_AS_CODE.sub(lambda match: "\\u{%x}" % ord(match[0]), text)


def technical(text):
    return f'<bdi class="t" dir="ltr">{escaped(str(text))}</bdi>'


def runs(numbers):
    words = []
    for number in numbers:
        if words and words[-1][1] + 1 == number:
            words[-1][1] = number
        else:
            words.append([number, number])
    return ", ".join(str(a) if a == b else f"{a}–{b}" for a, b in words)


def moment(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def page(bundle):
    words = {}
    for entry in (WORDS / "words.txt").read_text("utf-8").rstrip("\n").split("\n\n"):
        key, *both = entry.split("\n")
        words[key] = both

    def say(lang, entry, /, **values):
        text = escaped(words[entry][lang])
        for name, value in values.items():
            text = text.replace("{%s}" % name, f"<bdi>{escaped(value)}</bdi>" if name in ("origin", "name", "missing") else technical(value))
        return text

    def both(tag, entry, /, **values):
        spans = [f'<span lang="{code}" dir="{way}">{say(lang, entry, **values)}</span>' for lang, code, way in ((0, "en", "ltr"), (1, "ar", "rtl"))]
        return f"<{tag}>{''.join(spans)}</{tag}>"

    b, out = bundle, ["<!DOCTYPE html>", '<html lang="en">', "<head>", '<meta charset="utf-8">']
    out += [f"<title>{escaped('Evidence from the log ' + b.tree.origin)}</title>", "<style>"]
    out += [(WORDS / "style.css").read_text("utf-8") + "</style>", "</head>", "<body>"]
    opened, closed = sum(len(d) for d in b.opened.values()), sum(b.closed.values())
    for lang, code, way in ((0, "en", "ltr"), (1, "ar", "rtl")):
        shown = [("records", dict(origin=b.tree.origin, positions=runs(b.records)))]
        shown += [("tree", dict(size=b.tree.size, root=base64.b64encode(b.tree.root).decode())), ("signature", dict(key=b.log.text))]
        shown += [("witness", dict(name=n, time=moment(t), key=b.policy.parties[n].text)) for n, t in b.times.items()]
        shown += [("quorum", {})] if b.policy.quorum != "none" and not b.missing else []
        shown += [("disclosed", dict(count=opened))] if opened else []
        shown += [("file", dict(file=h, record=f[2])) for h, f in b.files.items() if h in b.enclosed]
        shown += [("stamp", dict(size=size)) for size in b.stamped]
        shown += [("file-stamp", dict(file=h)) for h in b.files if h in b.replies]
        not_shown = [(key, {}) for key in ("not-true", "not-keys", "not-all", "not-when")]
        not_shown += [("not-witnessed", {})] if b.policy.quorum == "none" else []
        not_shown += [("not-quorum", dict(missing=", ".join(b.missing)))] if b.missing else []
        not_shown += [("not-opened", dict(count=closed))] if closed else []
        not_shown += [("not-file", dict(file=h, record=f[2])) for h, f in b.files.items() if h not in b.enclosed]
        not_shown += [("not-stamp", {})] if b.stamped or b.replies else []
        not_shown += [("not-signed", dict(record=r.seq)) for r in b.records.values() if r.signed]
        out += [f'<section lang="{code}" dir="{way}">', f"<h1>{say(lang, 'title', origin=b.tree.origin)}</h1>"]
        out += [f"<p>{say(lang, 'intro')}</p>"]
        for heading, items in (("h-shows", shown), ("h-not", not_shown)):
            out += [f"<h2>{say(lang, heading)}</h2>", "<ul>"]
            out += [f"<li>{say(lang, key, **values)}</li>" for key, values in items] + ["</ul>"]
        out += [f"<h2>{say(lang, 'h-check')}</h2>", f"<p>{say(lang, 'check')}</p>"]
        out += ["<pre>ceasefire check-proof FILE --log-key KEY</pre>", f"<p>{say(lang, 'check-other')}</p>", "</section>"]
    out += ["<section>", both("h2", "h-records")]
    for seq, record in b.records.items():
        out += ["<article>", both("h3", "record", record=seq), "<table>"]
        for key, value in (("m-recorded", record.shown_at()), ("m-hash", record.hash)):
            head = f'{say(0, key)} · <bdi lang="ar">{say(1, key)}</bdi>'
            out += [f"<tr><th>{head}</th><td>{technical(value)}</td></tr>"]
        out += [f'<tr><th>{escaped(path)}</th><td dir="auto">{escaped(value)}</td></tr>' for path, value in record.rows]
        for disclosure in b.opened[seq]:
            head = f'{say(0, "m-opened")} · <bdi lang="ar">{say(1, "m-opened")}</bdi> {escaped(disclosure.pointer)}'
            out += [f'<tr class="o"><th>{head}</th><td dir="auto">{escaped(disclosure.value)}</td></tr>']
        out += ["</table>", "</article>"]
    out += ["</section>", "<section>", both("h2", "h-contents"), "<table>"]
    for name, data in b.listed.items():
        out += [f"<tr><th>{escaped(name)}</th><td>{technical(len(data))}</td><td>{technical(hashlib.sha256(data).hexdigest())}</td></tr>"]
    return "\n".join(out + ["</table>", "</section>", "</body>", "</html>"]) + "\n"


# The bundle ----------------------------------------------------------------------------------------------------------


class Bundle:
    def __init__(self, entries):
        manifest = entries.pop("bundle.json")
        listed = ",".join('{"name":"%s","bytes":%d,"sha256":"%s"}' % (name, len(data), hashlib.sha256(data).hexdigest()) for name, data in entries.items())
        need(manifest == ('{"format":"ceasefire.bundle/1","entries":[%s]}\n' % listed).encode(), "the manifest lists other entries")
        self.page, self.listed = entries.pop("page.html"), dict(entries)
        self.note, self.policy = Note(entries["checkpoint"]), Policy(entries["policy"])
        self.note_bytes = entries.pop("checkpoint")
        entries.pop("policy")
        self.log, self.times, self.missing = self.policy.judge(self.note)
        self.tree = Checkpoint(self.note.text)
        self.take_records(entries)
        self.take_stamps(entries)
        self.take_files(entries)
        need(not entries, f"entries that do not belong there: {', '.join(entries)}")
        need(page(self).encode() == self.page, "the page does not say what is in the file")

    def take_records(self, entries):
        self.records, self.opened, self.closed = {}, {}, {}
        for name in [name for name in entries if name.startswith("records/")]:
            match = re.fullmatch(r"records/([0-9]{20})\.json", name)
            need(match, "no record's name: " + name)
            seq = int(match[1])
            record = self.records[seq] = Record(entries.pop(name), seq)
            need(record.one.get("origin") == self.tree.origin, f"record {seq} is of another ledger")
            before = self.records.get(seq - 1)
            need(before is None or before.hash == record.prev, f"record {seq} names another record before it")
            self.check_inclusion(record, entries.pop(f"proofs/{seq:020}.tlog-proof"))
            lines = entries.pop(f"disclosures/{seq:020}", b"\n").decode().split("\n")[:-1]
            self.opened[seq] = [Disclosure(line) for line in lines if lines != [""]]
            need(lines == sorted(set(lines)), "disclosures out of order")
            need(all(d.digest in record.sealed for d in self.opened[seq]), f"a disclosure does not belong to record {seq}")
            self.closed[seq] = len(record.sealed) - len(self.opened[seq])
        need(self.records, "no record")

    def check_inclusion(self, record, proof):
        head, _, note = proof.partition(b"\n\n")
        need(note == self.note_bytes, f"the proof of record {record.seq} leads elsewhere")
        header, index, *path = head.decode().split("\n")
        need(header == "c2sp.org/tlog-proof@v1" and index == f"index {record.seq - 1}", f"no proof of record {record.seq}")
        path = [unbase64(line) for line in path]
        need(all(len(hash_) == 32 for hash_ in path), "a hash of another length")
        root = root_of_inclusion(record.seq - 1, self.tree.size, leaf(record.line), path)
        need(root == self.tree.root, f"record {record.seq} is not in the tree")

    def take_stamps(self, entries):
        self.stamped = {}
        for name in [name for name in entries if re.fullmatch(r"timestamps/[0-9]{20}\.checkpoint", name)]:
            text, stem = entries.pop(name).decode(), name[: -len(".checkpoint")]
            tree, path = Checkpoint(text), entries.pop(stem + ".consistency").decode()
            need(tree.origin == self.tree.origin and tree.size == int(stem[-20:]) > 0, "a tree of another log or size")
            need(not path or path.endswith("\n"), "no list of hashes")
            path = [unbase64(line) for line in path.split("\n")[:-1]]
            check_consistency(tree.size, self.tree.size, tree.root, self.tree.root, path)
            self.stamped[tree.size] = (hashlib.sha256(text.encode()).digest(), entries.pop(stem + ".tsr"))

    def take_files(self, entries):
        self.files, self.enclosed, self.replies = {}, set(), {}
        for record in self.records.values():
            named = record.evidence()
            if named and named[0] not in self.files:
                self.files[named[0]] = (named[1], named[2], record.seq)
        self.files = dict(sorted(self.files.items()))
        for name in [name for name in entries if name.startswith("evidence/")]:
            match = re.fullmatch(r"evidence/([0-9a-f]{64})(\.tsr)?", name)
            need(match and match[1] in self.files, "a file that no record names: " + name)
            data, (sha256, length, _) = entries.pop(name), self.files[match[1]]
            if match[2]:
                self.replies[match[1]] = (bytes.fromhex(sha256), data)
            else:
                same = (blake3(data).hexdigest(), hashlib.sha256(data).hexdigest(), len(data)) == (match[1], sha256, length)
                need(same, "a file that is not what its record says: " + name)
                self.enclosed.add(match[1])


def check(path, log_key, policy, ca):
    bundle = Bundle(unpack(Path(path).read_bytes()))
    anchors = x509.load_pem_x509_certificates(Path(ca).read_bytes()) if ca else []
    said, undecided = [], []
    for what, (sha256, reply) in list(bundle.stamped.items()) + list(bundle.replies.items()):
        try:
            time, signer = check_timestamp(reply, sha256, anchors)
            said.append(f"{what} existed by {time:%Y-%m-%dT%H:%M:%SZ}: {signer}" if anchors else f"{what}: stamped, no authority given")
        except Undecided as why:
            undecided.append(f"{what}: {why}")
    if log_key:
        need(any(time is None for _, time in bundle.note.signed_by([Key(log_key)])), "not signed with the key you gave")
    if policy:
        _, _, missing = Policy(Path(policy).read_bytes()).judge(bundle.note)
        undecided += [f"missing of your policy: {', '.join(missing)}"] if missing else []
    elif bundle.missing:
        undecided.append(f"missing of its own policy: {', '.join(bundle.missing)}")
    if not (log_key or policy):
        undecided.append("nobody said whose key it is")
    if undecided:
        raise Undecided("; ".join(undecided))
    return [f"ok: records {runs(bundle.records)} of {bundle.tree.origin}, in a tree of {bundle.tree.size}"] + said


def main(arguments):
    options = dict(zip(arguments[1::2], arguments[2::2]))
    try:
        print("\n".join(check(arguments[0], options.get("--log-key"), options.get("--policy"), options.get("--ca"))))
        return 0
    except Undecided as why:
        print(f"cannot tell: {why}")
        return 5
    except OSError:
        raise
    except Exception as why:  # whatever does not read is not what it should be
        print(f"violated: {why or type(why).__name__}")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
