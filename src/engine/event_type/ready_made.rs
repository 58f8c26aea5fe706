//! The ready-made catalogue that a new team may start with.

use hookyard_model::EventTypeInput;

use crate::error::Result;

/// The ready-made event types.
pub(super) fn all() -> Result<Vec<EventTypeInput>> {
    Ok(serde_json::from_str(include_str!("ready_made.json"))?)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{event_type::mistakes_of, schema::Schema};

    fn named(name: &str) -> EventTypeInput {
        all().unwrap().into_iter().find(|input| input.name == name).unwrap()
    }

    #[test]
    fn the_examples_are_what_the_schemas_say() {
        let all = all().unwrap();
        assert_eq!(all.len(), 7);
        for input in all {
            assert!(input.schema.is_some() && input.example.is_some(), "{}", input.name);
            assert_eq!(mistakes_of(&input), [], "{}", input.name);
            let schema = input.schema.clone().unwrap();
            assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", "{}", input.name);
            assert_eq!(EventTypeInput { label: None, ..input.clone() }.label(), input.label(), "the label by the rule");
            assert_eq!(input.default_enabled, input.name.starts_with("patient.ehi_export_"), "{}", input.name);
            assert!(!input.deprecated && input.description.is_some(), "{}", input.name);
        }
    }

    #[test]
    fn what_is_required_is_missed_and_what_is_optional_is_not() {
        for (name, required, optional) in [
            (
                "patient.ehi_export_success",
                &["download_links", "stats"][..],
                &["org_connection_id", "task_id", "org_id", "download_link"][..],
            ),
            ("patient.ehi_export_failed", &["failure_reason"], &["org_connection_id", "task_id", "org_id"]),
            (
                "patient.connection_success",
                &["org_connection_id", "connection_status", "platform_type"],
                &[
                    "endpoint_id",
                    "portal_id",
                    "brand_id",
                    "request_id",
                    "external_id",
                    "external_state",
                    "scope",
                    "consent_expires_at",
                    "tefca_directory_id",
                ],
            ),
            (
                "patient.authorization_revoked",
                &["org_connection_id", "platform_type", "connection_status"],
                &["endpoint_id", "portal_id", "brand_id"],
            ),
            ("patient.request_health_system", &["email", "name"], &["website", "street_address"]),
            ("patient.request_support", &["email", "body"], &["name"]),
            ("webhook.test", &["hello", "random"], &[]),
        ] {
            let input = named(name);
            let schema = input.schema.unwrap();
            let properties = schema["properties"].as_object().unwrap();
            assert_eq!(properties.len(), required.len() + optional.len(), "{name}");
            let read = Schema::read(&schema).ok().unwrap();
            for field in required {
                let mut data = input.example.clone().unwrap();
                data.as_object_mut().unwrap().remove(*field).unwrap();
                let mistakes = read.check(&data, "/data");
                assert_eq!(mistakes.len(), 1, "{name} without {field}: {mistakes:?}");
                assert_eq!(
                    (mistakes[0].pointer.as_str(), mistakes[0].detail.as_str()),
                    (format!("/data/{field}").as_str(), "is missing")
                );
            }
            for field in optional {
                let mut data = input.example.clone().unwrap();
                data.as_object_mut().unwrap().remove(*field);
                assert_eq!(read.check(&data, "/data"), [], "{name} without {field}");
                let description = properties[*field]["description"].as_str();
                assert!(description.is_some_and(|text| !text.is_empty()), "{name}: {field} is not described");
            }
            // Receivers are told to ignore what they do not know, and so do we.
            let mut data = input.example.unwrap();
            data["something_new"] = json!(1);
            assert_eq!(read.check(&data, "/data"), [], "{name}");
        }
    }

    #[test]
    fn values_are_those_of_the_documentation() {
        let of = |name: &str, property: &str| named(name).schema.unwrap()["properties"][property].clone();
        let reasons = [
            "token_refresh_failure",
            "scope_patient_missing",
            "resource_patient_failure",
            "resource_invalid_content",
            "tefca_no_documents_found",
            "suppressed_please_contact",
        ];
        assert_eq!(of("patient.ehi_export_failed", "failure_reason")["enum"], json!(reasons));
        assert_eq!(of("patient.connection_success", "connection_status")["enum"], json!(["authorized", "revoked"]));
        assert_eq!(of("patient.authorization_revoked", "connection_status")["const"], json!("revoked"));
        assert_eq!(of("patient.ehi_export_success", "download_link")["deprecated"], Value::Bool(true));
        let support = named("patient.request_support").description.unwrap();
        assert!(support.starts_with("Beta.") && support.contains("health information"), "{support}");
    }
}
