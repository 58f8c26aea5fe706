//! The sandbox: one run of one script, in a fresh runtime that knows nothing but the language and what it is given.
//!
//! There are no modules, files, sockets, timers or processes in it. Time is counted by the thread's own processor time, so
//! that a busy machine does not fail a script that is innocent. The engine asks whether to go on as it executes code and
//! regular expressions; a call into its own library that takes long can be outlasted only, which `pool` does. `prelude.js`
//! holds those calls to a size that are easily made too long.

mod clock;
mod console;
mod fault;
mod fields;
mod outcome;
#[cfg(test)]
mod tests;

use std::{cell::RefCell, collections::BTreeMap, rc::Rc, time::Duration};

use hookyard_model::{
    CODE_BYTES, Capabilities, ConsoleLine, ENV_BYTES, ENV_VALUES, RunError, RunErrorCode, RunLimits, Secret,
};
use rquickjs::{
    Context, Ctx, Function, Object, Persistent, Promise, Runtime, Value,
    context::{EvalOptions, intrinsic},
    promise::PromiseState,
};
use serde_json::Map;

pub(crate) use self::clock::Pulse;
use self::{
    clock::Clock,
    console::Console,
    fault::{Fault, fault, short},
};
use super::{content::Content, redact::Redactor};

/// How long a script may compute, and as long again while its result is read.
pub(crate) const TIME: Duration = Duration::from_secs(1);
/// Memory for a run; a body takes many times its own size once it is parsed.
const MEMORY: usize = 64 << 20;
const MEMORY_A_BYTE: usize = 16;
const STACK: usize = 512 << 10;
/// What a thread that runs scripts needs: the engine's stack, and ours below it.
pub(super) const THREAD_STACK: usize = 4 << 20;
const CONSOLE_LINES: usize = 100;
const CONSOLE_LINE: usize = 1024;
/// What stands for the script in traces.
const FILE: &str = "transform.js";
pub(super) const RUNTIME: &str = "quickjs";
const PRELUDE: &str = include_str!("prelude.js");

/// A script to run.
#[derive(Debug)]
pub(crate) struct Script {
    pub(crate) code: String,
    /// SHA-256 of the code, in hex.
    pub(crate) hash: String,
    pub(crate) env: BTreeMap<String, Secret>,
    /// The values that nobody is shown: those of the environment that are stored.
    pub(crate) hidden: Vec<Secret>,
}

/// What a run came to.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) outcome: Result<Content, RunError>,
    pub(crate) console: Vec<ConsoleLine>,
    pub(crate) console_truncated: bool,
    /// What is probably not meant.
    pub(crate) warnings: Vec<String>,
    pub(crate) duration: Duration,
}

impl Ran {
    /// A run that was none.
    pub(crate) fn not(code: RunErrorCode, message: impl Into<String>) -> Self {
        let error = RunError { code, message: message.into(), line: None, column: None };
        Self {
            outcome: Err(error),
            console: Vec::new(),
            console_truncated: false,
            warnings: Vec::new(),
            duration: Duration::ZERO,
        }
    }
}

pub(super) fn capabilities(body_limit: usize) -> Capabilities {
    const GLOBALS: [&str; 22] = [
        "addHandler",
        "Array",
        "ArrayBuffer",
        "BigInt",
        "Boolean",
        "console",
        "Date",
        "Error",
        "JSON",
        "Map",
        "Math",
        "Number",
        "Object",
        "Promise",
        "Proxy",
        "Reflect",
        "RegExp",
        "Set",
        "String",
        "Symbol",
        "Uint8Array",
        "encodeURIComponent",
    ];
    Capabilities {
        runtime: RUNTIME.to_owned(),
        globals: GLOBALS.iter().map(|name| (*name).to_owned()).collect(),
        limits: RunLimits {
            time_ms: u64::try_from(TIME.as_millis()).unwrap_or(u64::MAX),
            memory_bytes: MEMORY as u64,
            stack_bytes: STACK as u64,
            code_bytes: CODE_BYTES as u64,
            input_bytes: body_limit as u64,
            output_bytes: body_limit as u64,
            console_lines: CONSOLE_LINES as u64,
            console_line_bytes: CONSOLE_LINE as u64,
            env_values: ENV_VALUES as u64,
            env_bytes: ENV_BYTES as u64,
        },
    }
}

