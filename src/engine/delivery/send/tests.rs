use std::{
    fmt::Display,
    io::Write as _,
    net::SocketAddr,
    sync::atomic::{AtomicUsize, Ordering},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    task::JoinSet,
};

use super::*;

/// What a server does after its answer.
#[derive(Clone, Copy, PartialEq)]
enum Then {
    Listen,
    Close,
    Drip,
}

/// A server that gives every request the same answer.
async fn server(answer: impl Into<Vec<u8>>, then: Then) -> SocketAddr {
    let answer: Arc<[u8]> = answer.into().into();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(converse(stream, Arc::clone(&answer), then));
        }
    });
    address
}

async fn converse(mut stream: TcpStream, answer: Arc<[u8]>, then: Then) -> io::Result<()> {
    let mut request = Vec::new();
    while stream.read_buf(&mut request).await? > 0 {
        if !request.ends_with(b"ping") {
            continue;
        }
        request.clear();
        stream.write_all(&answer).await?;
        match then {
            Then::Listen => {}
            Then::Close => return Ok(()),
            Then::Drip => loop {
                tokio::time::sleep(Duration::from_millis(20)).await;
                stream.write_all(b".").await?;
            },
        }
    }
    Ok(())
}

/// How long a test waits for what does not come: long enough for all before that to come.
const LIMIT: Duration = Duration::from_secs(5);

fn loopback() -> Vec<Cidr> {
    vec!["127.0.0.0/8".parse().unwrap()]
}

async fn post(sender: &Sender, url: impl Display) -> Exchange {
    post_within(Duration::from_secs(20), sender, url).await
}

async fn post_within(limit: Duration, sender: &Sender, url: impl Display) -> Exchange {
    let (headers, body) = (HeaderMap::new(), Bytes::from_static(b"ping"));
    let url = uri(&url.to_string()).unwrap();
    sender.send(Outgoing { method: Method::POST, url, headers, body }, limit).await
}

/// The failure's code and whether its sentence has `part` in it; the sentence itself when not.
fn failed(exchange: &Exchange, part: &str) -> Result<ErrorCode, String> {
    match &exchange.failure {
        Some((code, sentence)) if sentence.contains(part) => Ok(*code),
        other => Err(format!("{other:?}")),
    }
}

#[tokio::test]
async fn an_answer_is_told_and_its_connection_is_kept() {
    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nX-Latin: caf\u{e9}\r\nRetry-After: 7\r\n\r\npong";
    let answer: Vec<u8> = answer.chars().map(|c| c as u8).collect();
    let address = server(answer, Then::Listen).await;
    let sender = Sender::new(loopback());
    let first = post(&sender, format_args!("http://{address}/")).await;
    assert_eq!((&first.failure, first.status, first.body.as_deref()), (&None, Some(200), Some(&b"pong"[..])));
    let headers = first.headers.unwrap();
    assert!(headers.contains(&("x-latin".to_owned(), "caf\u{e9}".to_owned())), "{headers:?}");
    assert_eq!((first.retry_after.as_deref(), first.truncated), (Some("7"), false));
    let times = first.timings;
    assert!(times.connect_ms.is_some() && times.first_byte_ms.is_some() && times.body_ms.is_some(), "{times:?}");
    assert!(times.dns_ms.is_none() && times.tls_ms.is_none() && times.total_ms > 0.0, "{times:?}");
    // The connection comes back a moment after the answer's end.
    loop {
        let again = post(&sender, format_args!("http://{address}/")).await;
        assert_eq!(again.failure, None);
        if again.timings.connect_ms.is_none() {
            break assert!(again.timings.first_byte_ms.is_some());
        }
    }
}

#[tokio::test]
async fn what_goes_wrong_has_a_code_and_a_sentence() {
    let endless = format!("HTTP/1.1 200 OK\r\n{}", "x-flood: 0123456789\r\n".repeat(5000)).leak();
    let mut tries = JoinSet::new();
    for (case, answer, then, code, part) in [
        ("no answer", "", Then::Listen, ErrorCode::Timeout, "no answer within 5000 ms; connected after "),
        ("drip", "HTTP/1.1 200 OK\r\n\r\n...", Then::Drip, ErrorCode::Timeout, "did not end within 5000 ms"),
        ("closed", "", Then::Close, ErrorCode::ConnectionReset, "closed before an answer came"),
        ("closed in the head", "HTTP/1.1 200 OK\r\nx-a", Then::Close, ErrorCode::ConnectionReset, "before"),
        (
            "closed in the body",
            "HTTP/1.1 500 Oh\r\ncontent-length: 9\r\n\r\nhalf",
            Then::Close,
            ErrorCode::ConnectionReset,
            "within the answer",
        ),
        ("not HTTP", "SSH-2.0-OpenSSH_9.6\r\n", Then::Listen, ErrorCode::Protocol, "not valid HTTP"),
        ("bad header", "HTTP/1.1 200 OK\r\nb@d h: 1\r\n\r\n", Then::Listen, ErrorCode::Protocol, "not valid HTTP"),
        (
            "bad chunk",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
            Then::Listen,
            ErrorCode::Protocol,
            "not valid HTTP",
        ),
        ("header flood", endless, Then::Listen, ErrorCode::Protocol, "too large"),
    ] {
        tries.spawn(async move {
            let address = server(answer, then).await;
            let limit = if code == ErrorCode::Timeout { LIMIT } else { Duration::from_secs(20) };
            let exchange = post_within(limit, &Sender::new(loopback()), format!("http://{address}/")).await;
            assert_eq!(failed(&exchange, part), Ok(code), "{case}");
            assert!(exchange.timings.connect_ms.is_some(), "{case}");
            match case {
                "drip" => assert!(exchange.status == Some(200) && exchange.body.unwrap().starts_with(b"...")),
                "closed in the body" => assert!(exchange.status == Some(500) && exchange.body.unwrap() == b"half"),
                _ => {}
            }
        });
    }
    tries.join_all().await;
}

