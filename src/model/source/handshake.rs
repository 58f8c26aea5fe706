//! What providers ask of a new URL before they send to it.

/// What a provider asks of a new URL. A request that is one is answered by itself, stored, and makes no event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handshake {
    /// `GET` with a query parameter, whose value is the answer; `token` is a parameter that must be the field of this name,
    /// and else it is refused.
    EchoQuery { parameter: &'static str, token: Option<(&'static str, &'static str)> },
    /// `POST` without a body, with a query parameter whose value is the answer.
    EchoQueryOfPost { parameter: &'static str },
    /// `POST` of a signed JSON body with the word of a type, whose challenge is the answer as text.
    EchoBody { pointer: &'static str, word: &'static str, challenge: &'static str },
    /// Zoom's: answered with the token and its HMAC.
    Zoom,
    /// X's: `GET` with `crc_token`, answered with its HMAC.
    CrcToken,
    /// `GET` with a header whose value is the answer, in JSON.
    EchoHeader { header: &'static str, key: &'static str },
    /// A secret in a header that is sent back in the same header, as long as the source has none.
    SecretHeader { header: &'static str, field: &'static str },
    /// A secret in an unsigned JSON body, as long as the source has none.
    SecretBody { pointer: &'static str, field: &'static str },
    /// A request of this method, which is answered 200 without a body.
    Reachable { method: &'static str },
    /// `POST` of an unsigned form with this one number, answered 200.
    FormPing { parameter: &'static str },
    /// A signed body with this number at `/type`, answered with a status and perhaps a JSON body.
    Ping { kind: i64, status: u16, body: &'static str },
    /// A signed message that has a URL to be opened by a person.
    SnsSubscription,
    /// A signed body with an empty list of events, answered without a body.
    EmptyEvents,
}

impl Handshake {
    /// What happens, in words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::EchoQuery { token: Some(_), .. } => {
                "The provider's check of the URL is answered when its verify token is the one set here"
            }
            Self::EchoQuery { .. } | Self::EchoQueryOfPost { .. } | Self::EchoBody { .. } | Self::EchoHeader { .. } => {
                "The provider's challenge to the URL is answered"
            }
            Self::Zoom | Self::CrcToken => {
                "The provider's challenge is answered with its signature, now and when it asks again"
            }
            Self::SecretHeader { .. } => {
                "The provider chooses the secret: while none is set here, its first request is confirmed and shows the secret \
                 among its headers, from where you put it here"
            }
            Self::SecretBody { .. } => {
                "The provider chooses the secret: while none is set here, its first request is taken in and shows the secret in \
                 its body, from where you put it here"
            }
            Self::Reachable { .. } | Self::FormPing { .. } => {
                "The provider's check that the URL can be reached is answered 200"
            }
            Self::Ping { .. } => "The provider's signed ping is answered",
            Self::SnsSubscription => {
                "The confirmation request is kept: open the SubscribeURL in its body once to confirm the subscription"
            }
            Self::EmptyEvents => "The provider's signed test requests are answered as it asks",
        }
    }
}
