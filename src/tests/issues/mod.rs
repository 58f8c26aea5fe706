//! Issues: failures of one destination with one cause, and who is told of them.

mod life;
mod told;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU16, Ordering},
    },
    time::Duration,
};

use hookyard_engine::Mail;
use serde_json::{Value, json};

use crate::support::{Answer, MailServer, Receiver, Setup, Team, TestServer, id, until};

/// How long nothing must fail before an issue is over, for the first time.
const CALM: Duration = Duration::from_secs(10);

/// A receiver that answers with a status which the test changes.
struct Switch {
    receiver: Receiver,
    status: Arc<AtomicU16>,
}

impl Switch {
    async fn at(status: u16) -> Self {
        let status = Arc::new(AtomicU16::new(status));
        let now = Arc::clone(&status);
        let receiver = Receiver::deciding(move |_, _| Answer::status(now.load(Ordering::SeqCst))).await;
        Self { receiver, status }
    }

    fn set(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }
}

/// With mail through `server`, and a clock that the test moves.
fn mailing(server: &MailServer) -> Setup {
    Setup { mail: Some(Mail::new(&server.url(), "Hooks <hooks@example.com>").unwrap()), ..Setup::with_manual_clock() }
}

async fn issues(team: &Team) -> Vec<Value> {
    team.list("/v1/issues?dir=asc").await
}

async fn issue(team: &Team, record: &Value) -> Value {
    team.test.get(&format!("/v1/issues/{}", id(record))).await.expect(200)
}

/// Waits for the only issue to be as `is` says, and returns it.
async fn only_issue(team: &Team, what: &str, is: impl Fn(&Value) -> bool) -> Value {
    until(what, async || {
        let issues = issues(team).await;
        issues.len() == 1 && is(&issues[0])
    })
    .await;
    issues(team).await.remove(0)
}

async fn in_state(team: &Team, state: &str) -> Value {
    only_issue(team, state, |issue| issue["state"] == state).await
}

/// Sends an event to what fails, and waits until one more attempt failed.
async fn fail(team: &Team, source: &Value) {
    let failed =
        async || team.test.get("/v1/attempts/count?status=FAILED").await.expect(200)["count"].as_u64().unwrap();
    let before = failed().await;
    team.post_to(source, &json!({ "fails": true })).await;
    until("the failure", async || failed().await > before).await;
}

/// Sends an event to what delivers, and waits until it is delivered.
async fn deliver(team: &Team, source: &Value) {
    let request = team.post_to(source, &json!({ "fails": false })).await;
    until("the delivery", async || team.events_of(&request).await[0]["status"] == "SUCCESSFUL").await;
}

/// Delivers again, and lets so much time pass that the issue is over.
async fn recover(server: &TestServer, team: &Team, source: &Value, receiver: &Switch, calm: Duration) -> Value {
    receiver.set(200);
    deliver(team, source).await;
    server.advance(calm);
    in_state(team, "RESOLVED").await
}
