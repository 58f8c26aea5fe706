//! Runs a program that receives webhooks, each as is usual in its language.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Stdio,
    sync::atomic::{AtomicU16, Ordering},
};

use hookyard_model::{SigningScheme, SnippetLanguage, SnippetValues};
use hyper::Method;
use serde_json::json;
use tokio::{
    io::AsyncWriteExt as _,
    net::{TcpListener, TcpStream},
    process::{Child, Command},
    task::AbortHandle,
};

use crate::support::{Client, Received, unique, until};

#[expect(dead_code, reason = "it is a program of its own, of which all but the beginning runs here")]
mod rust_v1 {
    include!("../../model/snippets/v1/rust.rs");

    pub(super) fn app(path: &str, secret: &str) -> Router {
        router(path, secret.to_owned())
    }
}

#[expect(dead_code, reason = "it is a program of its own, of which all but the beginning runs here")]
mod rust_v1a {
    include!("../../model/snippets/v1a/rust.rs");

    pub(super) fn app(path: &str, public_key: &str) -> Router {
        router(path, public_key.to_owned())
    }
}

/// A program that can be asked about deliveries.
pub(super) enum Running {
    /// It serves at a path.
    Server { client: Box<Client>, path: String, _process: Box<Process> },
    /// It is run for each: bash.
    Shell { text: String, environment: Vec<(String, String)> },
    /// It is run for each: what Rack would do.
    Ruby { folder: Folder, environment: Vec<(String, String)> },
}

/// What is ended when it is dropped.
pub(super) enum Process {
    Child { _child: Box<Child>, _folder: Folder },
    Task(AbortHandle),
}

impl Drop for Process {
    fn drop(&mut self) {
        match self {
            Self::Child { .. } => {}
            Self::Task(task) => task.abort(),
        }
    }
}

