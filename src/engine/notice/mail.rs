//! Mail: the operator's server, and one letter through it.

use std::time::Duration;

use hookyard_model::Secret;
use lettre::{
    AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor,
    message::{Mailbox, MultiPart, header},
    transport::smtp::{
        authentication::Credentials,
        client::{Tls, TlsParameters},
        extension::ClientId,
    },
};

use super::letter::Letter;

/// How long the server may take for each step of the conversation.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a letter may take as a whole.
const LONGEST: Duration = Duration::from_secs(45);

/// Where mail is handed in, and whom it comes from.
#[derive(Clone, Debug)]
pub struct Mail {
    host: String,
    port: u16,
    /// TLS from the first byte on.
    tls: bool,
    login: Option<(String, Secret)>,
    from: Mailbox,
}

/// What is wrong with the settings of mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadMail {
    Url,
    From,
}

impl Mail {
    /// From `smtp://host:port` or `smtps://user:password@host:port`, user and password percent-encoded.
    ///
    /// # Errors
    ///
    /// [`BadMail`], which says which of the two is not what it should be.
    pub fn new(url: &str, from: &str) -> Result<Self, BadMail> {
        let from = from.parse().map_err(|_| BadMail::From)?;
        let url = url::Url::parse(url).map_err(|_| BadMail::Url)?;
        let tls = match url.scheme() {
            "smtp" => false,
            "smtps" => true,
            _ => return Err(BadMail::Url),
        };
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(BadMail::Url)?;
        let login = match (url.username(), url.password()) {
            ("", None) => None,
            (user, password) => {
                let (user, password) = (decoded(user), decoded(password.unwrap_or_default()));
                Some((user.ok_or(BadMail::Url)?, Secret::new(password.ok_or(BadMail::Url)?)))
            }
        };
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err(BadMail::Url);
        }
        let host = host.trim_matches(['[', ']']).to_owned();
        Ok(Self { host, port: url.port().ok_or(BadMail::Url)?, tls, login, from })
    }

    /// Whom letters come from.
    pub(crate) fn sender(&self) -> String {
        self.from.to_string()
    }

    /// Hands a letter in for one person.
    pub(super) async fn send(&self, to: &str, letter: &Letter) -> Result<(), Refused> {
        let to: Mailbox = to.parse().map_err(|_| Refused::forever("its address cannot be mailed to"))?;
        let message = self.message(to, letter).map_err(|error| Refused::forever(error.to_string()))?;
        let transport = self.transport().map_err(|error| Refused::for_now(&error))?;
        match tokio::time::timeout(LONGEST, transport.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(Refused::for_now(&error)),
            Err(_) => Err(Refused { why: "the mail server took too long".to_owned(), scope: Scope::Server }),
        }
    }

    fn message(&self, to: Mailbox, letter: &Letter) -> Result<Message, lettre::error::Error> {
        Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(letter.subject.clone())
            .message_id(Some(format!("<{}@{}>", letter.id, self.from.email.domain())))
            // Says to out-of-office replies that nobody reads them.
            .raw_header(header::HeaderValue::new(
                header::HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ))
            .multipart(MultiPart::alternative_plain_html(letter.plain.clone(), letter.html.clone()))
    }

    fn transport(&self) -> Result<AsyncSmtpTransport<Tokio1Executor>, lettre::transport::smtp::Error> {
        let verified = TlsParameters::new_rustls(self.host.clone())?;
        // Without a password plain text would do as well, so TLS that proves nothing is better than none. A password
        // goes to nobody but the server that it is for, unless that is this machine.
        let is_near = matches!(self.host.as_str(), "localhost" | "127.0.0.1" | "::1");
        let tls = match (self.tls, &self.login) {
            (true, _) => Tls::Wrapper(verified),
            (false, Some(_)) if !is_near => Tls::Required(verified),
            (false, _) => Tls::Opportunistic(
                TlsParameters::builder(self.host.clone()).dangerous_accept_invalid_certs(true).build_rustls()?,
            ),
        };
        let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(self.host.clone())
            .port(self.port)
            .tls(tls)
            .hello_name(ClientId::Domain(self.from.email.domain().to_owned()))
            .timeout(Some(PATIENCE));
        if let Some((user, password)) = &self.login {
            transport = transport.credentials(Credentials::new(user.clone(), password.reveal().to_owned()));
        }
        Ok(transport.build())
    }
}

