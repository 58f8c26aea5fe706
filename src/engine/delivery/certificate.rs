//! Verifies certificates as everybody does, and tells apart what is refused: a certificate that vouches for itself from
//! one whose authority is not known.

use std::sync::Arc;

use rustls::{
    CertificateError, DigitallySignedStruct, Error, OtherError, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    pki_types::{CertificateDer, ServerName, UnixTime},
};

/// The usual verifier, which decides alone; only the reason that it refuses for is told more exactly.
#[derive(Debug)]
pub(super) struct Telling(pub(super) Arc<WebPkiServerVerifier>);

/// The certificate's issuer is its own subject, and nobody trusts it.
#[derive(Debug, thiserror::Error)]
#[error("the certificate is self-signed")]
pub(super) struct SelfSigned;

impl ServerCertVerifier for Telling {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.0.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now).map_err(|error| {
            match error {
                // The second is said of certificates that are made to sign others, as many self-signed ones are.
                Error::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::Other(_))
                    if is_self_signed(end_entity) =>
                {
                    Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(SelfSigned))))
                }
                other => other,
            }
        })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

fn is_self_signed(certificate: &[u8]) -> bool {
    issuer_and_subject(certificate).is_some_and(|(issuer, subject)| issuer == subject)
}

/// The two names in a certificate (RFC 5280, 4.1), each as it is encoded.
fn issuer_and_subject(certificate: &[u8]) -> Option<(&[u8], &[u8])> {
    const SEQUENCE: u8 = 0x30;
    const VERSION: u8 = 0xa0;
    let (signed, _) = element(certificate, Some(SEQUENCE))?;
    let (mut rest, _) = element(signed, Some(SEQUENCE))?;
    if rest.first() == Some(&VERSION) {
        rest = element(rest, None)?.1;
    }
    let after_serial = element(rest, None)?.1;
    let after_algorithm = element(after_serial, Some(SEQUENCE))?.1;
    let (issuer, after_issuer) = element(after_algorithm, Some(SEQUENCE))?;
    let after_validity = element(after_issuer, Some(SEQUENCE))?.1;
    let (subject, _) = element(after_validity, Some(SEQUENCE))?;
    Some((issuer, subject))
}

/// What the first element of `der` holds, and what follows it.
fn element(der: &[u8], tag: Option<u8>) -> Option<(&[u8], &[u8])> {
    let (&[found, short], rest) = der.split_first_chunk()?;
    if tag.is_some_and(|tag| tag != found) {
        return None;
    }
    let (length, rest) = match usize::from(short) {
        length @ 0..0x80 => (length, rest),
        long => {
            let (bytes, rest) = rest.split_at_checked(long - 0x80).filter(|(bytes, _)| bytes.len() <= 4)?;
            (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
        }
    };
    rest.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sequence(parts: &[&[u8]]) -> Vec<u8> {
        let inside = parts.concat();
        let length = u16::try_from(inside.len()).unwrap().to_be_bytes();
        [&[0x30, 0x82][..], &length, &inside].concat()
    }

    #[test]
    fn a_certificate_that_names_itself_as_issuer_is_self_signed() {
        let version = [0xa0, 3, 2, 1, 2];
        let serial = [2, 1, 7];
        let (one, other) = (sequence(&[&[0x0c, 1, b'a']]), sequence(&[&[0x0c, 1, b'b']]));
        let empty = sequence(&[]);
        let certificate = |version: &[u8], issuer: &[u8], subject: &[u8]| {
            sequence(&[&sequence(&[version, &serial, &empty, issuer, &empty, subject, &empty]), &empty])
        };
        for (case, der, expected) in [
            ("its own", certificate(&version, &one, &one), true),
            ("without a version", certificate(&[], &one, &one), true),
            ("another's", certificate(&version, &one, &other), false),
            ("cut off", certificate(&version, &one, &one)[..20].to_vec(), false),
            ("nothing", Vec::new(), false),
            ("a length that lies", vec![0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 0], false),
        ] {
            assert_eq!(is_self_signed(&der), expected, "{case}");
        }
    }
}