/// A folder that is gone when it is dropped.
pub(super) struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = env::temp_dir().join(format!("hookyard-snippet-{}", unique()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Running {
    /// `None` where the language is not installed, which is said.
    pub(super) async fn start(
        language: SnippetLanguage,
        scheme: SigningScheme,
        text: &str,
        values: &SnippetValues,
        environment: &[(&str, &str)],
    ) -> Option<Self> {
        let owned = || environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let command = match language {
            SnippetLanguage::JavaScript => vec!["node".to_owned()],
            SnippetLanguage::Python => vec![env::var("TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned())],
            SnippetLanguage::Go => vec!["go".to_owned(), "run".to_owned()],
            SnippetLanguage::Java => vec!["java".to_owned()],
            SnippetLanguage::Ruby => vec!["ruby".to_owned()],
            SnippetLanguage::Shell => vec!["bash".to_owned()],
            SnippetLanguage::Rust => return Some(Self::rust(scheme, values).await),
        };
        if !is_installed(&command[0]) {
            println!("skipped: {} {scheme}, since {} is not installed", language.name(), command[0]);
            return None;
        }
        if language == SnippetLanguage::Shell {
            return Some(Self::Shell { text: text.to_owned(), environment: owned() });
        }
        let folder = Folder::new();
        fs::write(folder.0.join(language.file()), text).unwrap();
        if language == SnippetLanguage::Ruby {
            return Some(Self::Ruby { folder, environment: owned() });
        }
        let port = free_port().await;
        let mut process = Command::new(&command[0]);
        process
            .args(&command[1..])
            .arg(language.file())
            .current_dir(&folder.0)
            .env("PORT", port.to_string())
            .envs(environment.iter().copied())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        let process = Process::Child { _child: Box::new(process.spawn().unwrap()), _folder: folder };
        until(&format!("{} to listen", language.name()), async || {
            TcpStream::connect(("127.0.0.1", port)).await.is_ok()
        })
        .await;
        Some(Self::server(port, values, process))
    }

    async fn rust(scheme: SigningScheme, values: &SnippetValues) -> Self {
        let path = path_of(values);
        let app = match scheme {
            SigningScheme::V1 => rust_v1::app(&path, values.secret.as_ref().unwrap().reveal()),
            SigningScheme::V1a => rust_v1a::app(&path, values.public_key.as_ref().unwrap()),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let serving = tokio::spawn(async move { axum::serve(listener, app).await });
        Self::server(port, values, Process::Task(serving.abort_handle()))
    }

    fn server(port: u16, values: &SnippetValues, process: Process) -> Self {
        let client = Client::new(&format!("http://127.0.0.1:{port}"));
        Self::Server { client: Box::new(client), path: path_of(values), _process: Box::new(process) }
    }

    /// Whether the program takes a delivery for genuine. It must do one or the other, and not fail.
    pub(super) async fn lets_in(&self, delivery: &Received) -> bool {
        let headers: Vec<_> = delivery.headers.iter().filter(|(name, _)| name.starts_with("webhook-")).collect();
        match self {
            Self::Server { client, path, .. } => {
                let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
                let reply = client.send(Method::POST, path, &headers, delivery.body.clone()).await.unwrap();
                assert!([204, 401].contains(&reply.status), "{}", reply.status);
                // Elsewhere it receives nothing.
                reply.status == 204
            }
            Self::Shell { text, environment } => {
                let value = |name| delivery.header(name).to_owned();
                let arguments = ["webhook-id", "webhook-timestamp", "webhook-signature"].map(value);
                shell_with(text, "verify", &arguments, &delivery.body, environment).await
            }
            Self::Ruby { folder, environment } => ruby(&folder.0, delivery, environment).await,
        }
    }
}

fn path_of(values: &SnippetValues) -> String {
    let url = values.url.as_deref().unwrap();
    let host = url.find("://").unwrap() + 3;
    url[host..].find('/').map_or_else(|| "/".to_owned(), |path| url[host + path..].to_owned())
}

fn is_installed(command: &str) -> bool {
    let folders = env::var_os("PATH").unwrap_or_default();
    Path::new(command).is_absolute() || env::split_paths(&folders).any(|folder| folder.join(command).is_file())
}

/// A port that stays free until the program binds it: below those that systems hand out, and given to nobody else here.
async fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Other processes may run tests too.
    let first = u16::try_from(std::process::id() % 1000).unwrap() * 10;
    loop {
        let port = 20_000 + first.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % 10_000;
        if TcpListener::bind(("0.0.0.0", port)).await.is_ok() {
            return port;
        }
    }
}

/// Runs the shell's program on a body; whether it was content.
pub(super) async fn shell(text: &str, verb: &str, arguments: &[String], body: &[u8]) -> bool {
    shell_with(text, verb, arguments, body, &[]).await
}

async fn shell_with(
    text: &str,
    verb: &str,
    arguments: &[String],
    body: &[u8],
    environment: &[(String, String)],
) -> bool {
    let folder = Folder::new();
    fs::write(folder.0.join("webhook.sh"), text).unwrap();
    fs::write(folder.0.join("body"), body).unwrap();
    let environment = environment.iter().map(|(name, value)| (name, value));
    let mut command = Command::new("bash");
    command.args(["webhook.sh", verb]).args(arguments).arg("body").envs(environment).current_dir(&folder.0);
    let output = command.output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(verb != "verify" || output.status.success() == (said == "genuine\n"), "{output:?}");
    assert!(output.status.success() || said.starts_with("refused: "), "{output:?}");
    output.status.success()
}

/// Calls the Rack application as a server would.
async fn ruby(folder: &Path, delivery: &Received, environment: &[(String, String)]) -> bool {
    const RACK: &str = r#"
        require "json"
        require "stringio"
        def run(app) = $app = app
        load "./config.ru"
        given = JSON.parse($stdin.read)
        body = StringIO.new(given["body"].pack("C*"))
        $stdout = StringIO.new
        status, = $app.call(given["env"].merge("rack.input" => body))
        $stderr.print status
    "#;
    let config = fs::read_to_string(folder.join("config.ru")).unwrap();
    let path = config.split("env[\"PATH_INFO\"] == \"").nth(1).unwrap().split('"').next().unwrap();
    let given = json!({
        "body": delivery.body.to_vec(),
        "env": {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": path,
            "HTTP_WEBHOOK_ID": delivery.header("webhook-id"),
            "HTTP_WEBHOOK_TIMESTAMP": delivery.header("webhook-timestamp"),
            "HTTP_WEBHOOK_SIGNATURE": delivery.header("webhook-signature"),
        },
    });
    let environment = environment.iter().map(|(name, value)| (name, value));
    let mut command = Command::new("ruby");
    command.args(["-e", RACK]).envs(environment).current_dir(folder);
    let mut child = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(given.to_string().as_bytes()).await.unwrap();
    let output = child.wait_with_output().await.unwrap();
    match &output.stderr[..] {
        b"204" => true,
        b"401" => false,
        said => panic!("{}", String::from_utf8_lossy(said)),
    }
}
