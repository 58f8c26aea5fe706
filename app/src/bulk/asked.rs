//! What a form asks for, as the service takes it.

use std::time::Duration;

use hookyard_model::{BulkInput, BulkKind, BulkPreview, BulkTargets, Code, FieldError, Problem, TimeBound};

use super::{
    draft::{SURE, is_sure, limit},
    query::{names, parsed, read, with_names_of_pages},
};

/// The shortest stretch that is drawn: one bar alone says little.
const SHORTEST: Duration = Duration::from_mins(1);

/// What a list's query asks for. A list leaves out what it cannot read; here that would take in more than was meant.
pub(super) fn targets(kind: BulkKind, query: &str) -> Result<BulkTargets, Problem> {
    let pairs = parsed(query);
    let pairs = with_names_of_pages(&pairs).unwrap_or(pairs);
    let (targets, _, mistakes) = read(kind, &pairs);
    let unknown = pairs.iter().filter(|(name, _)| !names(kind).contains(&name.as_str()));
    let unknown =
        unknown.map(|(name, _)| format!("There is no filter `{}`", name.chars().take(64).collect::<String>()));
    let all: Vec<_> = mistakes.into_iter().map(|mistake| mistake.text).chain(unknown).collect();
    if all.is_empty() {
        return Ok(targets);
    }
    let detail =
        format!("Without a part of the filter more would be sent than was meant, so nothing is. {}", all.join(". "));
    Err(Problem::new(Code::InvalidInput, detail))
}

/// The fields of the form, as they were typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Draft {
    /// By what the same start is known.
    pub(super) once: String,
    pub(super) rate_limit: String,
    pub(super) rate_limit_period: String,
    /// The words of somebody who starts without proof.
    pub(super) sure: String,
    /// Why they do.
    pub(super) unproven: String,
}

impl Draft {
    /// What is asked for.
    pub(super) fn input(&self, kind: BulkKind, query: &str) -> Result<BulkInput, Problem> {
        let targets = targets(kind, query)?;
        let limit = limit(&self.rate_limit, &self.rate_limit_period)?;
        let once = Some(self.once.clone()).filter(|once| !once.is_empty());
        Ok(BulkInput { targets, limit, unproven: self.unproven()?, once })
    }

    fn unproven(&self) -> Result<Option<String>, Problem> {
        let (sure, reason) = (self.sure.trim(), self.unproven.trim());
        if sure.is_empty() && reason.is_empty() {
            return Ok(None);
        }
        let mut mistakes = Vec::new();
        if !is_sure(sure) {
            mistakes.push(FieldError::new("/sure", format!("type `{SURE}` to start without proof")));
        }
        if reason.is_empty() {
            mistakes.push(FieldError::new("/unproven", "say why: it is kept with the operation and in the audit log"));
        }
        Problem::check(mistakes)?;
        Ok(Some(reason.to_owned()))
    }

    /// The fields that somebody typed, by their names.
    pub(super) fn fields(&self) -> [(&'static str, &str); 4] {
        [
            ("rate_limit", self.rate_limit.as_str()),
            ("rate_limit_period", self.rate_limit_period.as_str()),
            ("sure", self.sure.as_str()),
            ("unproven", self.unproven.as_str()),
        ]
    }
}

/// From when to when what would be sent lies, to be drawn.
pub(super) fn span(preview: &BulkPreview) -> Option<(TimeBound, TimeBound)> {
    let (oldest, newest) = preview.oldest_at.zip(preview.newest_at)?;
    let to = newest.plus(Duration::from_millis(1)).max(oldest.plus(SHORTEST));
    Some((TimeBound::At(oldest), TimeBound::At(to)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_proof_needs_the_words_and_a_reason() {
        let asked = |sure: &str, unproven: &str| {
            let draft = Draft { sure: sure.to_owned(), unproven: unproven.to_owned(), ..Draft::default() };
            draft.input(BulkKind::EventBulkRetry, "status=FAILED").map(|input| input.unproven)
        };
        assert_eq!(asked("", " ").unwrap(), None);
        assert_eq!(asked("Start without proof ", " it is a test ").unwrap().as_deref(), Some("it is a test"));
        assert!(asked("yes", "because").unwrap_err().about("/sure").is_some());
        assert!(asked(SURE, "").unwrap_err().about("/unproven").is_some());
    }

    #[test]
    fn what_cannot_be_read_starts_nothing() {
        for kind in [BulkKind::EventBulkRetry, BulkKind::RequestBulkRetry] {
            for query in ["status=perhaps", "source=nobody", "from=yesterday", "stat=FAILED"] {
                assert_eq!(targets(kind, query).unwrap_err().code, Code::InvalidInput, "{kind:?} {query}");
            }
            assert_eq!(targets(kind, "").unwrap().kind(), kind);
        }
    }
}
