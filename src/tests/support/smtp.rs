//! A mail server on a real port that keeps the letters it gets.

use std::{collections::HashMap, net::SocketAddr, sync::Arc};

use parking_lot::Mutex;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpSocket, TcpStream},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

/// A letter as it was handed in.
#[derive(Debug, Clone)]
pub(crate) struct Mailed {
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
    /// Headers and body as they came, with encoded lines put together again.
    pub(crate) text: String,
}

impl Mailed {
    /// The header of this name, unfolded; empty when there is none.
    pub(crate) fn header(&self, name: &str) -> String {
        let head = self.text.split("\r\n\r\n").next().unwrap_or_default().replace("\r\n ", " ");
        let found = head.lines().find_map(|line| {
            let (known, value) = line.split_once(':')?;
            known.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        });
        found.unwrap_or_default()
    }

    /// Its subject; only those of plain letters are read.
    pub(crate) fn subject(&self) -> String {
        self.header("subject")
    }
}

/// A mail server, gone when it is dropped.
pub(crate) struct MailServer {
    pub(crate) address: SocketAddr,
    state: Arc<State>,
    end: CancellationToken,
    listening: JoinHandle<Option<()>>,
}

#[derive(Default)]
struct State {
    letters: Mutex<Vec<Mailed>>,
    /// Whom it takes no letters for, and what it says instead.
    refused: Mutex<HashMap<String, &'static str>>,
    connections: Mutex<usize>,
}

impl MailServer {
    pub(crate) fn start() -> Self {
        Self::start_at(Self::nobody())
    }

    /// One where nobody listened.
    pub(crate) fn start_at(place: TcpSocket) -> Self {
        let listener = place.listen(1024).unwrap();
        let (address, state, end) = (listener.local_addr().unwrap(), Arc::<State>::default(), CancellationToken::new());
        let kept = Arc::clone(&state);
        let listening = tokio::spawn(end.clone().run_until_cancelled_owned(async move {
            while let Ok((stream, _)) = listener.accept().await {
                *kept.connections.lock() += 1;
                tokio::spawn(talk(stream, Arc::clone(&kept)));
            }
        }));
        Self { address, state, end, listening }
    }

    /// Nobody listens there from now on.
    pub(crate) async fn stop(mut self) {
        self.end.cancel();
        (&mut self.listening).await.unwrap();
    }

    /// A place where nobody listens, nor can anybody else as long as it is there: whoever connects is refused.
    pub(crate) fn nobody() -> TcpSocket {
        let place = TcpSocket::new_v4().unwrap();
        place.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        place
    }

    pub(crate) fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    pub(crate) fn letters(&self) -> Vec<Mailed> {
        self.state.letters.lock().clone()
    }

    pub(crate) fn count(&self) -> usize {
        self.state.letters.lock().len()
    }

    /// Refuses letters to this address.
    pub(crate) fn refuse(&self, address: &str) {
        self.refuse_with(address, "550 no such mailbox");
    }

    /// Says this to letters to this address.
    pub(crate) fn refuse_with(&self, address: &str, answer: &'static str) {
        self.state.refused.lock().insert(address.to_owned(), answer);
    }

    /// Takes letters to this address from now on.
    pub(crate) fn take(&self, address: &str) {
        self.state.refused.lock().remove(address);
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.end.cancel();
    }
}

/// As much of RFC 5321 as a client needs.
async fn talk(stream: TcpStream, state: Arc<State>) {
    let mut stream = BufReader::new(stream);
    let (mut from, mut to) = (String::new(), Vec::new());
    if stream.write_all(b"220 mail.test ESMTP\r\n").await.is_err() {
        return;
    }
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
            return;
        }
        let upper = line.to_ascii_uppercase();
        let address = || {
            let (_, rest) = line.split_once('<').unwrap_or_default();
            rest.split('>').next().unwrap_or_default().to_owned()
        };
        let answer = match upper.get(..4) {
            Some("EHLO") => "250-mail.test\r\n250 8BITMIME\r\n",
            Some("MAIL") => {
                from = address();
                "250 ok\r\n"
            }
            Some("RCPT") => {
                let refused = state.refused.lock().get(&address()).copied();
                if let Some(answer) = refused {
                    answer
                } else {
                    to.push(address());
                    "250 ok\r\n"
                }
            }
            Some("DATA") => {
                if stream.write_all(b"354 go on\r\n").await.is_err() {
                    return;
                }
                let text = letter(&mut stream).await;
                let mailed = Mailed { from: std::mem::take(&mut from), to: std::mem::take(&mut to), text };
                state.letters.lock().push(mailed);
                "250 kept\r\n"
            }
            Some("QUIT") => {
                let _ = stream.write_all(b"221 bye\r\n").await;
                return;
            }
            _ => "250 ok\r\n",
        };
        let answer = format!("{}\r\n", answer.trim_end());
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// What comes up to a line with a dot alone.
async fn letter(stream: &mut BufReader<TcpStream>) -> String {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n.\r\n") {
        match stream.read_u8().await {
            Ok(byte) => bytes.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8_lossy(&bytes).replace("=\r\n", "").replace("=3D", "=")
}
