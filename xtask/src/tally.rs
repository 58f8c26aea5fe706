//! How many tests passed and failed, read from what their runners print, for the last line of a run.

use std::fmt;

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    passed: u32,
    failed: u32,
    skipped: u32,
}

impl Tally {
    /// Counts in what a line of cargo test or of Playwright says, if it says a result.
    pub(crate) fn heed(&mut self, line: &str) {
        // test result: ok. 5 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s
        if let Some((_, counts)) = line.strip_prefix("test result: ").and_then(|result| result.split_once(". ")) {
            counts.split("; ").for_each(|count| self.add(count));
        // "  7 passed (8.2s)", "  1 failed", "  2 skipped", each on a line of its own
        } else if line.starts_with("  ") {
            self.add(line.split(" (").next().unwrap_or(line));
        }
    }

    /// Adds one count and its word; whatever else it is, is not a result.
    fn add(&mut self, count: &str) {
        let mut words = count.split_whitespace();
        let (Some(Ok(number)), Some(word), None) = (words.next().map(str::parse::<u32>), words.next(), words.next())
        else {
            return;
        };
        match word {
            "passed" | "flaky" => self.passed += number,
            "failed" => self.failed += number,
            "ignored" | "skipped" => self.skipped += number,
            _ => {}
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

#[cfg(test)]
mod tests {
    use super::Tally;

    #[test]
    fn both_runners_are_understood() {
        let mut tally = Tally::default();
        for line in [
            "running 3 tests",
            "test result: FAILED. 2 passed; 1 failed; 4 ignored; 0 measured; 9 filtered out; finished in 0.01s",
            "  ✓  1 app.spec.ts:3:1 › signs in (1.2s)",
            "  1 failed",
            "    app.spec.ts:9:1 › 3 passed",
            "  2 skipped",
            "  7 passed (8.2s)",
        ] {
            tally.heed(line);
        }
        assert_eq!(tally, Tally { passed: 9, failed: 2, skipped: 6 });
        assert_eq!(tally.to_string(), "9 passed, 2 failed, 6 skipped");
    }
}
