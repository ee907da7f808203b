//! Clients that we did not write, each driven by a Python program of `tests/clients/`.

use crate::harness::Bridge;
use std::path::Path;
use std::process::Command;

/// Set by `tests/run` to the Python that has the clients.
const PYTHON: &str = "ADVANTA_BRIDGE_TEST_PYTHON";

/// Runs a program of `tests/clients/`; what it says is shown when it fails.
pub fn run(program: &str, args: &[&str]) {
    let Some(python) = std::env::var_os(PYTHON) else {
        panic!("{PYTHON} is not set: run this test by tests/run, which installs the clients");
    };
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/clients")
        .join(program);
    let output = Command::new(python)
        // No byte code beside the sources.
        .args(["-B", "-X", "utf8"])
        .arg(path)
        .args(args)
        .output()
        .expect("the Python that tests/run made");
    let said = String::from_utf8_lossy(&output.stdout);
    let failed = String::from_utf8_lossy(&output.stderr);
    println!("{said}{failed}");
    assert!(output.status.success(), "{program}: {}", output.status);
}

#[test]
fn python_caldav_works_and_holds_the_original_after_refusals() {
    let bridge = Bridge::demo(&[]);
    run("caldav_client.py", &[bridge.url()]);
}

#[test]
fn vdirsyncer_and_khal_work_and_hold_the_original_after_refusals() {
    let bridge = Bridge::demo(&[]);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path().to_str().expect("a UTF-8 path");
    run("vdirsyncer_khal.py", &[bridge.url(), folder]);
}
