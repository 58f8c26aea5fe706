//! Mixed bad input at a source's URL: a clear answer or a stored refusal, and memory stays bounded.

use hyper::Method;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinSet,
};

use crate::support::{Database, Process, Receiver, Setup, Team, TestServer, id, on_both, unique, until};

on_both![
    deep_and_wide_json_is_taken_in_and_answered,
    what_is_not_utf_8_is_kept_and_shown,
    what_is_half_there_or_lies_about_its_length_is_told_so,
    header_floods_are_answered_and_bounded,
    a_method_of_any_length_is_answered,
    many_large_bodies_at_once_stay_within_memory,
    senders_that_stall_take_only_so_much_memory_and_others_go_on,
];

/// Sends bytes as they are; returns all that is answered until the server ends the connection, as what is sent asks it to.
async fn raw(url: &str, bytes: &[u8]) -> String {
    answered(url, bytes, false).await
}

/// Sends bytes as they are and goes away; returns what is answered all the same, if anything.
async fn cut_off(url: &str, bytes: &[u8]) -> String {
    answered(url, bytes, true).await
}

async fn answered(url: &str, bytes: &[u8], goes_away: bool) -> String {
    let mut stream = TcpStream::connect(url.strip_prefix("http://").unwrap()).await.unwrap();
    // A server that refuses may stop reading; what it answered is still there.
    let _ = stream.write_all(bytes).await;
    if goes_away {
        let _ = stream.shutdown().await;
    }
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

/// The status of a raw answer; 0 when the connection ended without one.
fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0)
}

/// The most megabytes that a process took so far.
fn peak(process: &Process) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

/// A source that asks for all of the body: its answer has rules and templates over it, and its connection a filter.
async fn asking(team: &Team, receiver: &Receiver) -> Value {
    let rule = json!({
        "match": { "body": { "kind": { "$eq": "wide" }, "items": { "$contains": 7 } } },
        "content_type": "application/json", "body": "{\"kind\":{{body.kind}},\"first\":{{body.items.0}}}",
    });
    let response = json!({ "content_type": "text/plain", "body": "[{{body.kind}}]", "rules": [rule] });
    let source = json!({ "name": unique(), "config": { "custom_response": response } });
    let source = team.test.post("/v1/sources", source).await.expect(201);
    let destination = team.new_destination(json!({ "url": receiver.url() })).await;
    let filter = json!({ "type": "filter", "body": { "kind": "no such kind", "items": { "$contains": -1 } } });
    let connection = json!({
        "name": unique(), "source_id": id(&source), "destination_id": id(&destination), "rules": [filter],
    });
    team.test.post("/v1/connections", connection).await.expect(201);
    source
}

/// As large as a body may be: one object with a long list.
fn wide() -> Vec<u8> {
    let mut body = br#"{"kind":"wide","items":[0"#.to_vec();
    while body.len() < (10 << 20) - 4 {
        body.extend_from_slice(b",7");
    }
    body.extend_from_slice(b"]}");
    body
}

