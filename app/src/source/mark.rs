//! How a type of source is shown: a small mark and its name.

use hookyard_model::SourceType;
use leptos::prelude::*;

/// The name of a type for people.
pub(crate) fn type_label(kind: SourceType) -> &'static str {
    match kind.preset() {
        Some(preset) => preset.label,
        None if kind == SourceType::EVENTS => "Built in",
        None => "Any webhook",
    }
}

/// The first letters of its words, at most two.
fn letters(label: &str) -> String {
    let mut words = label.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let first = words.next().unwrap_or("?");
    let second = words.next().and_then(|word| word.chars().next());
    let mut letters: String = first.chars().take(if second.is_some() { 1 } else { 2 }).collect();
    letters.extend(second);
    letters
}

/// A mark that tells types apart at a glance; the name stands beside it.
#[component]
pub(crate) fn TypeMark(kind: SourceType) -> impl IntoView {
    let hue = kind.as_str().bytes().fold(0_u32, |sum, byte| (sum * 31 + u32::from(byte)) % 997) % 6;
    let text = if kind.preset().is_some() { letters(type_label(kind)) } else { "•".to_owned() };
    view! { <span class=format!("type-mark hue-{hue}") aria-hidden="true">{text}</span> }
}

#[cfg(test)]
mod tests {
    use super::letters;

    #[test]
    fn a_mark_has_one_or_two_letters() {
        for (label, expected) in [("GitHub", "Gi"), ("X", "X"), ("AWS SNS", "AS"), ("Customer.io", "Ci"), ("", "?")] {
            assert_eq!(letters(label), expected, "{label}");
        }
    }
}
