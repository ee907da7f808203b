//! The binary: reads the command line and hands over.

use advanta_bridge::{cli::Cli, telemetry};
use clap::Parser as _;
use std::process::ExitCode;

/// Gives memory back to the system when it is not used: the system's own keeps what many threads once held.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

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
