//! Which bridge a command is for.

use crate::config::Config;
use anyhow::Result;
use std::path::{Path, PathBuf};

/// Which settings and which data.
#[derive(Debug, clap::Args)]
pub(super) struct Place {
    /// Файл настроек. / Settings file (TOML).
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Папка данных. / Data folder [default: ./data, with --demo ./data-demo].
    #[arg(long, value_name = "DIR")]
    pub(super) data: Option<PathBuf>,
}

/// Which bridge, on this machine or another.
#[derive(Debug, clap::Args)]
pub(super) struct Reach {
    #[command(flatten)]
    pub(super) place: Place,
    /// Адрес моста на другой машине. / Address of a bridge on another machine.
    #[arg(long, value_name = "URL", conflicts_with_all = ["config", "data"])]
    pub(super) url: Option<String>,
    /// Файл с токеном для --url [иначе ADVANTA_BRIDGE_TOKEN]. / File with the token for --url [else ADVANTA_BRIDGE_TOKEN].
    #[arg(long, value_name = "FILE", requires = "url")]
    pub(super) token_file: Option<PathBuf>,
}

impl Place {
    pub(super) fn config(&self) -> Result<Config> {
        Ok(match &self.config {
            Some(path) => Config::read(path)?,
            None => Config::default(),
        })
    }

    pub(super) fn data(&self, config: &Config, fallback: &str) -> PathBuf {
        let set = self.data.clone().or_else(|| config.store.data.clone());
        set.unwrap_or_else(|| Path::new(fallback).to_owned())
    }
}
