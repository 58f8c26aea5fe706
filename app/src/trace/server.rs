//! The server functions about traces: find out who asks, pass it on.

use hookyard_model::{RequestId, Trace, TransformationRun, TransformationRunId};
use leptos::{prelude::*, server_fn::codec::GetUrl};

use crate::failure::Failure;

/// All that became of a request.
#[server(prefix = "/api", endpoint = "trace", input = GetUrl)]
pub(crate) async fn read_trace(id: RequestId) -> Result<Trace, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().trace(&actor().await?, id).await?)
}

/// One run of a transformation with what it was given and what it made of it. It is a part of a page that stands without it.
#[server(prefix = "/api", endpoint = "trace_run", input = GetUrl)]
pub(crate) async fn read_run(id: TransformationRunId) -> Result<TransformationRun, Failure> {
    use crate::server::{actor, hookyard};
    hookyard().transformation_run(&actor().await?, id).await.map_err(Failure::shown)
}
