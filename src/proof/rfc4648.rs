//! RFC 4648 text forms, strict: one byte string has exactly one accepted spelling.

use base64ct::{Base64, Base64UrlUnpadded, Encoding};

/// Spells bytes in padded standard base64 (RFC 4648 §4).
pub(super) fn base64_from(bytes: &[u8]) -> String {
    Base64::encode_string(bytes)
}

/// Reads padded standard base64; `None` for missing padding, stray bits, white space or a foreign alphabet.
pub(super) fn base64_parse(text: &str) -> Option<Vec<u8>> {
    Base64::decode_vec(text).ok()
}

/// Reads padded standard base64 that holds exactly `N` bytes.
pub(super) fn base64_parse_exact<const N: usize>(text: &str) -> Option<[u8; N]> {
    base64_parse(text)?.try_into().ok()
}

/// Spells bytes in unpadded base64url (RFC 4648 §5).
pub(super) fn base64url_from(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

/// Reads unpadded base64url; `None` where [`base64_parse`] would say so.
pub(super) fn base64url_parse(text: &str) -> Option<Vec<u8>> {
    Base64UrlUnpadded::decode_vec(text).ok()
}

/// Reads unpadded base64url that holds exactly `N` bytes.
pub(super) fn base64url_parse_exact<const N: usize>(text: &str) -> Option<[u8; N]> {
    base64url_parse(text)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_has_one_spelling_only() {
        assert_eq!(base64_parse("AQ==").as_deref(), Some(&[1_u8][..]));
        for wrong in ["AQ", "AQ=", "AR==", "AQ==\n", " AQ==", "AQ==AQ==", "-_==", "A", "AQ=A"] {
            assert_eq!(base64_parse(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn base64url_has_one_spelling_only() {
        assert_eq!(base64url_parse("-_8").as_deref(), Some(&[0xfb_u8, 0xff][..]));
        for wrong in ["-_8=", "-_9", "+/8", "-_8 ", "-"] {
            assert_eq!(base64url_parse(wrong), None, "{wrong:?}");
        }
    }
}
