//! The connections that clients hold: accepted, served, and closed in the end.

use std::{io, pin::pin, time::Duration};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// How long a request's head may take, and so how long an idle connection is kept.
const HEAD_DEADLINE: Duration = Duration::from_mins(1);

/// How long to wait when no connection can be accepted, mostly because too many files are open.
const BREATH: Duration = Duration::from_millis(200);

/// Accepts connections until `stop`, and serves each on `tasks`.
pub(crate) async fn accept(listener: TcpListener, router: Router, tasks: &TaskTracker, stop: &CancellationToken) {
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => drop(tasks.spawn(serve(stream, router.clone(), stop.clone()))),
            Err(error) if is_of_one_client(&error) => {}
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "cannot accept a connection");
                tokio::time::sleep(BREATH).await;
            }
        }
    }
}

/// Serves one connection; after `stop`, until the answer under way is given.
async fn serve(stream: TcpStream, router: Router, stop: CancellationToken) {
    // Answers are small and whole: waiting to fill a packet only delays them. It may fail on a connection that is gone.
    let _ = stream.set_nodelay(true);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_DEADLINE)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::trace!(error = &error as &dyn std::error::Error, "a connection ended in the middle");
    }
}

fn is_of_one_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionRefused | ConnectionAborted | ConnectionReset)
}