/// Runs a script on `content`; without, only as far as its registering a handler. `context` is what it is told beside,
/// `body_limit` how many bytes the body it returns has at most; `pulse` beats as long as the engine can be stopped.
pub(crate) fn run(
    script: &Script,
    content: Option<(&Content, Map<String, serde_json::Value>)>,
    body_limit: usize,
    pulse: &Pulse,
) -> Ran {
    let console = Rc::new(RefCell::new(Console::new(Redactor::new(&script.hidden))));
    let clock = Rc::new(Clock::new(pulse.clone()));
    let size = content.as_ref().map_or(0, |(content, _)| content.body.len());
    let mut warnings = Vec::new();
    let outcome = within(&clock, MEMORY + MEMORY_A_BYTE * size, |ctx| {
        let part = Part { ctx: ctx.clone(), clock: &clock };
        part.all(script, content, &console, body_limit, &mut warnings)
    });
    let mut console = console.borrow_mut();
    let outcome = outcome.map_err(|fault| {
        let error = fault.into_error();
        // Redacted first: a cut might leave the beginning of a secret.
        RunError { message: short(&console.redacted(error.message)), ..error }
    });
    let warnings = warnings.into_iter().map(|warning| console.redacted(warning)).collect();
    Ran { outcome, console_truncated: console.truncated(), console: console.take(), warnings, duration: clock.total() }
}

/// The query string that an object of texts, or a string, stands for.
pub(super) fn query_text(query: &serde_json::Value) -> Result<String, String> {
    fields::query_text(query)
}

