use async_trait::async_trait;

use super::Answer;
use crate::{
    Actor, Capabilities, Page, PageQuery, RunFilter, RunInput, RunResult, Transformation, TransformationFilter,
    TransformationId, TransformationInput, TransformationRun, TransformationRunId, Validation,
};

/// Scripts that change payloads on their way, and what their runs came to.
#[async_trait]
pub trait Transformations: Send + Sync {
    async fn transformations(&self, who: &Actor, page: &PageQuery) -> Answer<Page<Transformation>>;

    /// A page of those that `filter` selects.
    async fn transformations_where(
        &self,
        who: &Actor,
        filter: &TransformationFilter,
        page: &PageQuery,
    ) -> Answer<Page<Transformation>>;

    async fn transformation(&self, who: &Actor, id: TransformationId) -> Answer<Transformation>;

    /// Makes a transformation; refused when its script does not parse.
    async fn create_transformation(&self, who: &Actor, input: TransformationInput) -> Answer<Transformation>;

    /// Makes the transformation, or replaces the one of this name; says whether it was made.
    async fn upsert_transformation(&self, who: &Actor, input: TransformationInput) -> Answer<(Transformation, bool)>;

    async fn replace_transformation(
        &self,
        who: &Actor,
        id: TransformationId,
        input: TransformationInput,
    ) -> Answer<Transformation>;

    /// Applies a merge patch (RFC 7396) to the transformation as [`TransformationInput`].
    async fn patch_transformation(
        &self,
        who: &Actor,
        id: TransformationId,
        patch: serde_json::Value,
    ) -> Answer<Transformation>;

    /// Deletes a transformation; refused while connections use it.
    async fn delete_transformation(&self, who: &Actor, id: TransformationId) -> Answer<()>;

    /// What its runs came to, newest first, without the payloads.
    async fn transformation_runs(
        &self,
        who: &Actor,
        filter: &RunFilter,
        page: &PageQuery,
    ) -> Answer<Page<TransformationRun>>;

    /// One run with what it was given and what it made of it.
    async fn transformation_run(&self, who: &Actor, id: TransformationRunId) -> Answer<TransformationRun>;

    /// Whether a script parses.
    async fn validate_transformation(&self, who: &Actor, code: &str) -> Answer<Validation>;

    /// Tries a script; nothing is stored or sent.
    async fn run_transformation(&self, who: &Actor, input: RunInput) -> Answer<RunResult>;

    /// What a script may do, and how much of it.
    async fn transformation_capabilities(&self) -> Answer<Capabilities>;
}
