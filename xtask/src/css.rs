//! The style sheet: one file out of the sections in `style/`.

use std::{fs, path::Path};

use crate::Result;

/// The sheet at `path` with each line `@import "./x.css";` replaced by that file.
pub(crate) fn bundle(path: &Path) -> Result<String> {
    let sheet = fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut all = String::with_capacity(sheet.len());
    for line in sheet.lines() {
        let section = line.trim().strip_prefix("@import \"").and_then(|rest| rest.strip_suffix("\";"));
        if let Some(section) = section {
            all.push_str(&bundle(&folder.join(section))?);
        } else {
            all.push_str(line);
            all.push('\n');
        }
    }
    Ok(all)
}

/// `sheet` without comments, indentation and empty lines. What stands in quotes stays as it is.
pub(crate) fn tighten(sheet: &str) -> String {
    without_comments(sheet).lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

fn without_comments(sheet: &str) -> String {
    let mut kept = String::with_capacity(sheet.len());
    let mut quote = None;
    let mut rest = sheet;
    while let Some(next) = rest.chars().next() {
        if quote.is_none() && rest.starts_with("/*") {
            rest = rest.split_once("*/").map_or("", |(_, after)| after);
            continue;
        }
        let length = if next == '\\' { rest.chars().take(2).map(char::len_utf8).sum() } else { next.len_utf8() };
        match quote {
            Some(open) if open == next => quote = None,
            None if next == '"' || next == '\'' => quote = Some(next),
            Some(_) | None => {}
        }
        kept.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::tighten;

    #[test]
    fn tightening_keeps_the_meaning() {
        for (case, sheet, expected) in [
            ("comments and indents go", "/* a\n b */\na {\n  color: red; /* c */\n}\n", "a {\ncolor: red;\n}"),
            ("quoted marks stay", r#"a::after { content: "/* no */"; }"#, r#"a::after { content: "/* no */"; }"#),
            ("an escaped quote does not end", r#"a { content: "\"/*"; } /* x */"#, r#"a { content: "\"/*"; }"#),
            ("an open comment goes to the end", "a {}\n/* …", "a {}"),
        ] {
            assert_eq!(tighten(sheet), expected, "{case}");
        }
    }
}
