//! The binary: reads the command line and hands over.

use advanta_bridge::{cli::Cli, telemetry};
use clap::Parser as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    telemetry::start();
    match cli.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("advanta-bridge: {error:#}");
            ExitCode::FAILURE
        }
    }
}
