//! Secrets at rest: sealed with the master key (AES-256-GCM, a fresh nonce each).

use std::{fs, io, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use crate::clock::Ids;

/// Seals and opens what is kept secret in the database.
pub(crate) struct Sealer {
    key: LessSafeKey,
    ids: Ids,
}

/// What was sealed cannot be opened: another key, or damaged bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a stored secret cannot be opened with this master key")]
pub struct Unopenable;

impl Sealer {
    pub(crate) fn new(key: &[u8; 32], ids: Ids) -> Self {
        let key = UnboundKey::new(&AES_256_GCM, key).expect("the key has the cipher's 32 bytes");
        Self { key: LessSafeKey::new(key), ids }
    }

    /// The nonce, then the sealed bytes and their tag.
    pub(crate) fn seal(&self, plain: &[u8]) -> Vec<u8> {
        let nonce: [u8; NONCE_LEN] = self.ids.bytes();
        let mut sealed = plain.to_vec();
        self.key
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut sealed)
            .expect("secrets are far shorter than the cipher's limit");
        [nonce.as_slice(), &sealed].concat()
    }

    pub(crate) fn open(&self, sealed: &[u8]) -> Result<Vec<u8>, Unopenable> {
        let (nonce, bytes) = sealed.split_at_checked(NONCE_LEN).ok_or(Unopenable)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Unopenable)?;
        let mut bytes = bytes.to_vec();
        let plain = self.key.open_in_place(nonce, Aad::empty(), &mut bytes).map_err(|_| Unopenable)?;
        Ok(plain.to_vec())
    }

    pub(crate) fn open_text(&self, sealed: &[u8]) -> Result<String, Unopenable> {
        String::from_utf8(self.open(sealed)?).map_err(|_| Unopenable)
    }
}

/// Reads the master key of a data dir, and makes it first where there is none: base64 in a file with mode 0600.
pub(crate) fn key_file(data_dir: &Path, ids: &Ids) -> io::Result<[u8; 32]> {
    let path = data_dir.join("master.key");
    let make = || {
        use std::io::Write as _;
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&path)?;
        file.write_all(STANDARD.encode(ids.bytes::<32>()).as_bytes())?;
        file.sync_all()
    };
    match make() {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let text = fs::read_to_string(&path)?;
    let bytes = STANDARD.decode(text.trim()).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or_else(|| {
        io::Error::new(io::ErrorKind::InvalidData, format!("{} is not base64 of 32 bytes", path.display()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_with_the_same_key_alone() {
        let (ours, other) = (Sealer::new(&[1; 32], Ids::new()), Sealer::new(&[2; 32], Ids::new()));
        let sealed = ours.seal(b"a secret");
        assert_eq!(ours.open(&sealed), Ok(b"a secret".to_vec()));
        assert_ne!(sealed, ours.seal(b"a secret"), "a fresh nonce each");
        assert_eq!(other.open(&sealed), Err(Unopenable));
        assert_eq!(ours.open(&sealed[..5]), Err(Unopenable));
    }
}
