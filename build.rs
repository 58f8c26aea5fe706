//! Makes the folder that the site is embedded from, and watches what macros do not.
fn main() {
    if std::env::var("PROFILE").as_deref() == Ok("release") {
        println!("cargo:rerun-if-changed=target/site"); // rust-embed does not notice new files
    }
    println!("cargo:rerun-if-changed=build.rs");
    // rust-embed refuses a folder that is not there: a plain `cargo check` in a fresh clone must work.
    if let Err(error) = std::fs::create_dir_all("target/site") {
        println!("cargo:warning=cannot create target/site: {error}");
    }
}
