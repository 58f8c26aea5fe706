//! The report of a receiver check as text to pass on.

use std::fmt::Write as _;

use hookyard_model::{Finding, ReceiverCheck};

use super::check::counts;

/// The report in Markdown; `target` is where the deliveries went.
pub(super) fn markdown(check: &ReceiverCheck, target: &str) -> String {
    let mut out = format!(
        "# Receiver check\n\n- Receiver: {}\n- Event type: `{}`\n- Date: {}\n- Result: {}\n",
        escaped(target),
        check.kind,
        check.created_at,
        counts(check),
    );
    if !check.done {
        let _ = writeln!(out, "- Not done yet: {} of {} deliveries tried", check.tried, check.deliveries);
    }
    for item in &check.items {
        let word = match item.finding {
            Finding::Waiting => "WAITING",
            Finding::Pass => "PASS",
            Finding::Fail => "FAIL",
            Finding::NotApplicable => "NOT APPLICABLE",
        };
        let _ = writeln!(out, "\n## {word}: {}", escaped(&item.title));
        for part in [&item.evidence, &item.advice] {
            if !part.is_empty() {
                let _ = writeln!(out, "\n{}", escaped(part));
            }
        }
        let events: Vec<_> = item.deliveries.iter().map(|delivery| format!("`{}`", delivery.event_id)).collect();
        if !events.is_empty() {
            let _ = writeln!(out, "\nEvents: {}", events.join(", "));
        }
    }
    out
}

/// `text` on one line, with nothing in it that Markdown or HTML would take for its own: some of it comes from receivers.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '!' => out.extend(['\\', character]),
            character if character.is_control() => out.push(' '),
            character => out.push(character),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_text_that_can_be_passed_on() {
        let check: ReceiverCheck = serde_json::from_value(serde_json::json!({
            "id": "chk_01HF7YAT000000000000000007", "destination_id": "des_01HF7YAT000000000000000007",
            "type": "invoice.paid", "created_at": "2026-06-30T12:00:00.000Z", "done": false, "deliveries": 62, "tried": 17,
            "items": [
                {"scenario": "valid", "title": "Accepts a delivery", "finding": "pass", "evidence": "It answered 200.",
                 "advice": "", "deliveries": [{"event_id": "evt_01HF7YAT000000000000000007", "attempt_id": null,
                 "status": null, "response_status": null, "error_message": null, "latency": null}]},
                {"scenario": "wrong_signature", "title": "Refuses a wrong signature", "finding": "fail",
                 "evidence": "It answered <b>OK</b>\n# `yes`.", "advice": "Check it.", "deliveries": []},
            ],
        }))
        .unwrap();
        assert_eq!(
            markdown(&check, "https://example.com/a_b"),
            "# Receiver check\n\n- Receiver: https://example.com/a\\_b\n- Event type: `invoice.paid`\n\
             - Date: 2026-06-30T12:00:00.000Z\n- Result: 1 passed, 1 failed\n- Not done yet: 17 of 62 deliveries tried\n\
             \n## PASS: Accepts a delivery\n\nIt answered 200.\n\nEvents: `evt_01HF7YAT000000000000000007`\n\
             \n## FAIL: Refuses a wrong signature\n\nIt answered \\<b\\>OK\\</b\\> \\# \\`yes\\`.\n\nCheck it.\n"
        );
    }
}
