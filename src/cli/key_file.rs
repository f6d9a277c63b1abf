//! Files that hold a submitter's secret key: PKCS#8 in PEM (RFC 8410, RFC 7468), as openssl reads and writes them.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey, KeypairBytes, spki::der::pem::LineEnding};
use zeroize::Zeroizing;

use super::complaint::{Complaint, Place};
use super::outcome::Outcome;
use super::whole_file::{self, Audience};
use crate::proof::{BodySigner, BodyVerifier};
use crate::vocab::Code;

/// A key file is far shorter; more is not read.
const MAX_BYTES: u64 = 16 * 1024;

/// Draws a new key and writes it into a new file that only its owner may read. Durable on return.
pub fn create(path: &Path) -> Result<BodyVerifier, Complaint> {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(seed.as_mut()).map_err(|error| {
        Complaint::new(Outcome::Io, Code::StorageFailed, format!("no randomness for the key: {error}"))
    })?;
    let verifier = BodySigner::from_seed(&seed).verifier();
    let pair = KeypairBytes { secret_key: *seed, public_key: None };
    let pem = pair.to_pkcs8_pem(LineEnding::LF).map_err(|error| super::console::internal(&error.to_string()))?;
    whole_file::create(path, pem.as_bytes(), Audience::Owner).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            Complaint::new(Outcome::Rejected, Code::KeyFileExists, "there is a file already").at(place(path))
        }
        _ => Complaint::new(Outcome::Io, Code::StorageFailed, format!("the key could not be written: {error}"))
            .at(place(path)),
    })?;
    Ok(verifier)
}

/// Reads a secret key. Tells whether others than the owner may read the file.
pub fn read(path: &Path) -> Result<(BodySigner, Readers), Complaint> {
    let unreadable = |what: String| Complaint::new(Outcome::Rejected, Code::KeyFileUnreadable, what).at(place(path));
    let file = fs::File::open(path).map_err(|error| unreadable(format!("the key file cannot be read: {error}")))?;
    let readers = readers_of(&file);
    let mut text = Zeroizing::new(String::new());
    file.take(MAX_BYTES)
        .read_to_string(&mut text)
        .map_err(|error| unreadable(format!("the key file cannot be read: {error}")))?;
    let pair = KeypairBytes::from_pkcs8_pem(&text);
    // The library's own message may speak of the secret's bytes; the place says enough.
    let pair = pair.map_err(|_| unreadable("the file does not hold an Ed25519 private key in PEM".to_owned()))?;
    let signer = BodySigner::from_seed(&pair.secret_key);
    if pair.public_key.is_some_and(|stated| stated.to_bytes() != *signer.verifier().as_bytes()) {
        return Err(unreadable("the public key in the file is not that of the private key beside it".to_owned()));
    }
    Ok((signer, readers))
}

/// Who may read a key file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// Its owner alone, as far as can be told.
    Owner,
    /// Others too.
    Others,
}

#[cfg(unix)]
const GROUP_AND_OTHERS: u32 = 0o077;

#[cfg(unix)]
fn readers_of(file: &fs::File) -> Readers {
    use std::os::unix::fs::PermissionsExt;
    let mode = file.metadata().map(|metadata| metadata.permissions().mode()).unwrap_or_default();
    if mode & GROUP_AND_OTHERS > 0 { Readers::Others } else { Readers::Owner }
}

#[cfg(not(unix))]
fn readers_of(_: &fs::File) -> Readers {
    Readers::Owner
}

fn place(path: &Path) -> Place {
    Place { file: Some(path.display().to_string()), ..Place::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with `openssl genpkey -algorithm ed25519`, and its public half with `openssl pkey -pubout`.
    const OPENSSL: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f
-----END PRIVATE KEY-----
";

    fn read_text(text: &str) -> Result<BodySigner, Complaint> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("k");
        fs::write(&path, text).unwrap();
        read(&path).map(|(signer, _)| signer)
    }

    #[test]
    fn what_is_written_is_read_back_and_stays_the_owners() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("k");
        let verifier = create(&path).unwrap();
        let (signer, readers) = read(&path).unwrap();
        assert_eq!((signer.verifier(), readers), (verifier, Readers::Owner));
        assert_eq!(create(&path).unwrap_err().code, Code::KeyFileExists);
        assert_eq!(read(&path).unwrap().0.verifier(), verifier, "the first key is still there");
    }

    #[test]
    fn a_key_of_openssl_is_read() {
        let mut seed = [0; 32];
        for (index, byte) in seed.iter_mut().enumerate() {
            *byte = u8::try_from(index).unwrap();
        }
        let expected = BodySigner::from_seed(&seed).verifier();
        assert_eq!(read_text(OPENSSL).unwrap().verifier(), expected);
        assert_eq!(expected.to_base64(), "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=");
    }

    #[test]
    fn what_is_no_key_is_refused_and_not_repeated() {
        for text in [
            "",
            "hello",
            &OPENSSL.replace("MC4C", "MC5C"),
            &OPENSSL.replace("K2Vw", "K2Vu"),
            &OPENSSL.replace("PRIVATE", "PUBLIC"),
            &OPENSSL.replace("HR4f", ""),
        ] {
            let complaint = read_text(text).unwrap_err();
            assert_eq!((complaint.code, complaint.outcome), (Code::KeyFileUnreadable, Outcome::Rejected), "{text}");
            assert!(!complaint.to_text().contains("AAECAwQF"), "{}", complaint.to_text());
        }
    }
}
