//! The binary: reads the command line and hands over.

use advanta_bridge::{cli::Cli, telemetry};
use clap::Parser as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    // Who serves tells what happens; a command tells its result, and only what goes wrong beside it.
    telemetry::start(if cli.serves() {
        "info,sled=warn"
    } else {
        "warn"
    });
    cli.run().into()
}
