//! What changed, told to the pages that are open, by server-sent events.

use std::{collections::HashSet, convert::Infallible, pin::Pin, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::State,
    http::StatusCode,
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
    routing::get,
};
use futures_util::{FutureExt as _, Stream, StreamExt as _, stream};
use hookyard_model::{Actor, Change, Who, service::Hookyard};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tower_sessions::Session;

/// How often a page is told at most: a busy team changes thousands of times a second, and nobody reads so fast.
const PACE: Duration = Duration::from_millis(250);

/// How often a silent stream says that it is alive, so that nothing between takes it for dead.
const ALIVE: Duration = Duration::from_secs(15);

type Ask = (Arc<dyn Hookyard>, CancellationToken);

/// `/live`: the streams end at `stop`.
pub(crate) fn router(hookyard: Arc<dyn Hookyard>, stop: CancellationToken) -> Router {
    Router::new().route("/live", get(live)).with_state((hookyard, stop))
}

/// The changes of the team and mode that the session shows.
async fn live(State((hookyard, stop)): State<Ask>, session: Session) -> Response {
    let who = match hookyard_app::server::actor_of(&session, &*hookyard).await {
        Ok(Some(who)) => who,
        Ok(None) => return (StatusCode::UNAUTHORIZED, "sign in to hear what changes").into_response(),
        Err(problem) => return (StatusCode::SERVICE_UNAVAILABLE, problem.detail).into_response(),
    };
    let events = paced(each(hookyard, who))
        .map(|change| Ok::<_, Infallible>(Event::default().json_data(change).unwrap_or_default()));
    let events = events.take_until(stop.cancelled_owned());
    Sse::new(events).keep_alive(KeepAlive::new().interval(ALIVE)).into_response()
}

/// The changes, as long as whoever listens belongs to the team.
fn each(hookyard: Arc<dyn Hookyard>, who: Actor) -> Pin<Box<dyn Stream<Item = Change> + Send>> {
    let changes = hookyard.changes(&who);
    Box::pin(stream::unfold((changes, hookyard, who), async |(mut changes, hookyard, who)| {
        let change = changes.next().await?;
        match who.who {
            Who::User(user) if !hookyard.belongs(user, who.team).await.unwrap_or(true) => None,
            Who::User(_) | Who::Key(_) => Some((change, (changes, hookyard, who))),
        }
    }))
}

/// The first change at once, what follows within [`PACE`] together and each but once.
fn paced(changes: Pin<Box<dyn Stream<Item = Change> + Send>>) -> impl Stream<Item = Change> + Send {
    stream::unfold((changes, Instant::now()), async |(mut changes, next)| {
        tokio::time::sleep_until(next).await;
        let mut distinct = HashSet::from([changes.next().await?]);
        while let Some(Some(change)) = changes.next().now_or_never() {
            distinct.insert(change);
        }
        Some((stream::iter(distinct), (changes, Instant::now() + PACE)))
    })
    .flatten()
}

#[cfg(test)]
mod tests {
    use hookyard_model::{Mode, TeamId};

    use super::*;

    #[tokio::test]
    async fn a_burst_is_told_once() {
        let team: TeamId = "tm_01HF7YAT000000000000000007".parse().unwrap();
        let change = |mode| Change { team, mode, destination: None };
        let burst = [Mode::Test, Mode::Test, Mode::Live, Mode::Test, Mode::Live].map(change);
        let told: Vec<_> = paced(Box::pin(stream::iter(burst))).collect().await;
        assert_eq!(told.len(), 2);
    }
}
