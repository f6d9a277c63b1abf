//! DER taken apart one value at a time, for structures whose optional parts are told by their tags alone.

use der::asn1::{Any, ObjectIdentifier};
use der::{Decode, Reader, SliceReader, Tag, TagNumber, Tagged};

/// The values that follow one another in these bytes.
pub(super) fn values(bytes: &[u8]) -> Option<Vec<Any>> {
    let mut values = Vec::new();
    if bytes.is_empty() {
        return Some(values);
    }
    let mut reader = SliceReader::new(bytes).ok()?;
    while !reader.is_finished() {
        values.push(Any::decode(&mut reader).ok()?);
    }
    Some(values)
}

/// The members of one SEQUENCE and nothing behind it.
pub(super) fn sequence(bytes: &[u8]) -> Option<Vec<Any>> {
    let whole = Any::from_der(bytes).ok()?;
    members(&whole, Tag::Sequence)
}

/// The members of a value of this tag.
pub(super) fn members(value: &Any, tag: Tag) -> Option<Vec<Any>> {
    if value.tag() == tag { values(value.value()) } else { None }
}

/// Whether a value has the context-specific tag `[number]` of a constructed one.
pub(super) fn is_context(value: &Any, number: u32) -> bool {
    value.tag() == Tag::ContextSpecific { constructed: true, number: TagNumber(number) }
}

/// The one value inside an explicit `[number]`.
pub(super) fn explicit(value: &Any, number: u32) -> Option<Any> {
    let mut inside = if is_context(value, number) { values(value.value())? } else { return None };
    match (inside.pop(), inside.is_empty()) {
        (Some(only), true) => Some(only),
        _ => None,
    }
}

/// An object identifier.
pub(super) fn oid(value: &Any) -> Option<ObjectIdentifier> {
    value.decode_as().ok()
}

/// The object identifier that an `AlgorithmIdentifier` begins with.
pub(super) fn algorithm(value: &Any) -> Option<ObjectIdentifier> {
    members(value, Tag::Sequence)?.first().and_then(oid)
}

/// The bytes of an OCTET STRING.
pub(super) fn octets(value: &Any) -> Option<&[u8]> {
    (value.tag() == Tag::OctetString).then(|| value.value())
}

/// A whole number of up to 64 bits, from 0.
pub(super) fn small(value: &Any) -> Option<u64> {
    value.decode_as().ok()
}
