//! An installation on a data folder of its own, and the commands that are run on it.

use crate::harness::Dav;
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use tempfile::TempDir;

/// What the bridge says when it serves; the address follows.
const READY: &str = "ready: listening on ";
/// The token of the administrator of every installation here.
pub const TOKEN: &str = "token-0123456789-token";

/// A data folder and its settings.
pub struct Installation {
    folder: TempDir,
}

/// A bridge that serves it. Killed when dropped.
pub struct Serving {
    child: Child,
    /// Kept open: a bridge that prints more must not die of a closed pipe.
    _stdout: BufReader<ChildStdout>,
    /// `http://127.0.0.1:PORT/`.
    pub url: String,
}

/// What a command said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Exit code.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Said {
    /// Standard output of a command that was done.
    pub fn done(self) -> String {
        assert_eq!((self.code, self.err.as_str()), (0, ""), "{self:#?}");
        self.out
    }

    /// The only line of a command that was done.
    pub fn line(self) -> String {
        let out = self.done();
        let line = out.strip_suffix('\n').expect("a line");
        assert!(!line.contains('\n'), "{out}");
        line.to_owned()
    }
}

impl Installation {
    /// An empty one.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("tokens"), format!("{TOKEN}\n")).expect("a file");
        let tokens = folder.path().join("tokens");
        // What others can read is warned of.
        let own = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(&tokens, own).expect("a mode");
        let settings = format!("[admin]\ntoken_file = {tokens:?}\n");
        std::fs::write(folder.path().join("config.toml"), settings).expect("a file");
        Self { folder }
    }

    /// A path in its folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Its data folder, as an argument.
    pub fn data(&self) -> String {
        self.path("data").to_str().expect("a UTF-8 path").to_owned()
    }

    /// Runs a command on its data folder, in English.
    pub fn run(&self, args: &[&str]) -> Said {
        let data = self.data();
        self.command(&[args, &["--lang", "en", "--data", &data]].concat(), &[])
    }

    /// Runs a command as it stands, in a clean environment.
    pub fn command(&self, args: &[&str], variables: &[(&str, &str)]) -> Said {
        let output = Command::new(env!("CARGO_BIN_EXE_advanta-bridge"))
            .args(args)
            .current_dir(self.folder.path())
            .env_clear()
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .output()
            .expect("the command runs");
        Said {
            code: output.status.code().expect("it ended by itself"),
            out: String::from_utf8(output.stdout).expect("UTF-8"),
            err: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }

    /// Serves it on a free port.
    pub fn serve(&self) -> Serving {
        let config = self.path("config.toml");
        let log = std::fs::File::create(self.path("stderr.log")).expect("a log file");
        let mut child = Command::new(env!("CARGO_BIN_EXE_advanta-bridge"))
            .args(["serve", "--listen", "127.0.0.1:0", "--config"])
            .arg(config)
            .args(["--data", &self.data()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("the bridge starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("a piped stdout"));
        let mut line = String::new();
        stdout.read_line(&mut line).expect("a line");
        let Some(url) = line.trim_end().strip_prefix(READY) else {
            let log = std::fs::read_to_string(self.path("stderr.log"));
            panic!("the bridge did not start: {line:?} {log:?}");
        };
        Serving {
            child,
            _stdout: stdout,
            url: url.to_owned(),
        }
    }
}

impl Serving {
    /// A client of one account.
    pub fn dav(&self, login: &str, password: &str) -> Dav {
        Dav::new(&self.url, Some((login, password)))
    }

    /// The status of a PROPFIND by this person.
    pub fn let_in(&self, login: &str, password: &str) -> u16 {
        let answer = self
            .dav(login, password)
            .propfind("/", "0", "<D:resourcetype/>");
        answer.status
    }

    /// SIGTERM, and waits until it has ended.
    pub fn stop(mut self) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).expect("the bridge runs");
        let status = self.child.wait().expect("the bridge ends");
        assert!(status.success(), "{status}");
    }

    /// SIGKILL.
    pub fn kill9(mut self) {
        self.child.kill().expect("the bridge runs");
        self.child.wait().expect("the bridge ends");
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // An error says that it is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a file may be done with, as `ls` has it: `600`.
pub fn mode(path: &Path) -> String {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::symlink_metadata(path).expect("it is there");
    format!("{:o}", mode.permissions().mode() & 0o777)
}