/// Why a letter was not taken.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) why: String,
    pub(super) scope: Scope,
}

/// What a refusal is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// This letter to this mailbox, whenever it is tried.
    Forever,
    /// This letter to this mailbox, for now.
    Mailbox,
    /// The server, which takes no other letter just now either.
    Server,
}

/// What an answer of the server is about; none: there was none.
fn scope_of(status: Option<u16>) -> Scope {
    match status {
        // Nobody answers, the service closes, or our login is not taken.
        None | Some(421 | 454 | 530 | 534 | 535 | 538) => Scope::Server,
        // There is no such mailbox, or it takes nothing.
        Some(550..=553) => Scope::Forever,
        Some(_) => Scope::Mailbox,
    }
}

impl Refused {
    fn forever(why: impl Into<String>) -> Self {
        Self { why: why.into(), scope: Scope::Forever }
    }

    fn for_now(error: &lettre::transport::smtp::Error) -> Self {
        use std::error::Error as _;
        let status = error.status().and_then(|code| code.to_string().parse().ok());
        // What the client itself cannot say to the server is about the address.
        let scope = if error.is_client() { Scope::Mailbox } else { scope_of(status) };
        let mut why = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            let said = error.to_string();
            if !why.contains(&said) {
                why = format!("{why}: {said}");
            }
            cause = error.source();
        }
        let why = why.chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect();
        Self { why, scope }
    }
}

/// A percent-encoded text; `None` when it is not one.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, more)) = rest.split_first() {
        rest = more;
        if *first == b'%' {
            let (pair, more) = more.split_at_checked(2)?;
            bytes.extend(hex::decode(pair).ok()?);
            rest = more;
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).ok().filter(|text| !text.contains(char::is_control))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_named_by_its_url() {
        let mail = Mail::new("smtps://ada%40example.com:p%3Aw%25@[::1]:465", "Hooks <hooks@example.com>").unwrap();
        assert_eq!((mail.host.as_str(), mail.port, mail.tls), ("::1", 465, true));
        let (user, password) = mail.login.clone().unwrap();
        assert_eq!((user.as_str(), password.reveal()), ("ada@example.com", "p:w%"));
        assert!(!format!("{mail:?}").contains("p:w"), "{mail:?}");
        let plain = Mail::new("smtp://mail.example.com:25", "hooks@example.com").unwrap();
        assert!(!plain.tls && plain.login.is_none());
    }

    #[test]
    fn an_answer_is_about_a_mailbox_or_the_server() {
        for (status, scope) in [
            (None, Scope::Server),
            (Some(421), Scope::Server),
            (Some(535), Scope::Server),
            (Some(450), Scope::Mailbox),
            (Some(554), Scope::Mailbox),
            (Some(550), Scope::Forever),
        ] {
            assert_eq!(scope_of(status), scope, "{status:?}");
        }
    }

    #[test]
    fn what_is_no_server_is_refused() {
        for (url, from, bad) in [
            ("smtp://mail.example.com", "a@b.example", BadMail::Url),
            ("http://mail.example.com:25", "a@b.example", BadMail::Url),
            ("smtp://:25", "a@b.example", BadMail::Url),
            ("smtp://u:%0d%0a@mail:25", "a@b.example", BadMail::Url),
            ("smtp://u:%zz@mail:25", "a@b.example", BadMail::Url),
            ("smtp://mail:25/path", "a@b.example", BadMail::Url),
            ("smtp://mail:25", "nobody", BadMail::From),
        ] {
            assert_eq!(Mail::new(url, from).err(), Some(bad), "{url} {from}");
        }
    }
}
