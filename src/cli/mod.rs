//! The command line: one file per command.

mod accounts;
mod serve;

use crate::config::Config;
use anyhow::Result;
use clap::{Parser, Subcommand};
use std::path::{Path, PathBuf};

/// Мост между ADVANTA и календарями. / A bridge between ADVANTA and people's calendars.
#[derive(Debug, Parser)]
#[command(name = "advanta-bridge", version, about)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Запустить мост. / Run the bridge until SIGTERM.
    Serve(serve::Args),
    /// Люди. / People (while the bridge is not running).
    #[command(subcommand)]
    User(accounts::UserCommand),
    /// Пароли приложений. / App passwords of a person's devices (while the bridge is not running).
    #[command(subcommand)]
    AppPassword(accounts::PasswordCommand),
}

/// Which settings and which data.
#[derive(Debug, clap::Args)]
struct Place {
    /// Файл настроек. / Settings file (TOML).
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Папка данных. / Data folder [default: ./data, with --demo ./data-demo].
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

impl Place {
    fn config(&self) -> Result<Config> {
        Ok(match &self.config {
            Some(path) => Config::read(path)?,
            None => Config::default(),
        })
    }

    fn data(&self, config: &Config, fallback: &str) -> PathBuf {
        let set = self.data.clone().or_else(|| config.store.data.clone());
        set.unwrap_or_else(|| Path::new(fallback).to_owned())
    }
}

impl Cli {
    /// Does what was asked.
    ///
    /// # Errors
    /// Words for the person at the terminal.
    pub fn run(self) -> Result<()> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?;
        runtime.block_on(async {
            match self.command {
                Command::Serve(args) => serve::run(args).await,
                Command::User(command) => accounts::user(command).await,
                Command::AppPassword(command) => accounts::app_password(command).await,
            }
        })
    }
}
