#!/usr/bin/env bash
# A witness that others wrote (witness-log-cli, from the registry) cosigns our checkpoints, refuses a forked one and keeps
# the evidence, and its note verifier reads the note that it cosigned.
#
#   third_party_witness.sh --install KEPT
#   third_party_witness.sh CEASEFIRE PYTHON KEPT SCRATCH
#
# The program is kept under KEPT.
set -euo pipefail
install() { # KEPT
    [ -x "$1/tools/bin/witness-log" ] ||
        CARGO_TARGET_DIR="$1/witness-log" cargo install witness-log-cli --version 0.6.1 --locked --root "$1/tools"
}
if [ "$1" = --install ]; then
    install "$2"
    exit
fi
ceasefire="$1" python="$2" kept="$3" scratch="$4"
theirs="$kept/tools/bin/witness-log"
install "$kept"
mkdir -p "$scratch"
export CEASEFIRE_STATE="$scratch/state"

expect() { # CODE COMMAND…
    local wanted="$1" found=0
    shift
    "$@" >"$scratch/said" 2>&1 || found=$?
    [ "$found" -eq "$wanted" ] || { cat "$scratch/said"; echo "expected exit code $wanted, found $found: $*"; exit 1; }
}
says() { grep -qF -- "$1" "$scratch/said" || { cat "$scratch/said"; echo "not said: $1"; exit 1; }; }
member() { "$python" -c 'import json,sys
value = json.load(sys.stdin)
for name in sys.argv[1:]: value = value[name]
print(value)' "$@"; }

ledger="$scratch/ledger"
"$ceasefire" init "$ledger" --origin mission.int/interop >/dev/null 2>&1
log_key="$("$ceasefire" -L "$ledger" checkpoint --show --json | member log_key)"
append() { "$ceasefire" -L "$1" append actor "$2" --name "en=$2" --kind monitor >/dev/null; }
append "$ledger" FIRST

witness="$("$theirs" witness init "$scratch/their-state" --name their.example/witness --org Theirs --json)"
"$theirs" witness add-log "$scratch/their-state" mission.int/interop "$log_key" >/dev/null
port="$("$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')"
"$theirs" witness serve "$scratch/their-state" --listen "127.0.0.1:$port" >"$scratch/served" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true' EXIT
for _ in $(seq 100); do
    "$python" -c 'import socket,sys; socket.create_connection(("127.0.0.1", int(sys.argv[1])), 1)' "$port" 2>/dev/null && break
    sleep 0.1
done
their_key="$(member vkey <<<"$witness")"
printf 'log %s\nwitness theirs %s http://127.0.0.1:%s\nquorum theirs\n' "$log_key" "$their_key" "$port" >"$scratch/policy"

echo "it cosigns the first checkpoint, and one that goes on from it"
expect 0 "$ceasefire" -L "$ledger" witness policy "$scratch/policy"
expect 5 "$ceasefire" -L "$ledger" verify
expect 0 "$ceasefire" -L "$ledger" witness ask
expect 0 "$ceasefire" -L "$ledger" verify
says "witnesses"
cp -r "$ledger" "$scratch/fork"
for number in 1 2 3 4 5; do append "$ledger" "POST-$number"; done
expect 0 "$ceasefire" -L "$ledger" witness ask
expect 0 "$ceasefire" -L "$ledger" verify --policy "$scratch/policy"

echo "its verifier reads the note that both keys signed, and no other"
expect 0 "$theirs" c2sp verify "$ledger/checkpoint" --vkey "$log_key" --vkey "$their_key"
sed '2s/.*/99/' "$ledger/checkpoint" >"$scratch/changed"
expect 40 "$theirs" c2sp verify "$scratch/changed" --vkey "$log_key" --vkey "$their_key"
other="$("$ceasefire" witness new "$scratch/other.key" --name other.example/w --json | member public_key 2>/dev/null || true)"
[ -z "$other" ] || expect 40 "$theirs" c2sp verify "$ledger/checkpoint" --vkey "$log_key" --vkey "$other"

echo "it refuses a history that forked, of the same size and longer"
export CEASEFIRE_STATE="$scratch/fork-state"
for number in 1 2 3 4 5; do append "$scratch/fork" "OTHER-$number"; done
expect 5 "$ceasefire" -L "$scratch/fork" witness ask
cat "$scratch/said"
append "$scratch/fork" OTHER-6
expect 5 "$ceasefire" -L "$scratch/fork" witness ask
cat "$scratch/said"
evidence="$(find "$scratch/their-state" -path '*evidence*' -type f | sort | head -1)"
[ -n "$evidence" ] || { echo "it kept no evidence"; exit 1; }
expect 0 "$theirs" witness verify-evidence "$evidence" --vkey "$log_key"

echo "the honest history goes on"
export CEASEFIRE_STATE="$scratch/state"
append "$ledger" LAST
expect 0 "$ceasefire" -L "$ledger" witness ask
expect 0 "$ceasefire" -L "$ledger" verify --policy "$scratch/policy"
echo "a third party's witness: all as it should be"
