//! The wire, in clear or in TLS: whom we trust, and what went wrong in words.

use std::{
    error::Error,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use hookyard_model::{Timestamp, phrase};
use hyper_util::{
    client::legacy::connect::{Connected, Connection},
    rt::TokioIo,
};
use rustls::{
    CertificateError, ClientConfig, RootCertStore,
    client::WebPkiServerVerifier,
    crypto::ring,
    pki_types::{CertificateDer, UnixTime, pem::PemObject},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::{
    certificate::{SelfSigned, Telling},
    connect::Progress,
};

/// How many names of a certificate are told.
const SOME_NAMES: usize = 5;

/// Offers HTTP/2 and HTTP/1.1, and trusts the authorities that browsers trust, and those of `SSL_CERT_FILE`.
pub(super) fn connector() -> TlsConnector {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(path) = std::env::var_os("SSL_CERT_FILE") {
        match CertificateDer::pem_file_iter(&path).and_then(Iterator::collect::<Result<Vec<_>, _>>) {
            Ok(certificates) => {
                let (added, ignored) = roots.add_parsable_certificates(certificates);
                tracing::info!(added, ignored, "authorities of SSL_CERT_FILE");
            }
            Err(error) => {
                tracing::warn!(?path, %error, "SSL_CERT_FILE cannot be read: its authorities are not trusted");
            }
        }
    }
    let provider = Arc::new(ring::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
        .build()
        .expect("there are authorities, and no lists of revoked certificates that could be wrong");
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring has what TLS 1.2 and 1.3 need")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Telling(verifier)))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    TlsConnector::from(Arc::new(config))
}

/// The TLS error that `error` carries, if any. An I/O error does not show it as its source.
pub(super) fn inside<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    let error = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref).map_or(error, |inner| inner);
    error.downcast_ref()
}

/// What is wrong, as the end of a sentence that names the host.
pub(super) fn words(error: &rustls::Error) -> String {
    use rustls::{AlertDescription as Alert, PeerIncompatible as Peer};
    let words = match error {
        rustls::Error::InvalidCertificate(error) => return certificate_words(error),
        rustls::Error::InvalidMessage(_) => phrase::NOT_TLS,
        rustls::Error::PeerIncompatible(
            Peer::ServerDoesNotSupportTls12Or13
            | Peer::ServerTlsVersionIsDisabledByOurConfig
            | Peer::Tls12NotOffered
            | Peer::Tls12NotOfferedOrEnabled
            | Peer::NoCipherSuitesInCommon,
        )
        | rustls::Error::AlertReceived(Alert::ProtocolVersion | Alert::InsufficientSecurity) => {
            phrase::NO_COMMON_VERSION
        }
        rustls::Error::AlertReceived(Alert::CertificateRequired | Alert::NoCertificate) => phrase::CLIENT_CERTIFICATE,
        rustls::Error::AlertReceived(Alert::UnrecognisedName) => {
            return format!("{}: it does not know this name", phrase::REFUSED_TLS);
        }
        rustls::Error::AlertReceived(alert) => return format!("{}: {alert:?}", phrase::REFUSED_TLS),
        other => return other.to_string(),
    };
    words.to_owned()
}

fn certificate_words(error: &CertificateError) -> String {
    let at = |time: &UnixTime| Timestamp::from_millis(i64::try_from(time.as_secs() * 1000).unwrap_or(i64::MAX));
    match error {
        CertificateError::NotValidForName => phrase::OTHER_NAME.to_owned(),
        CertificateError::NotValidForNameContext { presented, .. } => {
            let names: Vec<_> = presented.iter().take(SOME_NAMES).map(|name| bare_name(name)).collect();
            let more = if presented.len() > SOME_NAMES { " and others" } else { "" };
            match names.as_slice() {
                [] => format!("{}: it names none", phrase::OTHER_NAME),
                names => format!("{}: it is for {}{more}", phrase::OTHER_NAME, names.join(", ")),
            }
        }
        CertificateError::Expired => phrase::EXPIRED.to_owned(),
        CertificateError::ExpiredContext { not_after, .. } => {
            format!("{}: it was valid until {}", phrase::EXPIRED, at(not_after))
        }
        CertificateError::NotValidYet => phrase::NOT_YET_VALID.to_owned(),
        CertificateError::NotValidYetContext { not_before, .. } => {
            format!("{}: it is valid from {} on", phrase::NOT_YET_VALID, at(not_before))
        }
        CertificateError::UnknownIssuer => phrase::UNKNOWN_ISSUER.to_owned(),
        CertificateError::Revoked => phrase::REVOKED.to_owned(),
        CertificateError::Other(error) if error.0.is::<SelfSigned>() => phrase::SELF_SIGNED.to_owned(),
        other => format!("the certificate is not accepted: {other}"),
    }
}

/// A certificate's name out of how the verifier writes it, such as `DnsName("a.example")`.
fn bare_name(written: &str) -> &str {
    let inside = written.split_once('(').map_or(written, |(_, rest)| rest.trim_end_matches(')'));
    inside.trim_matches('"')
}

/// A connection that HTTP runs over.
pub(super) struct Wire {
    stream: Stream,
    /// For whom it was opened, until something is sent.
    opener: Option<Arc<Progress>>,
}

enum Stream {
    Clear(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Wire {
    pub(super) fn clear(stream: TcpStream, opener: &Arc<Progress>) -> TokioIo<Self> {
        TokioIo::new(Self { stream: Stream::Clear(stream), opener: Some(Arc::clone(opener)) })
    }

    pub(super) fn tls(stream: TlsStream<TcpStream>, opener: &Arc<Progress>) -> TokioIo<Self> {
        TokioIo::new(Self { stream: Stream::Tls(Box::new(stream)), opener: Some(Arc::clone(opener)) })
    }
}

impl Connection for Wire {
    fn connected(&self) -> Connected {
        match &self.stream {
            Stream::Tls(stream) if stream.get_ref().1.alpn_protocol() == Some(b"h2") => {
                Connected::new().negotiated_h2()
            }
            Stream::Tls(_) | Stream::Clear(_) => Connected::new(),
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = match &mut self.stream {
            Stream::Clear(stream) => ready!(Pin::new(stream).poll_read(cx, buffer)),
            // Many servers leave without TLS's own farewell. HTTP knows by itself whether its message is complete.
            Stream::Tls(stream) => match ready!(Pin::new(stream).poll_read(cx, buffer)) {
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(()),
                other => other,
            },
        };
        if let Some(opener) = &self.opener
            && buffer.filled().len() > before
        {
            opener.spoken_to_unasked();
        }
        Poll::Ready(read)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.opener = None;
        match &mut self.stream {
            Stream::Clear(stream) => Pin::new(stream).poll_write(cx, bytes),
            Stream::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match &self.stream {
            Stream::Clear(stream) => stream.is_write_vectored(),
            Stream::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.opener = None;
        match &mut self.stream {
            Stream::Clear(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
            Stream::Tls(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Clear(stream) => Pin::new(stream).poll_flush(cx),
            Stream::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Clear(stream) => Pin::new(stream).poll_shutdown(cx),
            Stream::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