async fn deep_and_wide_json_is_taken_in_and_answered(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let source = asking(&team, &receiver).await;
    let deep = |open: &str, close: &str, times: usize| format!("{}1{}", open.repeat(times), close.repeat(times));
    let half = (10 << 20) / 2 - 1;
    for (case, body, answer) in [
        ("wide", wide(), r#"{"kind":"wide","first":0}"#.to_owned()),
        ("lists in lists", deep("[", "]", half).into_bytes(), "[]".to_owned()),
        ("objects in objects", deep(r#"{"a":"#, "}", half / 4).into_bytes(), "[]".to_owned()),
        ("never closed", "[".repeat(10 << 20).into_bytes(), "[]".to_owned()),
        ("one long text", format!(r#"{{"kind":"{}"}}"#, "x".repeat(9 << 20)).into_bytes(), "[]".to_owned()),
        (
            "a member a million times",
            format!(r#"{{"kind":"k"{}}}"#, r#","kind":"l""#.repeat(500_000)).into_bytes(),
            String::new(),
        ),
    ] {
        let reply = team.send_to(&source, "", &[("content-type", "application/json")], body.clone()).await;
        assert_eq!(reply.status, 200, "{case}");
        let text = String::from_utf8_lossy(&reply.bytes).into_owned();
        assert!(answer.is_empty() || text == answer, "{case}: {text:.100}");
        let request = reply.header("hookyard-request-id").unwrap().to_owned();
        let stored = team.test.get(&format!("/v1/requests/{request}")).await.expect(200);
        assert_eq!((&stored["status"], &stored["body_size"]), (&json!("accepted"), &json!(body.len())), "{case}");
        assert_eq!(stored["ignored_count"], 1, "{case}: the filter was asked, and said no");
    }
    assert_eq!(receiver.count(), 0);
    server.stop().await;
}

async fn what_is_not_utf_8_is_kept_and_shown(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let source = team.new_source().await;
    let path = format!("/in/{}", id(&source));
    for (case, request, expected) in [
        (
            "bytes in a header",
            [
                b"POST ",
                path.as_bytes(),
                b" HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-odd: caf\xe9 \xff\r\ncontent-length: 0\r\n\r\n",
            ]
            .concat(),
            200,
        ),
        (
            "bytes in the body",
            [
                b"POST ",
                path.as_bytes(),
                b" HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 3\r\n\r\n\xff\xfe\x00",
            ]
            .concat(),
            200,
        ),
        (
            "escapes in the path",
            [
                b"POST ",
                path.as_bytes(),
                b"/%ff%00%2e HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
            ]
            .concat(),
            200,
        ),
        (
            "escapes in the query",
            [
                b"POST ",
                path.as_bytes(),
                b"?a=%ff&%00=%zz HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
            ]
            .concat(),
            200,
        ),
        (
            "a NUL in the path",
            [b"POST ", path.as_bytes(), b"/\0 HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"]
                .concat(),
            400,
        ),
        (
            "a NUL in the query",
            [b"POST ", path.as_bytes(), b"?\0 HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"]
                .concat(),
            400,
        ),
        (
            "a NUL in a header",
            [
                b"POST ",
                path.as_bytes(),
                b" HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-odd: a\0b\r\ncontent-length: 0\r\n\r\n",
            ]
            .concat(),
            400,
        ),
        (
            "a name that is no name",
            [
                b"POST ",
                path.as_bytes(),
                b" HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx odd: 1\r\ncontent-length: 0\r\n\r\n",
            ]
            .concat(),
            400,
        ),
        ("no request at all", b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n".to_vec(), 400),
    ] {
        let before = team.list("/v1/requests").await.len();
        let answer = raw(&server.url, &request).await;
        assert_eq!(status(&answer), expected, "{case}: {answer}");
        assert_eq!(team.list("/v1/requests").await.len() - before, usize::from(expected == 200), "{case}");
    }
    // What was kept can be looked at, and sent to a page that shows it.
    for request in team.list("/v1/requests?include=data").await {
        assert_eq!(request["status"], "accepted", "{request}");
    }
    server.stop().await;
}

async fn what_is_half_there_or_lies_about_its_length_is_told_so(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let source = team.new_source().await;
    let head = format!("POST /in/{} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n", id(&source));
    for (case, rest) in [
        ("fewer bytes than were promised", "content-length: 10\r\n\r\nhello"),
        ("a chunk that stops", "transfer-encoding: chunked\r\n\r\n5\r\nhel"),
        ("no last chunk", "transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n"),
        ("a chunk without a size", "transfer-encoding: chunked\r\n\r\nxyz\r\nhello\r\n0\r\n\r\n"),
        ("a size beyond all numbers", "transfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\nhello"),
        ("two lengths", "content-length: 5\r\ncontent-length: 6\r\n\r\nhello!"),
        ("a length that is no number", "content-length: five\r\n\r\nhello"),
        ("a negative length", "content-length: -5\r\n\r\nhello"),
        ("a length beyond all numbers", "content-length: 99999999999999999999999\r\n\r\nhello"),
    ] {
        let answer = cut_off(&server.url, format!("{head}{rest}").as_bytes()).await;
        // Whoever goes away may not hear it, but nobody hears a 2xx.
        assert!([0, 400, 408, 413].contains(&status(&answer)), "{case}: {answer}");
    }
    // More bytes than promised are the next request, which is none.
    let answer = raw(&server.url, format!("{head}content-length: 5\r\n\r\nhello, world\r\n\r\n").as_bytes()).await;
    assert_eq!(status(&answer), 200, "{answer}");
    assert_eq!(answer.matches("HTTP/1.1 200").count(), 1, "{answer}");
    let stored = team.list("/v1/requests?include=data").await;
    assert_eq!((stored.len(), &stored[0]["data"]["body"]), (1, &json!("hello")));
    // Both at once is how requests are smuggled past what stands in front: one answer, and what was read is what is kept.
    let both = format!("{head}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nhello");
    let answer = raw(&server.url, both.as_bytes()).await;
    assert!(answer.matches("HTTP/1.1 200").count() <= 1, "{answer}");
    // A body that is promised beyond the limit is not waited for without end, and its refusal is kept.
    let promised = format!("{head}content-length: {}\r\n\r\n", (10 << 20) + 1);
    let mut bytes = promised.into_bytes();
    bytes.resize(bytes.len() + (10 << 20) + 1, b'x');
    assert_eq!(status(&raw(&server.url, &bytes).await), 413);
    let refused = team.list("/v1/requests?status=rejected").await;
    assert_eq!((refused.len(), &refused[0]["rejection_cause"]), (1, &json!("PAYLOAD_TOO_LARGE")));
    server.stop().await;
}

async fn header_floods_are_answered_and_bounded(database: Database) {
    let process = Process::serve(&database).await;
    let team = process.new_team(&database).await;
    let source = team.new_source().await;
    let head = format!("POST /in/{} HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n", id(&source));
    let before = peak(&process);
    for (case, flood) in [
        ("many", (0..20_000).map(|n| format!("x-{n}: 1\r\n")).collect::<String>()),
        ("one that is huge", format!("x-huge: {}\r\n", "x".repeat(4 << 20))),
        ("many that are large", (0..500).map(|n| format!("x-{n}: {}\r\n", "y".repeat(8000))).collect()),
        ("a name that is huge", format!("{}: 1\r\n", "n".repeat(4 << 20))),
        ("the same again and again", "x-tag: 1\r\n".repeat(20_000)),
        ("a path that is huge", format!("x: 1\r\n\r\nGET /in/{}{} HTTP/1.1\r\n", id(&source), "/a".repeat(2 << 20))),
    ] {
        for _ in 0..5 {
            let answer = raw(&process.url, format!("{head}{flood}\r\n").as_bytes()).await;
            let is_second = case == "a path that is huge";
            assert!([0, 400, 414, 431].contains(&status(&answer)) || is_second, "{case}: {answer:.200}");
        }
    }
    assert_eq!(team.list("/v1/requests").await.len(), 5, "only those before the huge paths are whole");
    assert!(peak(&process) < before + 128, "{before} MB before, {} after", peak(&process));
    // As many as are taken are kept, and who behaves is served.
    let fine: String = (0..80).map(|n| format!("x-{n}: {}\r\n", "z".repeat(100))).collect();
    let answer = raw(&process.url, format!("{head}connection: close\r\n{fine}\r\n").as_bytes()).await;
    assert_eq!(status(&answer), 200, "{answer}");
    process.terminate().await;
}

async fn a_method_of_any_length_is_answered(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let source = team.new_source().await;
    // What cannot be made smaller, as what is stored may be.
    let long: String = (0..3000_u64).map(|n| char::from(b'A' + (n.pow(5) / 7 % 26) as u8)).collect();
    for (length, stored) in [(32, 1), (33, 1), (3000, 1)] {
        let head = format!("{} /in/{} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n", &long[..length], id(&source));
        let answer = raw(&server.url, format!("{head}content-length: 0\r\n\r\n").as_bytes()).await;
        assert_eq!(status(&answer), 405, "{length}: {answer}");
        assert!(answer.contains("SOURCE_METHOD_NOT_ALLOWED"), "{length}: {answer}");
        assert_eq!(team.list("/v1/requests").await.len(), stored, "{length}");
    }
    server.stop().await;
}

async fn many_large_bodies_at_once_stay_within_memory(database: Database) {
    let process = Process::serve(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = process.new_team(&database).await;
    let source = asking(&team, &receiver).await;
    let body = bytes::Bytes::from(wide());
    let path = format!("/in/{}", id(&source));
    let sent = (0..10).map(|_| {
        let (team, path, body) = (team.clone(), path.clone(), body.clone());
        async move { team.test.send(Method::POST, &path, &[], body).await.unwrap().status }
    });
    let statuses = futures_util::future::join_all(sent).await;
    assert!(statuses.iter().all(|status| [200, 503].contains(status)), "{statuses:?}");
    assert!(statuses.contains(&200), "{statuses:?}");
    // All of them read at once would be some gigabytes.
    assert!(peak(&process) < 1800, "{} MB", peak(&process));
    process.terminate().await;
}

async fn senders_that_stall_take_only_so_much_memory_and_others_go_on(database: Database) {
    let setup = Setup { bodies_memory: 1 << 20, ..Setup::default() };
    let server = TestServer::start_with(&database, setup).await;
    let team = server.new_team().await;
    let source = team.new_source().await;
    let mut promised =
        format!("POST /in/{} HTTP/1.1\r\nhost: x\r\ncontent-length: 9000000\r\n\r\n", id(&source)).into_bytes();
    promised.resize(promised.len() + (256 << 10), b'x');
    let mut senders = JoinSet::new();
    for _ in 0..20 {
        let (url, promised) = (server.url.clone(), promised.clone());
        senders.spawn(async move {
            let mut stream = TcpStream::connect(url.strip_prefix("http://").unwrap()).await.unwrap();
            // A server that refuses may stop reading; what it answered is still there.
            let _ = stream.write_all(&promised).await;
            let mut answer = vec![0; 4096];
            let length = stream.read(&mut answer).await.unwrap();
            // It never sends the rest.
            (String::from_utf8_lossy(&answer[..length]).to_lowercase(), stream)
        });
    }
    // Beyond what is free, five of them fit.
    let mut refused = Vec::new();
    for _ in 5..20 {
        let (answer, stream) = senders.join_next().await.unwrap().unwrap();
        refused.push(stream);
        assert_eq!(status(&answer), 503, "{answer}");
        assert!(answer.contains("retry-after:") && answer.contains("connection: close"), "{answer}");
    }
    for _ in 0..3 {
        team.send_to(&source, "", &[], vec![b'y'; 60_000]).await.expect(200);
    }
    senders.shutdown().await;
    drop(refused);
    let large = vec![b'z'; 1_000_000];
    until("room for what is large", async || team.send_to(&source, "", &[], large.clone()).await.status == 200).await;
    server.stop().await;
}
