//! Keys as providers show them.

use base64::{Engine as _, engine::general_purpose::STANDARD, prelude::BASE64_STANDARD_NO_PAD};

/// What stands before the point of a P-256 public key in DER: everything about it but the key itself.
const P256_HEAD: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
/// `rsaEncryption` as an algorithm identifier.
const RSA: [u8; 13] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];
const SEQUENCE: u8 = 0x30;
const BIT_STRING: u8 = 0x03;
const VERSION: u8 = 0xa0;

/// The bytes that a text of hex digits stands for.
pub fn hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if pairs.is_empty() || !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}

/// The key in a signing secret: base64, padded or not, after `whsec_` or without.
pub fn whsec(text: &str) -> Option<Vec<u8>> {
    let text = text.strip_prefix("whsec_").unwrap_or(text).trim_end_matches('=');
    BASE64_STANDARD_NO_PAD.decode(text).ok().filter(|key| !key.is_empty())
}

/// The uncompressed point of a P-256 public key, given as PEM or as the base64 within it.
pub fn p256_point(text: &str) -> Option<Vec<u8>> {
    let der = match pem(text).as_slice() {
        [] => decode(text)?,
        [("PUBLIC KEY", der)] => der.clone(),
        _ => return None,
    };
    der.strip_prefix(&P256_HEAD).filter(|point| point.len() == 65 && point[0] == 4).map(<[u8]>::to_vec)
}

/// The RSA public keys (PKCS #1) in certificates and public keys as PEM, one or more.
pub fn rsa_keys(text: &str) -> Option<Vec<Vec<u8>>> {
    let blocks = pem(text);
    let key = |(label, der): &(&str, Vec<u8>)| match *label {
        "PUBLIC KEY" => rsa_key(der),
        "CERTIFICATE" => rsa_key(public_key_in(der)?),
        _ => None,
    };
    (!blocks.is_empty()).then(|| blocks.iter().map(key).collect()).flatten()
}

/// The PKCS #1 key in a `SubjectPublicKeyInfo` (RFC 5280, 4.1).
fn rsa_key(info: &[u8]) -> Option<Vec<u8>> {
    let mut info = Der(Der(info).take(SEQUENCE)?);
    if info.take(SEQUENCE)? != RSA {
        return None;
    }
    // A bit string starts with how many bits of its last byte do not count.
    let key = info.take(BIT_STRING)?.strip_prefix(&[0])?;
    Der(key).take(SEQUENCE)?;
    Some(key.to_vec())
}

/// The `SubjectPublicKeyInfo` in a certificate.
fn public_key_in(certificate: &[u8]) -> Option<&[u8]> {
    let signed = Der(certificate).take(SEQUENCE)?;
    let mut fields = Der(Der(signed).take(SEQUENCE)?);
    if fields.0.first() == Some(&VERSION) {
        fields.skip()?;
    }
    // Serial number, algorithm, issuer, validity, subject.
    for _ in 0..5 {
        fields.skip()?;
    }
    fields.skip()
}

/// What is left to read of DER.
struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    /// The content of the next value, which must have this tag.
    fn take(&mut self, tag: u8) -> Option<&'a [u8]> {
        (self.0.first() == Some(&tag)).then(|| self.next()).flatten().map(|(_, content)| content)
    }

    /// The next value with its tag.
    fn skip(&mut self) -> Option<&'a [u8]> {
        self.next().map(|(whole, _)| whole)
    }

    fn next(&mut self) -> Option<(&'a [u8], &'a [u8])> {
        let short = *self.0.get(1)?;
        let (head, length) = match short {
            0..=0x7f => (2, usize::from(short)),
            0x81..=0x84 => {
                let count = usize::from(short & 0x7f);
                let bytes = self.0.get(2..2 + count)?;
                (2 + count, bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)))
            }
            _ => return None,
        };
        let whole = self.0.get(..head.checked_add(length)?)?;
        self.0 = &self.0[whole.len()..];
        Some((whole, &whole[head..]))
    }
}

/// The blocks of a PEM text (RFC 7468) with their labels; none when one is not whole.
fn pem(text: &str) -> Vec<(&str, Vec<u8>)> {
    let mut blocks = Vec::new();
    for part in text.split("-----BEGIN ").skip(1) {
        let Some((label, rest)) = part.split_once("-----") else { return Vec::new() };
        let Some((body, rest)) = rest.split_once("-----END ") else { return Vec::new() };
        let Some(der) = decode(body).filter(|_| rest.starts_with(label)) else { return Vec::new() };
        blocks.push((label, der));
    }
    blocks
}

/// Base64 over several lines.
fn decode(text: &str) -> Option<Vec<u8>> {
    let text: String = text.split_ascii_whitespace().collect();
    STANDARD.decode(text).ok().filter(|bytes| !bytes.is_empty())
}
