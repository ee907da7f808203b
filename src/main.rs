//! The binary: reads the command line and hands over.

use advanta_bridge::cli::{Cli, Exit};
use advanta_bridge::telemetry;
use clap::Parser as _;
use std::process::ExitCode;
use tracing::level_filters::LevelFilter;

/// Gives memory back to the system when it is not used: the system's own keeps what many threads once held.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    // Who serves tells what happens; a command tells its result, and only what goes wrong beside it.
    let started = telemetry::start(if cli.serves() {
        LevelFilter::INFO
    } else {
        LevelFilter::WARN
    });
    match started {
        Ok(()) => cli.run().into(),
        Err(error) => {
            eprintln!("{error}");
            Exit::Usage.into()
        }
    }
}
