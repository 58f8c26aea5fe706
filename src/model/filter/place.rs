//! Places in a request, such as `body.customer.id`, `headers.x-request-id`, `query.page` or `path`.

use super::{
    FilterPart,
    view::{Node, View},
};

/// How many steps a place has at most, and how many bytes.
const STEPS: usize = 64;
const BYTES: usize = 1024;

/// A place in a request.
///
/// Written with dots, an index as a step or in brackets (`body.items.0.id`, `body.items[0].id`), or as a JSON pointer
/// (`/body/a.b/0`) where names have dots.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Place {
    pub(super) part: FilterPart,
    pub(super) steps: Vec<String>,
}

impl Place {
    /// Reads a place that starts with its part.
    ///
    /// # Errors
    ///
    /// A sentence for whoever wrote it.
    pub fn parse(text: &str) -> Result<Self, String> {
        Self::read(text, None)
    }

    /// Reads a place; one that does not start with a part is in `part`.
    pub(super) fn within(text: &str, part: FilterPart) -> Result<Self, String> {
        Self::read(text, Some(part))
    }

    fn read(text: &str, within: Option<FilterPart>) -> Result<Self, String> {
        if text.len() > BYTES {
            return Err(format!("a place has at most {BYTES} bytes"));
        }
        let mut steps = match text.strip_prefix('/') {
            Some(pointer) => pointer.split('/').map(|step| step.replace("~1", "/").replace("~0", "~")).collect(),
            None => dotted(text)?,
        };
        if steps.len() > STEPS || steps.iter().any(String::is_empty) {
            return Err(format!(
                "`{text}` is no place such as body.customer.id, headers.x-request-id, query.page or path"
            ));
        }
        let named = match steps[0].as_str() {
            "headers" => Some(FilterPart::Headers),
            "body" => Some(FilterPart::Body),
            "query" => Some(FilterPart::Query),
            "path" => Some(FilterPart::Path),
            _ => None,
        };
        let part = match (named, within) {
            (Some(part), _) => {
                steps.remove(0);
                part
            }
            (None, Some(part)) => part,
            (None, None) => return Err(format!("`{text}` does not start with body, headers, query or path")),
        };
        match (part, steps.len()) {
            (FilterPart::Headers | FilterPart::Query, 0) => {
                Err(format!("`{text}` says no name, such as {part}.x-request-id"))
            }
            (FilterPart::Path, 1..) => Err("the path is a text; nothing is inside it".to_owned()),
            _ => {
                if part == FilterPart::Headers {
                    steps[0].make_ascii_lowercase();
                }
                Ok(Self { part, steps })
            }
        }
    }

    /// Which part it is in.
    pub const fn part(&self) -> FilterPart {
        self.part
    }

    /// The names and indexes that lead to it.
    pub fn steps(&self) -> &[String] {
        &self.steps
    }

    /// What is there.
    pub(super) fn find<'v, 'a>(&self, view: &'v View<'a>) -> Option<Node<'v, 'a>> {
        self.steps.iter().try_fold(view.part(self.part)?, |node, step| match node.items() {
            Some(_) => node.at(step.parse().ok()?),
            None => node.get(step),
        })
    }

    /// What is there, as JSON of its own.
    pub fn value(&self, view: &View<'_>) -> Option<serde_json::Value> {
        self.find(view).map(super::value::owned)
    }
}

fn dotted(text: &str) -> Result<Vec<String>, String> {
    let mut steps = Vec::new();
    for step in text.split('.') {
        let (name, indexes) = step.split_once('[').map_or((step, None), |(name, rest)| (name, Some(rest)));
        if !name.is_empty() || indexes.is_none() {
            steps.push(name.to_owned());
        }
        for index in indexes.into_iter().flat_map(|rest| rest.split('[')) {
            let index = index.strip_suffix(']').filter(|index| index.parse::<usize>().is_ok());
            steps.push(index.ok_or_else(|| format!("`{step}` has no index such as [0]"))?.to_owned());
        }
    }
    Ok(steps)
}

impl std::fmt::Display for Place {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.steps
            .iter()
            .try_fold(self.part.to_string(), |place, step| Ok(inside(&place, step)))
            .and_then(|place| out.write_str(&place))
    }
}

/// How a name inside a place is written.
pub(super) fn inside(place: &str, name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-' || !byte.is_ascii();
    if !name.is_empty() && name.bytes().all(plain) { format!("{place}.{name}") } else { format!("{place}[{name:?}]") }
}

/// A JSON pointer to `name` inside what `pointer` leads to.
pub(super) fn inner(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}
