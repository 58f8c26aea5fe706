//! Receivers whose certificates are not taken, and what people are told of them.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    },
};

use crate::support::{Database, Process, Team, on_both, serve, until};

on_both![a_certificate_that_is_not_taken_is_diagnosed];

/// A file of `fixtures/`. The keys are for nothing but these tests.
fn fixture(name: &str) -> String {
    format!("{}/src/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// A port where TLS is spoken with this certificate, until the test ends.
async fn speaking_tls(certificate: &str) -> u16 {
    let chain = CertificateDer::pem_file_iter(fixture(&format!("{certificate}.pem"))).unwrap();
    let key = PrivateKeyDer::from_pem_file(fixture(&format!("{certificate}.key.pem"))).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain.map(Result::unwrap).collect(), key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // Whoever calls hangs up when it has seen the certificate.
            let _ = acceptor.accept(stream).await;
        }
    });
    port
}

/// The first attempt at a receiver with this certificate, with its diagnosis.
async fn attempt_at(team: &Team, certificate: &str) -> Value {
    let url = format!("https://localhost:{}/", speaking_tls(certificate).await);
    let (source, destination) = team.connected_with(json!({ "url": url })).await;
    team.post_to(&source, &json!(1)).await;
    let list = format!("/v1/attempts?destination_id={}", destination["id"].as_str().unwrap());
    until("the attempt", async || !team.list(&list).await.is_empty()).await;
    let id = team.list(&list).await.last().unwrap()["id"].as_str().unwrap().to_owned();
    team.test.get(&format!("/v1/attempts/{id}")).await.expect(200)
}

async fn a_certificate_that_is_not_taken_is_diagnosed(database: Database) {
    let mut command = serve(&database);
    command.env("SSL_CERT_FILE", fixture("authority.pem"));
    let process = Process::start(command).await;
    let team = process.new_team(&database).await;
    for (certificate, title) in
        [("self_signed", "The certificate is self-signed"), ("other_name", "The certificate is for another name")]
    {
        let attempt = attempt_at(&team, certificate).await;
        assert_eq!(attempt["diagnosis"]["title"], title, "{attempt}");
        assert_eq!(attempt["error_code"], "TLS", "{attempt}");
        assert!(attempt["timings"]["connect_ms"].is_number(), "{attempt}");
    }
    assert_eq!(process.terminate().await, Some(0));
}
