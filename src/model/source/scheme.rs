//! How providers sign, as data: what a signature is over, how it is written, and with what key it is made.

use std::fmt;

/// How a provider proves that a request comes from it.
#[derive(Debug, Clone, Copy)]
pub enum Scheme {
    /// One or several signatures over a text made of parts of the request.
    Signed(Signed),
    /// A text that only the provider and the team know, sent as it is.
    Token { place: Place, field: &'static str },
    /// `Authorization: Basic` with the fields `username` and `password`.
    Basic,
    /// Twilio's: over the URL and the sorted form parameters, or over the URL that has the body's hash.
    Twilio,
    /// Microsoft Graph's: a token that stands as `clientState` in every item of the JSON body's `value`.
    ClientState { field: &'static str },
    /// Amazon SNS's: an RSA signature over the fields of the message, of one topic.
    Sns,
}

/// A signature over parts of the request.
#[derive(Debug, Clone, Copy)]
pub struct Signed {
    pub algorithm: Algorithm,
    pub encoding: Encoding,
    /// Where the signature stands.
    pub place: Place,
    /// What stands before it there, such as `sha256=`.
    pub prefix: &'static str,
    /// What separates several signatures there, of which one must be right.
    pub separator: Option<char>,
    /// What the signature is over, in order.
    pub content: &'static [Part],
    /// The instant that the signature says it was made at.
    pub stamp: Option<Stamp>,
    pub key: Key,
}

/// Where in a request a value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Header(&'static str),
    /// The first that is there of a header's two names.
    EitherHeader(&'static str, &'static str),
    /// Any of a header's numbered names, such as `x-signature-1`.
    NumberedHeader(&'static str),
    /// A pair `key=value` of a header's list; several pairs of a key are several values.
    Pair {
        header: &'static str,
        separator: char,
        key: &'static str,
    },
    /// A text or a number in the JSON body, by its pointer.
    Json(&'static str),
}

/// A part of what is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Text(&'static str),
    /// The body's exact bytes.
    Body,
    /// The body's exact bytes as a JSON text.
    QuotedBody,
    /// The CRC-32 of the body, in decimal.
    BodyCrc32,
    /// The timestamp as it stands in the request.
    Stamp,
    /// What stands somewhere in the request.
    Value(Place),
    Method,
    /// The source's URL as the provider calls it, with what follows it and the query.
    Url,
    /// A field of the source's settings.
    Field(&'static str),
}

/// How a signature is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    HmacSha1,
    HmacSha256,
    HmacSha512,
    /// A plain hash over a text that ends in the secret.
    Sha1,
    Ed25519,
    /// ECDSA over P-256 with SHA-256, the signature as ASN.1.
    EcdsaP256,
    /// RSA PKCS #1 v1.5 with SHA-256.
    RsaSha256,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Hex,
    Base64,
    /// Base64 with `-` and `_`, padded or not.
    Base64Url,
}

/// The instant that a signature was made at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    pub place: Place,
    pub unit: Unit,
    /// How many seconds it may lie in the past or in the future; none: any.
    pub tolerance: Option<u32>,
}

/// How an instant is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Seconds,
    Milliseconds,
    Rfc3339,
    /// A date as HTTP writes it, such as `Thu, 04 Jan 2024 18:05:25 GMT`.
    HttpDate,
}

/// Which field is the key, and how it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// The field's text is the key.
    Text(&'static str),
    Hex(&'static str),
    /// Base64 after `whsec_`, or without it.
    Whsec(&'static str),
    PublicKey(&'static str),
}

impl Key {
    pub const fn field(self) -> &'static str {
        match self {
            Self::Text(field) | Self::Hex(field) | Self::Whsec(field) | Self::PublicKey(field) => field,
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::HmacSha1 => "HMAC-SHA1",
            Self::HmacSha256 => "HMAC-SHA256",
            Self::HmacSha512 => "HMAC-SHA512",
            Self::Sha1 => "SHA-1 hash with the secret",
            Self::Ed25519 => "Ed25519 signature",
            Self::EcdsaP256 => "ECDSA P-256 signature",
            Self::RsaSha256 => "RSA signature",
        })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(name) | Self::EitherHeader(name, _) => write!(out, "the header {name}"),
            Self::NumberedHeader(name) => write!(out, "the headers {name}-1 and on"),
            Self::Pair { header, key, .. } => write!(out, "{key} of the header {header}"),
            Self::Json(pointer) => write!(out, "{pointer} in the body"),
        }
    }
}

impl Scheme {
    /// The scheme in words, such as for a form.
    pub fn words(&self) -> String {
        match self {
            Self::Signed(signed) => signed.words(),
            Self::Token { place, .. } => format!("A shared token in {place}"),
            Self::Basic => "A user name and a password (HTTP Basic)".to_owned(),
            Self::Twilio => {
                "HMAC-SHA1 over the URL and the form's parameters, in the header x-twilio-signature".to_owned()
            }
            Self::ClientState { .. } => "A shared token as clientState in every notification of the body".to_owned(),
            Self::Sns => "RSA signature over the message's fields, in the body".to_owned(),
        }
    }
}

impl Signed {
    fn words(&self) -> String {
        let over = |part: Part| self.content.contains(&part);
        let mut things = Vec::new();
        if over(Part::Url) {
            things.push("the URL");
        }
        if self.stamp.is_some() && over(Part::Stamp) {
            things.push("the timestamp");
        }
        if over(Part::Body) || over(Part::QuotedBody) || over(Part::BodyCrc32) {
            things.push("the body");
        }
        let things = match things.as_slice() {
            [] => "a token".to_owned(),
            [one] => (*one).to_owned(),
            [many @ .., last] => format!("{} and {last}", many.join(", ")),
        };
        let encoding = match self.encoding {
            Encoding::Hex => "hex",
            Encoding::Base64 | Encoding::Base64Url => "base64",
        };
        let tolerance = self.stamp.and_then(|stamp| stamp.tolerance);
        let age = match tolerance {
            None => String::new(),
            Some(seconds) if seconds % 86_400 == 0 => format!("; at most {} days old", seconds / 86_400),
            Some(seconds) => format!("; at most {seconds} s old"),
        };
        format!("{} over {things}, {encoding}, in {}{age}", self.algorithm, self.place)
    }
}