#[tokio::test]
async fn connections_that_do_not_come_about() {
    let sender = Sender::new(loopback());
    // It is bound and does not listen, so nobody else can.
    let closed = TcpSocket::new_v4().unwrap();
    closed.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let refused = post(&sender, format_args!("http://{}/", closed.local_addr().unwrap())).await;
    assert_eq!(failed(&refused, "refused the connection"), Ok(ErrorCode::ConnectionRefused));
    assert!(refused.timings.connect_ms.is_some() && refused.status.is_none());
    // It speaks before it is asked, so it is not HTTP.
    let banner = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = banner.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = banner.accept().await {
            stream.write_all(b"220 mail.example ESMTP\r\n").await.unwrap();
            let _ = stream.read_to_end(&mut Vec::new()).await;
        }
    });
    let banner = post(&sender, format_args!("http://{address}/")).await;
    assert_eq!(failed(&banner, "not HTTP"), Ok(ErrorCode::Protocol));
    let banner = post(&sender, format_args!("https://{address}/")).await;
    assert_eq!(failed(&banner, "what answers is not TLS"), Ok(ErrorCode::Tls));
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", silent.local_addr().unwrap());
    let silent = post_within(LIMIT, &sender, url).await;
    assert_eq!(failed(&silent, "the TLS handshake did not end"), Ok(ErrorCode::ConnectTimeout));
    // All of the time goes into the connection and the handshake, but for what little is between the two.
    let took = silent.timings.connect_ms.zip(silent.timings.tls_ms).map(|(connect, tls)| connect + tls);
    assert!(took.is_some_and(|took| took > 0.75 * 1000.0 * LIMIT.as_secs_f64()), "{:?}", silent.timings);
}

#[tokio::test]
async fn a_redirect_is_an_answer_like_any_other() {
    let goal = server("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", Then::Listen).await;
    let answer = format!("HTTP/1.1 301 Moved\r\nlocation: http://{goal}/\r\ncontent-length: 0\r\n\r\n");
    let address = server(answer, Then::Listen).await;
    let exchange = post(&Sender::new(loopback()), format_args!("http://{address}/")).await;
    assert_eq!((exchange.failure, exchange.status), (None, Some(301)));
}

#[tokio::test]
async fn of_a_long_answer_the_beginning_is_kept() {
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    bomb.write_all(&vec![b'0'; 10_000_000]).unwrap();
    let bomb = bomb.finish().unwrap();
    for (case, encoding, length, body) in [
        ("short enough to be read", "identity", 200_000, vec![b'0'; 200_000]),
        ("too long to be read", "identity", 10_000_000, vec![b'0'; 100_000]),
        ("a bomb", "gzip", bomb.len(), bomb),
    ] {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-encoding: {encoding}\r\ncontent-length: {length}\r\n\r\n");
        let address = server([head.into_bytes(), body].concat(), Then::Listen).await;
        let exchange = post(&Sender::new(loopback()), format_args!("http://{address}/")).await;
        assert_eq!((&exchange.failure, exchange.truncated), (&None, true), "{case}");
        assert!(exchange.body.is_some_and(|body| body.len() == 65536 && body.iter().all(|b| *b == b'0')), "{case}");
    }
}

#[tokio::test]
async fn a_name_is_resolved_once_a_connection_and_only_what_may_be_is_dialled() {
    let address = server("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nhello", Then::Close).await;
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let script = move |_: &str| {
        let good = count.fetch_add(1, Ordering::Relaxed) == 0;
        let answer: &[&str] = if good { &["127.0.0.2", "10.0.0.1", "127.0.0.1"] } else { &["127.0.0.2"] };
        answer.iter().map(|ip| ip.parse().unwrap()).collect()
    };
    let guard = Guard { allow: vec!["127.0.0.1".parse().unwrap()] };
    let sender = Sender::over(Connector::new(guard, Resolver::Scripted(Box::new(script))));
    let url = format!("http://changing.example:{}/", address.port());
    let exchange = post(&sender, &url).await;
    assert_eq!((&exchange.failure, exchange.body.as_deref()), (&None, Some(&b"hello"[..])));
    assert!(exchange.timings.dns_ms.is_some() && asked.load(Ordering::Relaxed) == 1);
    let exchange = post(&sender, &url).await;
    assert_eq!(failed(&exchange, "`changing.example` leads to 127.0.0.2"), Ok(ErrorCode::EgressDenied));
}
