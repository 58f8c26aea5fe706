//! The OpenAPI document: what the handlers' annotations leave to be said once for all.

mod schema;

use axum::http::StatusCode;
use hookyard_model::Problem;
use serde_json::Value;
use utoipa::{
    OpenApi as _,
    openapi::{
        Content, OpenApi, Ref, RefOr, Required, ResponseBuilder, Server,
        path::{Operation, ParameterBuilder, ParameterIn, PathItem},
        schema::{ObjectBuilder, Type},
        security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme},
    },
};

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Hookyard",
        description = "Capture, route, deliver and retry webhooks.\n\n\
            Every call carries a private key: `Authorization: Bearer private_test_…`, or HTTP Basic with the pair's \
            public id and private key. A key belongs to one team and one mode, test or live, and sees nothing else. \
            `x-team-id` is optional, and must be the key's team.\n\n\
            Lists come in pages: `pagination.next` and `pagination.prev` are cursors for `?cursor=`. Times are RFC 3339 \
            in UTC with milliseconds; durations are milliseconds unless their name says otherwise.\n\n\
            A POST with an `Idempotency-Key` is made once: the same call with the same key gets the same answer for 24 \
            hours, with the header `idempotent-replayed: true`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    tags(
        (name = "Publishing", description = "Events that the team sends."),
        (name = "Webhooks", description = "Who gets published events: a destination with one connection from the built-in source."),
        (name = "Simulator", description = "Made-up events, sent for real, in test mode only; and what a receiver makes of them."),
        (name = "Event types", description = "The catalogue of what the team publishes."),
        (name = "Sources", description = "URLs that take requests in, with their checks."),
        (name = "Destinations", description = "Where events go: URL, authentication, limits and health."),
        (name = "Connections", description = "One source to one destination, with rules."),
        (name = "Transformations", description = "Scripts that change payloads on their way, and their runs."),
        (name = "Requests", description = "What arrived, accepted or rejected, stored as it came."),
        (name = "Events", description = "Each accepted request on its way to each destination."),
        (name = "Attempts", description = "Each HTTP try of each event."),
        (name = "Issues", description = "Failures of one destination with one cause, from the first to when it delivers again."),
        (name = "Metrics", description = "What happened over time, and what waits now."),
        (name = "Recovery", description = "After an outage: what failed and why, and what only the provider can send again."),
        (name = "Verification", description = "Whether all that was accepted is accounted for."),
        (name = "Audit log", description = "Who did what that others may ask about."),
        (name = "Keys", description = "Key pairs for this API."),
        (name = "Team", description = "Members, settings, notices, and who did what."),
    ),
    components(schemas(Problem)),
)]
struct Opening;

/// The document before the calls.
pub(super) fn opening() -> OpenApi {
    Opening::openapi()
}

