//! What a script writes to its console.

use std::{cell::RefCell, mem::take, rc::Rc};

use hookyard_model::{ConsoleLine, LogLevel};
use rquickjs::{Ctx, Exception, Function, Object, Value, function::Rest};

use super::{CONSOLE_LINE, CONSOLE_LINES};
use crate::transformation::redact::Redactor;

/// The lines so far.
pub(super) struct Console {
    lines: Vec<ConsoleLine>,
    truncated: bool,
    redactor: Redactor,
}

impl Console {
    pub(super) const fn new(redactor: Redactor) -> Self {
        Self { lines: Vec::new(), truncated: false, redactor }
    }

    /// The text without the values of the environment.
    pub(super) fn redacted(&self, text: String) -> String {
        self.redactor.text(text)
    }

    pub(super) const fn truncated(&self) -> bool {
        self.truncated
    }

    pub(super) fn take(&mut self) -> Vec<ConsoleLine> {
        take(&mut self.lines)
    }

    fn is_full(&self) -> bool {
        self.lines.len() >= CONSOLE_LINES
    }

    fn write(&mut self, level: LogLevel, text: &str) {
        if self.is_full() {
            self.truncated = true;
            return;
        }
        // Redacted first: a cut might leave the beginning of a secret.
        let mut text = self.redacted(text.to_owned());
        if text.len() > CONSOLE_LINE {
            text.truncate(text.floor_char_boundary(CONSOLE_LINE));
            text.push('…');
        }
        self.lines.push(ConsoleLine { level, text: text.replace('\0', "\u{fffd}") });
    }
}

/// Makes the global `console`.
pub(super) fn install(ctx: &Ctx<'_>, console: &Rc<RefCell<Console>>) -> rquickjs::Result<()> {
    let object = Object::new(ctx.clone())?;
    for (name, level) in [
        ("log", LogLevel::Info),
        ("info", LogLevel::Info),
        ("debug", LogLevel::Debug),
        ("warn", LogLevel::Warn),
        ("error", LogLevel::Error),
    ] {
        let console = Rc::clone(console);
        object.set(
            name,
            Function::new(ctx.clone(), move |values: Rest<Value<'_>>| {
                // Nobody reads more, so nothing more is written out.
                if console.borrow().is_full() {
                    console.borrow_mut().truncated = true;
                    return;
                }
                let mut text = String::new();
                for value in values.0 {
                    if !text.is_empty() {
                        text.push(' ');
                    }
                    text.push_str(&written(value));
                    if text.len() > 64 * CONSOLE_LINE {
                        break;
                    }
                }
                console.borrow_mut().write(level, &text);
            })?,
        )?;
    }
    ctx.globals().set("console", object)
}

/// A value for people: text as it is, an error by its message, everything else as JSON.
pub(super) fn written(value: Value<'_>) -> String {
    if let Some(text) = value.as_string() {
        return text.to_string().unwrap_or_else(|_| "[text that is not Unicode]".to_owned());
    }
    if let Some(error) = value.as_object().and_then(|object| Exception::from_object(object.clone())) {
        let name: String = error.as_object().get("name").unwrap_or_else(|_| "Error".to_owned());
        return format!("{name}: {}", error.message().unwrap_or_default());
    }
    if value.is_undefined() || value.is_function() || value.is_symbol() {
        return format!("[{}]", value.type_name());
    }
    if value.is_big_int() {
        let text = value.get::<rquickjs::Coerced<String>>();
        return text.map_or_else(|_| "[bigint]".to_owned(), |text| format!("{}n", text.0));
    }
    let (ctx, name) = (value.ctx().clone(), value.type_name());
    match ctx.json_stringify(value) {
        Ok(Some(json)) => json.to_string().unwrap_or_else(|_| format!("[{name}]")),
        Ok(None) => format!("[{name}]"),
        Err(_) => {
            // Such as an object that contains itself; an exception left behind would be taken for the script's.
            let _ = ctx.catch();
            format!("[{name}]")
        }
    }
}
