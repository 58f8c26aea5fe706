//! The wire, in clear or in TLS: whom we trust, and what went wrong in words.

use std::{
    error::Error,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use hyper_util::{
    client::legacy::connect::{Connected, Connection},
    rt::TokioIo,
};
use rustls::{
    CertificateError, ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::connect::Progress;

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
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring has what TLS 1.2 and 1.3 need")
        .with_root_certificates(roots)
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
    let words = match error {
        rustls::Error::InvalidCertificate(error) => match error {
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                "the certificate is for another name"
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => "the certificate has expired",
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                "the certificate is not valid yet"
            }
            CertificateError::UnknownIssuer => "the certificate is from an authority that is not trusted here",
            CertificateError::Revoked => "the certificate was revoked",
            other => return format!("the certificate is not accepted: {other}"),
        },
        rustls::Error::InvalidMessage(_) => "what answers is not TLS",
        rustls::Error::AlertReceived(alert) => return format!("the other side refused: {alert:?}"),
        other => return other.to_string(),
    };
    words.to_owned()
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
