//! Every reply under `fixtures/timestamps/` gets the verdict its header states, for the reason it states; and no byte of
//! a good reply can be changed without its being noticed.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

use std::collections::BTreeMap;
use std::path::Path;

use base64ct::{Base64, Encoding};
use ceasefire_ledger::proof::timestamp::{
    CertificateAuthorities, TimestampFault, TimestampReply, TimestampRequest, TimestampTrust,
};

struct Vector {
    header: BTreeMap<String, Vec<String>>,
    payload: BTreeMap<String, Vec<String>>,
}

impl Vector {
    fn named(name: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/timestamps/{name}.txt"));
        Self::parse(&std::fs::read_to_string(path).unwrap())
    }

    fn parse(text: &str) -> Self {
        let (header, payload) = text.split_once("\n\n").unwrap();
        let fields = |text: &str| {
            let mut fields: BTreeMap<String, Vec<String>> = BTreeMap::new();
            for line in text.lines() {
                let (key, value) = line.split_once(": ").unwrap();
                fields.entry(key.to_owned()).or_default().push(value.to_owned());
            }
            fields
        };
        Self { header: fields(header), payload: fields(payload) }
    }

    fn one<'a>(fields: &'a BTreeMap<String, Vec<String>>, key: &str) -> &'a str {
        let [only] = fields[key].as_slice() else { panic!("not one {key}") };
        only
    }

    fn reply(&self) -> Vec<u8> {
        Base64::decode_vec(Self::one(&self.payload, "reply")).unwrap()
    }

    fn sha256(&self) -> [u8; 32] {
        let text = Self::one(&self.header, "sha256");
        let bytes: Vec<u8> = (0..32).map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap()).collect();
        bytes.try_into().unwrap()
    }

    /// The authorities as the PEM file that an asker would give, or none.
    fn authorities(&self) -> Option<CertificateAuthorities> {
        let certificates = self.header.get("authority")?;
        let wrapped = |text: &String| {
            let lines: Vec<&str> = (0..text.len()).step_by(64).map(|at| &text[at..text.len().min(at + 64)]).collect();
            format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
        };
        let pem: String = certificates.iter().map(wrapped).collect();
        Some(CertificateAuthorities::parse(pem.as_bytes()).unwrap())
    }

    fn outcome(&self) -> Result<TimestampTrust, String> {
        let reply = TimestampReply::parse(&self.reply()).map_err(|error| error.to_string())?;
        let trust = reply.verify(&self.sha256(), self.authorities().as_ref()).map_err(|error| error.to_string())?;
        assert_eq!(reply.at().to_string(), Self::one(&self.payload, "at"));
        assert_eq!(trust.signer, Self::one(&self.payload, "signer"));
        assert_eq!(trust.authority.is_some(), self.header.contains_key("authority"));
        Ok(trust)
    }

    fn judge(&self) -> Result<(), String> {
        match (Self::one(&self.header, "verdict"), self.outcome()) {
            ("accept", Ok(_)) => Ok(()),
            ("accept", Err(why)) => Err(format!("refused: {why}")),
            ("reject", Ok(_)) => Err("accepted".to_owned()),
            ("reject", Err(why)) => {
                let expected = Self::one(&self.header, "error");
                if why.contains(expected) { Ok(()) } else { Err(format!("refused for another reason: {why}")) }
            }
            (other, _) => panic!("unknown verdict {other}"),
        }
    }
}

#[test]
fn every_reply_gets_its_verdict() {
    let (mut accepted, mut rejected, mut wrong) = (0, 0, Vec::new());
    for file in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/timestamps")).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "txt") {
            continue;
        }
        let vector = Vector::parse(&std::fs::read_to_string(&path).unwrap());
        *if Vector::one(&vector.header, "verdict") == "accept" { &mut accepted } else { &mut rejected } += 1;
        if let Err(why) = vector.judge() {
            wrong.push(format!("{}: {why}", path.display()));
        }
    }
    assert_eq!(wrong, [""; 0]);
    assert!(accepted >= 8 && rejected >= 18, "{accepted} accepted, {rejected} rejected");
}

#[test]
fn no_byte_of_a_good_reply_can_be_changed() {
    for name in ["rsa", "ecdsa", "sha1-certificate-id"] {
        let vector = Vector::named(name);
        let (good, sha256, authorities) = (vector.reply(), vector.sha256(), vector.authorities());
        let trusted = TimestampReply::parse(&good).unwrap();
        for at in 0..good.len() {
            let mut changed = good.clone();
            changed[at] ^= 1;
            let Ok(reply) = TimestampReply::parse(&changed) else { continue };
            if reply.verify(&sha256, authorities.as_ref()).is_ok() {
                // What no signature covers may change, and then says nothing else: the status, versions, hints of
                // hashes and of the signer's name, and how the certificate of the one in the middle is named.
                assert_eq!(
                    (reply.at(), reply.serial(), reply.sha256()),
                    (trusted.at(), trusted.serial(), trusted.sha256())
                );
                assert_eq!(reply.accuracy_micros(), trusted.accuracy_micros());
                assert_eq!(reply.policy(), trusted.policy());
            }
        }
    }
}

#[test]
fn what_is_stated_is_read() {
    let reply = TimestampReply::parse(&Vector::named("rsa").reply()).unwrap();
    assert_eq!((reply.accuracy_micros(), reply.policy(), reply.serial()), (Some(1_500_000), "1.2.3.4.1", "1001"));
}

#[test]
fn another_authority_proves_nothing_and_other_bytes_prove_something() {
    let undecided = |name: &str| {
        let vector = Vector::named(name);
        let reply = TimestampReply::parse(&vector.reply()).unwrap();
        reply.verify(&vector.sha256(), vector.authorities().as_ref()).unwrap_err().is_undecided()
    };
    for name in ["other-authority", "no-certificate", "sha1-signature", "weak-key", "path-too-long"] {
        assert!(undecided(name), "{name}");
    }
    for name in ["other-bytes", "time-changed", "signature-changed", "purpose"] {
        assert!(!undecided(name), "{name}");
    }
}

#[test]
fn a_request_is_the_one_that_openssl_makes() {
    // openssl ts -query -sha256 -no_nonce -cert over the same text.
    let vector = Vector::named("request");
    assert_eq!(TimestampRequest::over(vector.sha256()).to_der().unwrap(), vector.reply());
}

#[test]
fn what_is_no_certificate_is_told() {
    for wrong in [
        &b""[..],
        b"hello",
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        b"-----BEGIN CERTIFICATE-----\n",
    ] {
        assert!(CertificateAuthorities::parse(wrong).is_err());
    }
}

#[test]
fn hostile_bytes_are_refused_and_nothing_worse() {
    let good = Vector::named("rsa").reply();
    for length in 0..good.len() {
        assert!(TimestampReply::parse(&good[..length]).is_err(), "cut at {length}");
    }
    let deep: Vec<u8> = [0x30, 0x80].into_iter().cycle().take(10_000).collect();
    assert!(TimestampReply::parse(&deep).is_err());
    assert!(TimestampReply::parse(&vec![0x30; 300_000]).is_err());
    let reply = TimestampReply::parse(&good).unwrap();
    assert!(matches!(reply.verify(&[0; 32], None), Err(TimestampFault::OtherBytes { .. })));
}
