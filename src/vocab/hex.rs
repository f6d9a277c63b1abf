//! Lower-case hexadecimal (RFC 4648 §8), strict: one byte string has exactly one accepted spelling.

use data_encoding::HEXLOWER;

/// Spells bytes.
pub(crate) fn hex_of(bytes: &[u8]) -> String {
    HEXLOWER.encode(bytes)
}

/// Spells 32 bytes in place.
pub(crate) fn hex_digits(bytes: &[u8; 32]) -> [u8; 64] {
    let mut digits = [0; 64];
    HEXLOWER.encode_mut(bytes, &mut digits);
    digits
}

/// Reads exactly `N` bytes.
pub(crate) fn parse_hex<const N: usize>(digits: &[u8]) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    // It wants room for exactly as many bytes as the digits spell.
    let fits = HEXLOWER.decode_len(digits.len()) == Ok(N);
    (fits && HEXLOWER.decode_mut(digits, &mut bytes).is_ok()).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_lower_case_and_of_exact_length() {
        assert_eq!(hex_of(&[0, 0xaf, 0x10]), "00af10");
        assert_eq!(hex_digits(&[0xaf; 32]).as_slice(), "af".repeat(32).as_bytes());
        assert_eq!(parse_hex::<3>(b"00af10"), Some([0, 0xaf, 0x10]));
        for wrong in ["00AF10", "00af1", "00af", "00af1000", "00af1g", "+0af10", " 00af1", "00af1\n", ""] {
            assert_eq!(parse_hex::<3>(wrong.as_bytes()), None, "{wrong:?}");
        }
    }
}
