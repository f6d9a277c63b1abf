//! Signed submissions on their way from one machine to another: DSSE envelopes, one a line.
//!
//! The envelope is the JSON form of DSSE 1.0, so that other people's tools make and check it:
//! `{"payload":"<base64 of the body's bytes>","payloadType":"application/vnd.ceasefire.body.v1+json",
//! "signatures":[{"keyid":"<public key>","sig":"<base64>"}]}`. What is recorded is the payload, byte for byte, and the
//! signature. `keyid` is a hint for people: it is not signed, not looked at and not recorded.

use std::collections::BTreeSet;
use std::fmt;

use base64ct::{Base64, Encoding};
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::jsonl::{BodyLine, LineFault, read_body};
use crate::proof::{BODY_TYPE, BodySignature, BodyVerifier};
use crate::vocab::{Code, Fault, Pointer};

/// The longest envelope in bytes: a record of the greatest length in base64, and room for the rest.
const MAX_ENVELOPE_BYTES: usize = 96 * 1024;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope {
    payload: String,
    #[serde(rename = "payloadType")]
    payload_type: String,
    signatures: Vec<Signature>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signature {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    keyid: Option<String>,
    sig: String,
}

/// Writes a signed body as an envelope: one line, without its end.
///
/// # Errors
/// None in practice; the error is `serde_json`'s.
pub fn envelope(body: &str, signature: &BodySignature, verifier: &BodyVerifier) -> Result<String, serde_json::Error> {
    enveloped(body, signature, Some(verifier.to_base64()))
}

/// Writes a signed body as an envelope without the hint of whose key it was.
///
/// # Errors
/// As [`envelope`].
#[cfg(feature = "exchange")]
pub(super) fn envelope_without_hint(body: &str, signature: &BodySignature) -> Result<String, serde_json::Error> {
    enveloped(body, signature, None)
}

fn enveloped(body: &str, signature: &BodySignature, keyid: Option<String>) -> Result<String, serde_json::Error> {
    serde_json::to_string(&Envelope {
        payload: Base64::encode_string(body.as_bytes()),
        payload_type: BODY_TYPE.to_owned(),
        signatures: vec![Signature { keyid, sig: signature.to_base64() }],
    })
}

/// Tells an envelope from a body: only one of the two can have this member.
pub(super) fn is_envelope(line: &[u8]) -> bool {
    // Only whose reader it is for is decided here; each of the two refuses what is not its own.
    memchr::memmem::find(line, b"\"payloadType\"").is_some()
        && serde_json::from_slice::<Members>(line).is_ok_and(|Members(names)| names.contains("payloadType"))
}

/// The names of an object's members.
struct Members(BTreeSet<String>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MemberNames).map(Self)
    }
}

struct MemberNames;

impl<'de> Visitor<'de> for MemberNames {
    type Value = BTreeSet<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<BTreeSet<String>, A::Error> {
        let mut names = BTreeSet::new();
        while let Some((name, IgnoredAny)) = map.next_entry()? {
            names.insert(name);
        }
        Ok(names)
    }
}

/// Reads an envelope. Whether the signature holds is not looked at.
pub(super) fn read_envelope(number: usize, bytes: &[u8]) -> Result<BodyLine, LineFault> {
    let fault = |column: Option<usize>, member: &str, what: String| LineFault {
        line: number,
        column,
        fault: Fault::new(Code::SubmissionUnreadable, Pointer::root().member(member), what),
    };
    if bytes.len() > MAX_ENVELOPE_BYTES {
        return Err(fault(Some(1), "payload", format!("{} bytes, the most is {MAX_ENVELOPE_BYTES}", bytes.len())));
    }
    let envelope: Envelope = serde_json::from_slice(bytes).map_err(|error| LineFault {
        line: number,
        column: Some(error.column()),
        fault: Fault::new(Code::SubmissionUnreadable, Pointer::root(), error.to_string()),
    })?;
    if envelope.payload_type != BODY_TYPE {
        let what = format!("the payload is {}, not {BODY_TYPE}", envelope.payload_type);
        return Err(fault(None, "payloadType", what));
    }
    let [signature] = envelope.signatures.as_slice() else {
        return Err(fault(None, "signatures", format!("{} signatures; there must be one", envelope.signatures.len())));
    };
    let signature =
        BodySignature::parse_base64(&signature.sig).map_err(|e| fault(None, "signatures", e.to_string()))?;
    let body = Base64::decode_vec(&envelope.payload)
        .map_err(|_| fault(None, "payload", "the payload is not base64 with padding".to_owned()))?;
    if body.iter().any(|byte| matches!(byte, b'\n' | b'\r')) || body.first() != Some(&b'{') || !body.ends_with(b"}") {
        let what = "the payload is not one JSON object on one line, without white space around it";
        return Err(fault(None, "payload", what.to_owned()));
    }
    // Columns count in the payload, which nobody can point at in base64.
    let read = read_body(number, &body).map_err(|fault| LineFault { column: None, ..fault })?;
    Ok(BodyLine { signature: Some(signature), ..read })
}