/// The document with what is the same for all calls.
pub(super) fn finish(mut document: OpenApi, public_url: &str) -> Value {
    env!("CARGO_PKG_VERSION").clone_into(&mut document.info.version);
    document.servers = Some(vec![Server::new(public_url)]);
    document.security = Some(["bearer", "basic"].map(|name| SecurityRequirement::new(name, [""; 0])).into());
    if let Some(components) = &mut document.components {
        components.add_security_scheme("bearer", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
        components.add_security_scheme("basic", SecurityScheme::Http(Http::new(HttpAuthScheme::Basic)));
    }
    for path in document.paths.paths.values_mut() {
        for (method, operation) in operations(path) {
            complete(method, operation);
        }
        // One handler for two methods is two operations, which need two ids.
        if let Some(put) = &mut path.put
            && [&path.post, &path.patch].into_iter().flatten().any(|other| other.operation_id == put.operation_id)
            && let Some(id) = &mut put.operation_id
        {
            id.push_str("_by_put");
        }
    }
    let mut document = serde_json::to_value(&document).unwrap_or_default();
    schema::correct(&mut document);
    document
}

fn operations(path: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    [
        ("get", &mut path.get),
        ("put", &mut path.put),
        ("post", &mut path.post),
        ("patch", &mut path.patch),
        ("delete", &mut path.delete),
    ]
    .into_iter()
    .filter_map(|(method, operation)| operation.as_mut().map(|operation| (method, operation)))
}

fn complete(method: &str, operation: &mut Operation) {
    let tag =
        operation.tags.iter().flatten().next().map_or_else(String::new, |tag| tag.to_lowercase().replace(' ', "_"));
    operation.operation_id = operation.operation_id.take().map(|name| format!("{tag}_{name}"));
    for (status, response) in &mut operation.responses.responses {
        if let RefOr::T(response) = response
            && response.description.is_empty()
        {
            let status = status.parse().ok().and_then(|status| StatusCode::from_u16(status).ok());
            let reason = status.and_then(|status| status.canonical_reason());
            reason.unwrap_or("The answer").clone_into(&mut response.description);
        }
    }
    let problem = Content::new(Some(Ref::from_schema_name("Problem")));
    let problem = ResponseBuilder::new()
        .description("What went wrong (RFC 9457)")
        .content("application/problem+json", problem)
        .build();
    operation.responses.responses.insert("default".to_owned(), problem.into());
    if method == "post" {
        let key = ParameterBuilder::new()
            .name("Idempotency-Key")
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some("Makes the call once: the same key and call get the same answer for 24 hours."))
            .schema(Some(ObjectBuilder::new().schema_type(Type::String).max_length(Some(255))))
            .build();
        operation.parameters.get_or_insert_default().push(key);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    /// Every `$ref` in a document.
    fn references<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
        match value {
            Value::Object(fields) => {
                found.extend(fields.get("$ref").and_then(Value::as_str));
                fields.values().for_each(|value| references(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }

    #[test]
    fn the_document_is_whole() {
        let document = super::finish(crate::rest::routes().to_openapi(), "http://localhost:8080");
        assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));

        let mut found = BTreeSet::new();
        references(&document, &mut found);
        for reference in found {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
        }

        let mut ids = BTreeSet::new();
        let tags: Vec<_> = document["tags"].as_array().unwrap().iter().map(|tag| &tag["name"]).collect();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{method} {path} has another's id");
                assert!(tags.contains(&&operation["tags"][0]), "{method} {path} has no tag");
                assert!(operation["summary"].is_string(), "{method} {path} has no summary");
                assert!(operation["responses"]["default"].is_object(), "{method} {path} has no problem");
            }
        }
        // What is for readers of the source alone, or stands nowhere.
        for word in ["[`", "Self::", "\"oneOf\":null", "\"properties\":null"] {
            assert!(!document.to_string().contains(word), "{word}");
        }
        assert!(ids.contains("sources_list") && ids.contains("webhooks_enable_by_put"));
        let config = &document["components"]["schemas"]["SourceConfig"];
        assert_eq!(
            config["properties"]["auth_type"]["enum"],
            serde_json::json!(["BASIC_AUTH", "API_KEY", "HMAC", "PROVIDER_SIGNATURE", null])
        );
        let patch = &document["paths"]["/v1/sources/{id}"]["patch"]["requestBody"]["content"]["application/json"];
        assert_eq!(patch["schema"]["$ref"], "#/components/schemas/SourcePatch");
        let put = &document["paths"]["/v1/transformations/{id}"]["put"]["requestBody"]["content"]["application/json"];
        assert_eq!(put["schema"]["$ref"], "#/components/schemas/TransformationPatch");
        let retry = &document["paths"]["/v1/events/bulk_operations"]["post"]["requestBody"]["content"];
        let retry = retry["application/json"]["schema"]["$ref"].as_str().unwrap().trim_start_matches('#');
        let fields = document.pointer(retry).unwrap();
        let filter = &fields["properties"]["filter"]["properties"];
        assert!(filter["destination_id"].is_object() && filter["is_retry"]["type"] == "boolean", "{filter}");
        let obstacle = &document["components"]["schemas"]["BulkDestination"]["properties"]["obstacle"];
        assert!(obstacle["description"].is_string(), "{obstacle}");
        let models = &document["components"]["schemas"]["Page_Source"]["properties"]["models"];
        assert_eq!(models["items"]["$ref"], "#/components/schemas/Source");
    }
}
