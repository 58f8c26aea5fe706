//! What arrives is kept as it came, or not at all.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hyper::Method;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::support::{Database, Receiver, Team, TestServer, id, on_both, until};

on_both![
    bodies_are_kept_byte_for_byte,
    the_largest_body_is_taken_and_one_byte_more_is_not,
    method_path_query_and_headers_are_kept,
    who_sends_nowhere_leaves_nothing,
    a_body_that_stops_half_way_leaves_nothing,
    a_body_in_chunks_arrives_whole,
];

async fn request(team: &Team, answer: &Value) -> Value {
    team.test.get(&format!("/v1/requests/{}", answer["request_id"].as_str().unwrap())).await.expect(200)
}

/// The exact bytes of a request.
fn bytes_of(request: &Value) -> Vec<u8> {
    let raw = &request["data"]["raw"];
    let text = raw["text"].as_str().unwrap();
    if raw["encoding"] == "base64" { STANDARD.decode(text).unwrap() } else { text.as_bytes().to_vec() }
}

async fn bodies_are_kept_byte_for_byte(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let source = team.new_source().await;
    let everything: Vec<u8> = (0..=255).collect();
    for (body, encoding, read) in [
        (&b"{ \"a\" : 1.0, \"a\":2 }\r\n"[..], "utf8", json!({ "a": 2 })),
        (b"", "utf8", json!("")),
        (b"null", "utf8", json!(null)),
        (b"a=1&b=%20", "utf8", json!("a=1&b=%20")),
        ("\u{feff}caf\u{e9} \u{0}\u{1f44d}".as_bytes(), "utf8", json!("\u{feff}caf\u{e9} \u{0}\u{1f44d}")),
        (b"caf\xe9", "base64", json!("Y2Fm6Q==")),
        (b"\xed\xa0\x80", "base64", json!("7aCA")),
        (&everything, "base64", json!(STANDARD.encode(&everything))),
    ] {
        let answer =
            team.send_to(&source, "", &[("content-type", "application/x-odd")], body.to_vec()).await.expect(200);
        let request = request(&team, &answer).await;
        assert_eq!(bytes_of(&request), body);
        assert_eq!((&request["data"]["raw"]["encoding"], &request["data"]["body"]), (&json!(encoding), &read));
        assert_eq!(request["body_size"], body.len(), "{read}");
    }
    server.stop().await;
}

async fn the_largest_body_is_taken_and_one_byte_more_is_not(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let (source, _) = team.connected_to(&receiver).await;
    let mut largest: Vec<u8> = (0..=255).cycle().take(10 << 20).collect();
    let answer = team.send_to(&source, "", &[], largest.clone()).await.expect(200);
    let stored = request(&team, &answer).await;
    assert_eq!(stored["body_size"], largest.len());
    assert!(bytes_of(&stored) == largest, "10 MiB are kept as they are");
    until("the delivery", async || team.count_events("SUCCESSFUL").await == 1).await;
    assert!(receiver.request(0).body == largest, "and delivered so");

    largest.push(0);
    let answer = team.send_to(&source, "", &[], largest).await.expect(413);
    let stored = request(&team, &answer).await;
    assert_eq!((&stored["status"], &stored["rejection_cause"]), (&json!("rejected"), &json!("PAYLOAD_TOO_LARGE")));
    assert_eq!(team.list("/v1/requests").await.len(), 2);
    server.stop().await;
}