#[cfg(test)]
mod tests {
    use super::super::jsonl::read_lines;
    use super::*;
    use crate::proof::BodySigner;

    const BODY: &str = r#"{"origin":"example.org/x","by":"AZE","key":"k","event":{"type":"key.revoked","v":1,"key":"a","reason":"an é"}}"#;

    fn signed() -> (String, BodySignature) {
        let signer = BodySigner::from_seed(&[7; 32]);
        let signature = signer.sign(BODY.as_bytes());
        (envelope(BODY, &signature, &signer.verifier()).unwrap(), signature)
    }

    fn read(line: &str) -> Result<BodyLine, LineFault> {
        read_lines(line.as_bytes()).next().unwrap()
    }

    #[test]
    fn an_envelope_gives_back_the_bytes_that_were_signed() {
        let (line, signature) = signed();
        let read = read(&line).unwrap();
        assert_eq!((read.text.as_str(), read.signature), (BODY, Some(signature)));
        let spaced = BODY.replace(r#","by""#, r#" ,  "by""#);
        let (signer, line) = (BodySigner::from_seed(&[7; 32]), &spaced);
        let line = envelope(line, &signer.sign(line.as_bytes()), &signer.verifier()).unwrap();
        assert_eq!(super::super::jsonl::read_lines(line.as_bytes()).next().unwrap().unwrap().text, spaced);
    }

    #[test]
    fn bodies_and_envelopes_stand_in_one_file() {
        let text = format!("{BODY}\n\n{}\n", signed().0);
        let signed: Vec<bool> = read_lines(text.as_bytes()).map(|line| line.unwrap().signature.is_some()).collect();
        assert_eq!(signed, [false, true]);
        let look_alike = BODY.replace("an é", r#"\"payloadType\""#);
        assert_eq!(read(&look_alike).unwrap().signature, None, "a quote of the word is no envelope");
    }

    #[test]
    fn an_envelope_that_is_not_one_is_refused_with_its_member() {
        let (line, _) = signed();
        let payload = Base64::encode_string(BODY.as_bytes());
        let with = |body: &str| line.replace(&payload, &Base64::encode_string(body.as_bytes()));
        for (line, pointer, code) in [
            (line.replace("body.v1", "body.v2"), "/payloadType", Code::SubmissionUnreadable),
            (line.replace(&payload, "!"), "/payload", Code::SubmissionUnreadable),
            (line.replace("\"sig\":\"", "\"sig\":\"A"), "/signatures", Code::SubmissionUnreadable),
            (line.replace("\"signatures\":[", "\"signatures\":[],\"x\":["), "", Code::SubmissionUnreadable),
            (
                line.replace("\"signatures\":[", "\"signatures\":[{\"sig\":\"\"},"),
                "/signatures",
                Code::SubmissionUnreadable,
            ),
            (line.replacen('{', "{\"payloadType\":\"\",", 1), "", Code::SubmissionUnreadable),
            (with(&format!(" {BODY}")), "/payload", Code::SubmissionUnreadable),
            (with(&BODY.replace(",\"by\"", ",\n\"by\"")), "/payload", Code::SubmissionUnreadable),
            (with("[]"), "/payload", Code::SubmissionUnreadable),
            (with(&BODY.replace("\"by\":\"AZE\"", "\"by\":\"AZE\",\"by\":\"ARM\"")), "/by", Code::DuplicateKey),
            (with(&BODY.replace("\"reason\"", "\"why\"")), "/event/why", Code::UnknownField),
        ] {
            let fault = read(&line).unwrap_err();
            assert_eq!((fault.fault.pointer.as_str(), fault.fault.code), (pointer, code), "{line}: {fault:?}");
        }
    }
}
