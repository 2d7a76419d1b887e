//! The tests of the page in a real browser.

use std::env;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use super::node;
use crate::apt;
use crate::run::{built, refuse, run};

const MISSING: &str = "\
no Chromium. Install it, on Debian with apt-get install chromium, or name one by the environment variable CHROMIUM. To \
leave the page out, give --no-web to the task";

/// Environment variable with the browser that the tests start.
const VARIABLE: &str = "CHROMIUM";

/// Ensures that there is a browser.
pub(crate) fn set_up() -> Result<(), ExitCode> {
    if find().is_none() && apt::can_install() {
        apt::install(&["chromium"]);
    }
    match find() {
        Some(browser) => {
            println!("   Chromium: {}", browser.display());
            Ok(())
        }
        None => refuse(MISSING),
    }
}

/// Runs the tests. They open the page in web/dist, and a run and a report that the command makes for them.
pub(crate) fn test() -> Result<(), ExitCode> {
    let Some(browser) = find() else { return refuse(MISSING) };
    let folder = built().join("browser-test-run");
    let program = built().join(format!("lambda-darts{}", env::consts::EXE_SUFFIX));
    let mut search = Command::new(&program);
    search.args(["search", "--device", "cpu", "--epochs", "2", "--images", "300", "--batch", "32", "--force", "--out"]);
    run(search.arg(&folder))?;
    let report = built().join("browser-test-report.html");
    run(Command::new(&program).args(["report", "--force", "--out"]).arg(&report).arg(&folder))?;
    node::install()?;
    let mut tests = node::npm(&["run", "e2e"]);
    run(tests.env("LAMBDA_DARTS_RUN", folder).env("LAMBDA_DARTS_REPORT", report).env(VARIABLE, browser))
}

/// Tests the npm package as others get it. It is built from the modules of the page, and installed without a network.
pub(crate) fn test_package() -> Result<(), ExitCode> {
    let Some(browser) = find() else { return refuse(MISSING) };
    node::install()?;
    run(node::npm(&["run", "test:npm"]).env(VARIABLE, browser))
}

/// Returns the browser that the variable names, or else the first one on the path.
fn find() -> Option<PathBuf> {
    if let Some(named) = env::var_os(VARIABLE).filter(|name| !name.is_empty()) {
        return Some(PathBuf::from(named)).filter(|file| file.is_file());
    }
    let folders: Vec<_> = env::split_paths(&env::var_os("PATH")?).collect();
    ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"].into_iter().find_map(|name| {
        let file = format!("{name}{}", env::consts::EXE_SUFFIX);
        folders.iter().map(|folder| folder.join(&file)).find(|file| file.is_file())
    })
}
