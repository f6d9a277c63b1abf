#!/usr/bin/env bash
# RFC 3161 with openssl as the authority: what it stamps is believed, and nothing else. Needs openssl, unzip and Python.
#
#   timestamps.sh CEASEFIRE CEASEFIRE-VERIFY PYTHON SCRATCH
#
# Leaves SCRATCH/case.zip, SCRATCH/log.vkey and SCRATCH/tsa/ca.pem for the comparison of checkers.
set -euo pipefail
ceasefire="$1" verifier="$2" python="$3" scratch="$4"
here="$(cd "$(dirname "$0")" && pwd)"
ledger="$scratch/ledger"
export CEASEFIRE_STATE="$scratch/state"

expect() { # CODE COMMAND…
    local wanted="$1" found=0
    shift
    "$@" >"$scratch/said" 2>&1 || found=$?
    [ "$found" -eq "$wanted" ] || { cat "$scratch/said"; echo "expected exit code $wanted, found $found: $*"; exit 1; }
}
says() { grep -qF -- "$1" "$scratch/said" || { cat "$scratch/said"; echo "not said: $1"; exit 1; }; }
in_ledger() { "$ceasefire" -L "$ledger" "$@"; }
stamp() { in_ledger evidence timestamp "$@"; }

"$here/throwaway_tsa.sh" make "$scratch/tsa" rsa
"$here/throwaway_tsa.sh" make "$scratch/ec" ec
ca="$scratch/tsa/ca.pem"
expect 0 "$ceasefire" demo "$ledger"
printf 'pixels of a house' >"$scratch/photo.jpg"
expect 0 in_ledger evidence add "$scratch/photo.jpg" --source AZE.MoD --incident I-2
photo="$(sha256sum "$scratch/photo.jpg" | cut -d' ' -f1)"
hash="$(in_ledger evidence list --json | "$python" -c 'import json,sys; print(json.load(sys.stdin)["evidence"][0]["blake3"])')"

echo "our request is one that openssl reads, over the right hash"
expect 0 stamp request "$hash" -o "$scratch/photo.tsq"
openssl ts -query -in "$scratch/photo.tsq" -text >"$scratch/said" 2>/dev/null
says "Hash Algorithm: sha256"
says "Certificate required: yes"
openssl ts -query -digest "$photo" -sha256 -no_nonce -cert -out "$scratch/theirs.tsq" 2>/dev/null
cmp "$scratch/photo.tsq" "$scratch/theirs.tsq"

echo "its reply is believed, stored and found again; RSA and ECDSA"
"$here/throwaway_tsa.sh" reply "$scratch/tsa" "$scratch/photo.tsq" "$scratch/photo.tsr"
expect 0 stamp add "$scratch/photo.tsr" --for "$hash" --ca "$ca"
expect 0 stamp request checkpoint -o "$scratch/log.tsq"
"$here/throwaway_tsa.sh" reply "$scratch/ec" "$scratch/log.tsq" "$scratch/ec.tsr"
"$here/throwaway_tsa.sh" reply "$scratch/tsa" "$scratch/log.tsq" "$scratch/log.tsr"
expect 0 stamp add "$scratch/ec.tsr" --for checkpoint --ca "$scratch/ec/ca.pem" -n
expect 0 stamp add "$scratch/log.tsr" --for checkpoint --ca "$ca"
says "the log's first 120 records existed by"
expect 0 stamp check --ca "$ca"
says "vouched by CN=Test root"

echo "another authority, another imprint, a changed byte, a reply of something else: refused, nothing is kept"
before="$(in_ledger evidence list --json | sha256sum)"
expect 3 stamp add "$scratch/log.tsr" --for checkpoint:120 --ca "$scratch/ec/ca.pem"
says "no authority given vouches for"
expect 3 stamp add "$scratch/log.tsr" --for "$hash" --ca "$ca"
says "timestamp is over SHA-256"
expect 3 stamp add "$scratch/log.tsr" --for checkpoint:7 --ca "$ca"
says "timestamp is over SHA-256"
"$python" - "$scratch" <<'PYTHON'
import pathlib, sys
folder = pathlib.Path(sys.argv[1])
reply = bytearray((folder / "log.tsr").read_bytes())
reply[-1] ^= 1
(folder / "changed.tsr").write_bytes(reply)
PYTHON
expect 3 stamp add "$scratch/changed.tsr" --for checkpoint:120 --ca "$ca"
says "signature does not hold"
expect 3 stamp add "$scratch/photo.jpg" --for checkpoint --ca "$ca"
expect 5 stamp check --ca "$scratch/ec/ca.pem"
[ "$before" = "$(in_ledger evidence list --json | sha256sum)" ] || { echo "a refused reply was kept"; exit 1; }

echo "a bundle carries both timestamps, and openssl checks them on its own"
in_ledger show 1 --json | "$python" -c 'import json,sys; print(json.load(sys.stdin)["body"]["event"]["log_key"])' >"$scratch/log.vkey"
key="$(cat "$scratch/log.vkey")"
expect 0 in_ledger export bundle --incident I-2 7 9 --files -o "$scratch/case.zip"
expect 0 "$ceasefire" check-proof "$scratch/case.zip" --log-key "$key" --ca "$ca"
says "the log's first 120 records existed by"
says "file $hash existed by"
expect 5 "$ceasefire" check-proof "$scratch/case.zip" --log-key "$key" --ca "$scratch/ec/ca.pem"
expect 0 "$verifier" "$scratch/case.zip" --log-key "$key"
unzip -qo "$scratch/case.zip" -d "$scratch/open"
stem="$scratch/open/timestamps/00000000000000000120"
openssl ts -verify -in "$stem.tsr" -data "$stem.checkpoint" -CAfile "$ca" -untrusted "$scratch/tsa/middle.pem" >/dev/null 2>&1
openssl ts -verify -in "$scratch/open/evidence/$hash.tsr" -data "$scratch/open/evidence/$hash" -CAfile "$ca" \
    -untrusted "$scratch/tsa/middle.pem" >/dev/null 2>&1
cmp "$scratch/photo.jpg" "$scratch/open/evidence/$hash"
echo "timestamps: all as they should be"
