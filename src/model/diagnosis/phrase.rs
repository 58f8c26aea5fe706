//! Parts of the sentences that tell why there is no answer: written by the sender, recognised by the diagnosis.

pub const NO_SUCH_NAME: &str = "does not exist";
pub const NO_ADDRESS: &str = "has no address";
pub const NOT_PUBLIC: &str = "which is not public";
pub const UNREACHABLE: &str = "cannot be reached";
/// Before the answer's head.
pub const BEFORE_ANSWER: &str = "before an answer came";
pub const WITHIN_ANSWER: &str = "within the answer";
pub const WITHIN_HANDSHAKE: &str = "within the handshake";
pub const NOT_RESOLVED: &str = "the name was not resolved";
pub const NOT_ACCEPTED: &str = "did not accept";
pub const NO_HANDSHAKE: &str = "the TLS handshake did not end";
pub const NO_END: &str = "the answer did not end";
pub const NOT_HTTP: &str = "this is not HTTP";
pub const TOO_LARGE: &str = "too large";

pub const OTHER_NAME: &str = "the certificate is for another name";
pub const EXPIRED: &str = "the certificate has expired";
pub const NOT_YET_VALID: &str = "the certificate is not valid yet";
pub const SELF_SIGNED: &str = "the certificate is self-signed";
pub const UNKNOWN_ISSUER: &str = "the certificate is from an authority that is not trusted here";
pub const REVOKED: &str = "the certificate was revoked";
pub const NOT_TLS: &str = "what answers is not TLS";
pub const NO_COMMON_VERSION: &str = "there is no version of TLS that both sides speak";
pub const CLIENT_CERTIFICATE: &str = "the other side wants a client certificate";
pub const REFUSED_TLS: &str = "the other side refused";

/// Who gives out access tokens, at the beginning of what went wrong with that.
pub const TOKEN_ENDPOINT: &str = "the token endpoint";
