#!/usr/bin/env bash
# A throw-away timestamp authority made with openssl, for tests only: its keys are made anew and thrown away.
#
#   throwaway_tsa.sh make DIR [rsa|ec]   makes DIR/ca.pem, DIR/tsa.pem, DIR/tsa.key and DIR/tsa.cnf
#   throwaway_tsa.sh reply DIR FILE.tsq FILE.tsr
set -euo pipefail

key() { # KIND FILE
    case "$1" in
        rsa) openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$2" 2>/dev/null ||
            openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$2" 2>/dev/null ;;
        ec) openssl ecparam -name prime256v1 -genkey -noout -out "$2" ;;
        ec384) openssl ecparam -name secp384r1 -genkey -noout -out "$2" ;;
        *) echo "no kind of key: $1" >&2; exit 2 ;;
    esac
}

make() { # DIR KIND
    local dir="$1" kind="${2:-rsa}" root=rsa
    [ "$kind" = rsa ] || root=ec384
    mkdir -p "$dir"
    cat >"$dir/tsa.cnf" <<CNF
[req]
distinguished_name = name
[name]
[ca]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[middle]
basicConstraints = critical,CA:true,pathlen:0
keyUsage = critical,keyCertSign,cRLSign
[tsa]
basicConstraints = critical,CA:false
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[web]
basicConstraints = critical,CA:false
extendedKeyUsage = serverAuth
[tsa_config]
serial = $dir/serial
crypto_device = builtin
default_policy = 1.2.3.4.1
signer_digest = sha256
digests = sha256, sha384, sha512
accuracy = secs:1, millisecs:500
ordering = no
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = ${ESS:-sha256}
CNF
    echo 1000 >"$dir/serial"
    key "$root" "$dir/ca.key"
    openssl req -x509 -new -key "$dir/ca.key" -sha384 -days 7300 -subj "/O=Throw-away/CN=Test root" \
        -config "$dir/tsa.cnf" -extensions ca -out "$dir/ca.pem"
    key "$kind" "$dir/middle.key"
    openssl req -new -key "$dir/middle.key" -subj "/O=Throw-away/CN=Test middle" -config "$dir/tsa.cnf" -out "$dir/middle.csr"
    openssl x509 -req -in "$dir/middle.csr" -CA "$dir/ca.pem" -CAkey "$dir/ca.key" -CAcreateserial -days 7300 -sha256 \
        -extfile "$dir/tsa.cnf" -extensions middle -out "$dir/middle.pem" 2>/dev/null
    local purpose
    for purpose in tsa web; do
        key "$kind" "$dir/$purpose.key"
        openssl req -new -key "$dir/$purpose.key" -subj "/O=Throw-away/CN=Test $purpose" -config "$dir/tsa.cnf" -out "$dir/$purpose.csr"
        openssl x509 -req -in "$dir/$purpose.csr" -CA "$dir/middle.pem" -CAkey "$dir/middle.key" -CAcreateserial -days 7300 \
            -sha256 -extfile "$dir/tsa.cnf" -extensions "$purpose" -out "$dir/$purpose.pem" 2>/dev/null
    done
}

reply() { # DIR QUERY REPLY
    openssl ts -reply -config "$1/tsa.cnf" -section tsa_config -queryfile "$2" -signer "$1/tsa.pem" -inkey "$1/tsa.key" \
        -chain "$1/middle.pem" -out "$3" 2>/dev/null
}

verb="$1"
shift
"$verb" "$@"