async fn method_path_query_and_headers_are_kept(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    let source = json!({ "name": "s", "config": { "allowed_http_methods": methods } });
    let source = team.test.post("/v1/sources", source).await.expect(201);
    let url = format!("/in/{}", id(&source));
    for method in methods {
        for (more, path, query) in [
            ("", "", ""),
            ("/", "/", ""),
            ("/a%2Fb//c/../d?x=%20&y&x=2", "/a%2Fb//c/../d", "x=%20&y&x=2"),
            ("?only=query", "", "only=query"),
        ] {
            let headers = [("X-Tag", "one"), ("x-tag", "two"), ("x-latin", "ok")];
            let reply =
                server.client().send(method.parse().unwrap(), &format!("{url}{more}"), &headers, "").await.unwrap();
            let stored = request(&team, &reply.expect(200)).await;
            let data = &stored["data"];
            assert_eq!((&data["method"], &data["path"], &data["query"]), (&json!(method), &json!(path), &json!(query)));
            assert_eq!((&stored["method"], &stored["path"]), (&json!(method), &json!(path)));
            assert_eq!(
                (&data["headers"]["x-tag"], &data["headers"]["x-latin"]),
                (&json!(["one", "two"]), &json!("ok"))
            );
        }
    }
    server.stop().await;
}

async fn who_sends_nowhere_leaves_nothing(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let deleted = team.new_source().await;
    team.post_to(&deleted, &json!({})).await;
    team.test.delete(&format!("/v1/sources/{}", id(&deleted))).await.expect(204);
    let sources = team.list("/v1/sources").await;
    assert_eq!((sources.len(), &sources[0]["type"], &sources[0]["url"]), (1, &json!("EVENTS"), &json!(null)));
    for path in [
        format!("/in/{}", id(&deleted)),
        format!("/in/{}", id(&sources[0])),
        format!("/in/{}/path", id(&sources[0])),
        "/in/src_01HF7YAT000000000000000007".to_owned(),
        "/in/src_1".to_owned(),
        format!("/in/{}", id(&deleted).to_lowercase()),
        "/in/%00".to_owned(),
        "/in/".to_owned(),
        "/in".to_owned(),
    ] {
        let reply = server.client().send(Method::POST, &path, &[], "x").await.unwrap();
        assert_eq!(reply.status, 404, "{path}");
    }
    assert_eq!(team.list("/v1/requests").await.len(), 1, "what came before the source was deleted");
    server.stop().await;
}

/// Sends bytes as they are and goes away, or waits for the answer's first line.
async fn raw(server: &TestServer, bytes: &[u8], waits: bool) -> String {
    let mut stream = TcpStream::connect(server.url.strip_prefix("http://").unwrap()).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    stream.flush().await.unwrap();
    if !waits {
        // Long enough for what came to be read.
        tokio::time::sleep(Duration::from_millis(100)).await;
        return String::new();
    }
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

async fn a_body_that_stops_half_way_leaves_nothing(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let source = team.new_source().await;
    let head = format!("POST /in/{} HTTP/1.1\r\nhost: x\r\n", id(&source));
    for half in [
        "transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n",
        "transfer-encoding: chunked\r\n\r\n5\r\nhel",
        "content-length: 10\r\n\r\nhello",
        "content-length: 10\r\n\r\n",
    ] {
        raw(&server, format!("{head}{half}").as_bytes(), false).await;
    }
    let broken = format!("{head}transfer-encoding: chunked\r\n\r\n5\r\nhello\r\nnonsense\r\n\r\n");
    assert_eq!(raw(&server, broken.as_bytes(), true).await, "HTTP/1.1 400");
    let whole = team.post_to(&source, &json!({})).await;
    let requests = team.list("/v1/requests").await;
    assert_eq!(requests.iter().map(id).collect::<Vec<_>>(), [whole]);
    server.stop().await;
}

async fn a_body_in_chunks_arrives_whole(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let source = team.new_source().await;
    let chunks =
        "transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n1;x=y\r\n \r\n5\r\nworld\r\n0\r\nx-trailer: 1\r\n\r\n";
    let sent = format!("POST /in/{} HTTP/1.1\r\nhost: x\r\n{chunks}", id(&source));
    assert_eq!(raw(&server, sent.as_bytes(), true).await, "HTTP/1.1 200");
    let listed = team.list("/v1/requests?include=data").await;
    assert_eq!((listed.len(), &listed[0]["data"]["body"]), (1, &json!("hello world")));
    server.stop().await;
}
