//! Reading a rule from JSON, so that what is wrong with it is said of the very field.

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error},
};
use serde_json::{Map, Value};

use super::Rule;

impl<'de> Deserialize<'de> for Rule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut fields = Map::deserialize(deserializer)?;
        let Some(kind) = fields.remove("type") else { return Err(D::Error::missing_field("type")) };
        let read = match kind.as_str() {
            Some("deduplicate") => read(&fields).map(Self::Deduplicate),
            Some("transform") => read(&fields).map(Self::Transform),
            Some("filter") => read(&fields).map(Self::Filter),
            Some("delay") => read(&fields).map(Self::Delay),
            Some("retry") => read(&fields).map(Self::Retry),
            _ => {
                let kind = kind.as_str().map_or_else(|| kind.to_string(), str::to_owned);
                Err(format!("`type`: `{kind}` is not one of deduplicate, transform, filter, delay, retry"))
            }
        };
        read.map_err(D::Error::custom)
    }
}

fn read<T: DeserializeOwned>(fields: &Map<String, Value>) -> Result<T, String> {
    let is_of_another = |said: &str| said.starts_with("missing field") || said.starts_with("unknown field");
    serde_json::from_value(Value::Object(fields.clone())).map_err(|error| {
        let said = error.to_string();
        if is_of_another(&said) {
            return said;
        }
        // The field that is as wrong alone is the one.
        let is_wrong = |(name, value): &(&String, &Value)| {
            let alone = Map::from_iter([((*name).clone(), (*value).clone())]);
            serde_json::from_value::<T>(Value::Object(alone)).is_err_and(|error| !is_of_another(&error.to_string()))
        };
        fields.iter().find(is_wrong).map_or_else(|| said.clone(), |(name, _)| format!("`{name}`: {said}"))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_rule_comes_back_as_it_was() {
        for rule in [
            json!({"type": "deduplicate", "window": 1000, "include_fields": ["body.id"]}),
            json!({"type": "transform", "transformation_id": "trs_00000000000000000000000001"}),
            json!({"type": "filter", "body": {"a": 1}}),
            json!({"type": "delay", "delay": 5}),
            json!({"type": "retry", "strategy": "exponential", "count": 5, "interval": 60000}),
        ] {
            let read: Rule = serde_json::from_value(rule.clone()).unwrap();
            assert_eq!(serde_json::to_value(&read).unwrap(), rule);
        }
    }

    #[test]
    fn what_is_wrong_is_said_of_its_field() {
        for (rule, said) in [
            (json!({"type": "sort"}), "`type`: `sort` is not one of"),
            (json!({"type": 5}), "`type`: `5` is not one of"),
            (json!({"window": 1}), "missing field `type`"),
            (json!({"type": "deduplicate"}), "missing field `window`"),
            (json!({"type": "delay", "delay": 1, "dealy": 2}), "unknown field `dealy`"),
            (json!({"type": "delay", "delay": "long"}), "`delay`: invalid type"),
            (json!({"type": "retry", "strategy": "linear", "count": -1}), "`count`: invalid value"),
            (json!({"type": "retry", "strategy": "fast"}), "`strategy`: unknown variant"),
        ] {
            let error = serde_json::from_value::<Rule>(rule.clone()).unwrap_err().to_string();
            assert!(error.starts_with(said), "{rule}: {error}");
        }
    }
}