/// A runtime of its own for `work`, gone when that is done.
fn within<T>(clock: &Rc<Clock>, memory: usize, work: impl FnOnce(&Ctx<'_>) -> Result<T, Fault>) -> Result<T, Fault> {
    type Language = (
        intrinsic::Date,
        intrinsic::Eval,
        intrinsic::RegExpCompiler,
        intrinsic::RegExp,
        intrinsic::Json,
        intrinsic::Proxy,
        intrinsic::MapSet,
        intrinsic::TypedArrays,
        intrinsic::Promise,
    );
    let broken = |_| Fault::new(RunErrorCode::Internal, "the sandbox could not be set up");
    let runtime = Runtime::new().map_err(broken)?;
    runtime.set_memory_limit(memory);
    runtime.set_max_stack_size(STACK);
    let asked = Rc::clone(clock);
    runtime.set_interrupt_handler(Some(Box::new(move || asked.is_over())));
    let context = Context::custom::<Language>(&runtime).map_err(broken)?;
    context.with(|ctx| work(&ctx))
}

/// The steps of a run.
struct Part<'js, 'a> {
    ctx: Ctx<'js>,
    clock: &'a Clock,
}

impl<'js> Part<'js, '_> {
    fn caught<T>(&self, result: rquickjs::Result<T>) -> Result<T, Fault> {
        result.map_err(|error| fault(&self.ctx, error, self.clock))
    }

    fn all(
        &self,
        script: &Script,
        content: Option<(&Content, Map<String, serde_json::Value>)>,
        console: &Rc<RefCell<Console>>,
        body_limit: usize,
        warnings: &mut Vec<String>,
    ) -> Result<Content, Fault> {
        let (handler, units) = self.caught(self.set_up(console))?;
        // Parsing what came is not the script's doing.
        let given = match content {
            Some((content, context)) => Some((content, self.given(content, context, script)?)),
            None => None,
        };
        self.clock.start(TIME);
        self.load(script)?;
        let handler = handler.borrow_mut().take().ok_or_else(|| {
            Fault::new(
                RunErrorCode::NoHandler,
                "the script registers no handler: call addHandler(\"transform\", (request, context) => …)",
            )
        })?;
        let handler = self.caught(handler.restore(&self.ctx))?;
        let Some((content, (request, context, before))) = given else {
            return Ok(Content::stored(String::new(), String::new(), String::new(), "", bytes::Bytes::new()));
        };
        let returned = self.caught(handler.call::<_, Value<'js>>((request, context)))?;
        let returned = self.awaited(returned)?;
        self.clock.start(TIME);
        outcome::Reading { ctx: &self.ctx, clock: self.clock, content, before: &before, body_limit, units, warnings }
            .read(returned)
    }

    /// Makes `addHandler` and `console`; the handler will be in what is returned, beside what tells how long a text is.
    fn set_up(&self, console: &Rc<RefCell<Console>>) -> rquickjs::Result<(Handler, Function<'js>)> {
        let mut options = EvalOptions::default();
        options.filename = Some("engine.js".to_owned());
        let units = self.ctx.eval_with_options(PRELUDE, options)?;
        let handler: Handler = Rc::default();
        let globals = self.ctx.globals();
        let registered = Rc::clone(&handler);
        let add = move |ctx: Ctx<'js>, kind: rquickjs::Coerced<String>, handler: Value<'js>| {
            let Some(handler) = handler.into_function().filter(|_| kind.0 == "transform") else {
                return Err(rquickjs::Exception::throw_type(
                    &ctx,
                    "addHandler takes \"transform\" and a function of request and context",
                ));
            };
            *registered.borrow_mut() = Some(Persistent::save(&ctx, handler));
            Ok(())
        };
        globals.set("addHandler", Function::new(self.ctx.clone(), add)?)?;
        console::install(&self.ctx, console)?;
        Ok((handler, units))
    }

    /// The request, the context, and the JSON of the request's parts as the engine writes it.
    fn given(
        &self,
        content: &Content,
        mut context: Map<String, serde_json::Value>,
        script: &Script,
    ) -> Result<(Value<'js>, Value<'js>, outcome::Before), Fault> {
        let unreadable = |_| Fault::new(RunErrorCode::Internal, "what came cannot be written as JSON");
        let env = script.env.iter().map(|(name, value)| (name.clone(), value.reveal().into())).collect();
        context.insert("env".to_owned(), serde_json::Value::Object(env));
        let envelope = content.envelope().map_err(unreadable)?;
        let request = self.caught(self.ctx.json_parse(envelope)).map_err(Fault::of_input)?;
        let context = self.caught(self.ctx.json_parse(serde_json::to_string(&context).map_err(unreadable)?))?;
        let before = outcome::Before::of(&self.ctx, &request);
        let before = self.caught(before).map_err(Fault::of_input)?;
        Ok((request, context, before))
    }

    fn load(&self, script: &Script) -> Result<(), Fault> {
        let mut options = EvalOptions::default();
        options.strict = false;
        options.filename = Some(FILE.to_owned());
        self.caught(self.ctx.eval_with_options::<Value<'js>, _>(script.code.as_str(), options).map(drop))
    }

    /// What a promise comes to; anything else is itself.
    fn awaited(&self, returned: Value<'js>) -> Result<Value<'js>, Fault> {
        let Ok(promise) = Promise::from_value(returned.clone()) else { return Ok(returned) };
        while promise.state() == PromiseState::Pending && !self.clock.is_over() && self.ctx.execute_pending_job() {}
        if self.clock.was_over() {
            return Err(Fault::timeout());
        }
        match promise.result::<Value<'js>>() {
            Some(result) => self.caught(result),
            None => Err(Fault::new(
                RunErrorCode::BadResult,
                "the handler returned a promise that nothing settles: there are no timers and no network to wait for",
            )),
        }
    }
}

/// What a script registered.
type Handler = Rc<RefCell<Option<Persistent<Function<'static>>>>>;

/// An object's member, `None` where it is absent or undefined.
fn member<'js>(object: &Object<'js>, name: &str) -> rquickjs::Result<Option<Value<'js>>> {
    Ok(Some(object.get::<_, Value<'js>>(name)?).filter(|value| !value.is_undefined()))
}
