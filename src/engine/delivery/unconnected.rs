//! Why there is no connection, in sentences that the diagnosis knows.

use std::{fmt, io, net::SocketAddr};

use hookyard_model::{ErrorCode, phrase};

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
#[error("{sentence}")]
pub(super) struct Unconnected {
    pub(super) code: ErrorCode,
    pub(super) sentence: String,
}

pub(super) fn unconnected(code: ErrorCode, sentence: impl fmt::Display) -> Unconnected {
    Unconnected { code, sentence: sentence.to_string() }
}

/// A connection that was not accepted.
pub(super) fn refused(address: SocketAddr, error: &io::Error) -> Unconnected {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => {
            unconnected(ErrorCode::ConnectionRefused, format_args!("{address} refused the connection"))
        }
        io::ErrorKind::ConnectionReset => {
            unconnected(ErrorCode::ConnectionReset, format_args!("{address} reset the connection at once"))
        }
        io::ErrorKind::TimedOut => {
            unconnected(ErrorCode::ConnectTimeout, format_args!("{address} {} a connection", phrase::NOT_ACCEPTED))
        }
        _ => unconnected(ErrorCode::ConnectionRefused, format_args!("{address} {}: {error}", phrase::UNREACHABLE)),
    }
}

/// The resolver's words are all that tells a name that does not exist from a resolver that does not work.
pub(super) fn unresolved(host: &str, error: &io::Error) -> Unconnected {
    const NO_SUCH: [&str; 5] =
        ["not known", "No address associated", "does not resolve", "nodename nor servname", "No such host"];
    let words = error.to_string();
    if NO_SUCH.iter().any(|known| words.contains(known)) {
        unconnected(ErrorCode::Dns, format_args!("the name `{host}` {}", phrase::NO_SUCH_NAME))
    } else {
        unconnected(ErrorCode::Dns, format_args!("the name `{host}` cannot be looked up: {words}"))
    }
}
