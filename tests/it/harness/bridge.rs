//! The bridge as a process of its own, on a data folder of its own.

use super::Dav;
use rustix::process::{Pid, Signal, kill_process};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// What the bridge says when it serves; the address follows.
const READY: &str = "ready: listening on ";

/// A running bridge. Killed, and its folder removed, when dropped.
pub struct Bridge {
    child: Child,
    /// Kept open: a bridge that prints more must not die of a closed pipe.
    _stdout: BufReader<ChildStdout>,
    url: String,
    folder: TempDir,
    args: Vec<String>,
    wrapper: Vec<String>,
}

impl Bridge {
    /// Starts `serve --demo` on a free port and a fresh folder, with further arguments.
    pub fn demo(args: &[&str]) -> Self {
        Self::wrapped(|_| Vec::new(), args)
    }

    /// The same with a settings file of this text.
    pub fn configured(settings: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("config.toml");
        std::fs::write(&file, settings).expect("a settings file");
        let file = file.to_str().expect("a UTF-8 path").to_owned();
        let args = ["--demo", "--config", &file].map(str::to_owned).into();
        Self::start(folder, Vec::new(), args)
    }

    /// A real installation in a folder of its own, with the settings file `config.toml` in it. `prepare` fills the folder
    /// before the bridge starts; data lies in `data`.
    pub fn installed(prepare: impl FnOnce(&Path)) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        prepare(folder.path());
        let file = folder.path().join("config.toml");
        let file = file.to_str().expect("a UTF-8 path").to_owned();
        Self::start(folder, Vec::new(), vec!["--config".to_owned(), file])
    }

    /// The same, run by another program: `wrapper` makes its command line from the folder that goes when the bridge goes.
    pub fn wrapped(wrapper: impl FnOnce(&Path) -> Vec<String>, args: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let wrapper = wrapper(folder.path());
        let demo = ["--demo"].iter().chain(args);
        let args = demo.map(|&arg| arg.to_owned()).collect();
        Self::start(folder, wrapper, args)
    }

    /// The same with a settings file of this text, after the shell did `limits`: `ulimit -n 64`.
    pub fn limited(settings: &str, limits: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("config.toml");
        std::fs::write(&file, settings).expect("a settings file");
        let file = file.to_str().expect("a UTF-8 path").to_owned();
        let args = ["--demo", "--config", &file].map(str::to_owned).into();
        Self::start(folder, shell(limits), args)
    }

    /// What the program says when it does not start with these settings, after the shell did `limits`.
    pub fn refused(settings: &str, limits: &str) -> String {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("config.toml");
        std::fs::write(&file, settings).expect("a settings file");
        let line = shell(limits);
        let output = Command::new(&line[0])
            .args(&line[1..])
            .arg(env!("CARGO_BIN_EXE_advanta-bridge"))
            .args(["serve", "--demo", "--listen", "127.0.0.1:0", "--data"])
            .arg(folder.path().join("data"))
            .arg("--config")
            .arg(&file)
            .output()
            .expect("a shell");
        assert!(!output.status.success(), "it started: {output:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    fn start(folder: TempDir, wrapper: Vec<String>, args: Vec<String>) -> Self {
        let (child, stdout, url) = spawn(folder.path(), &wrapper, &args);
        Self {
            child,
            _stdout: stdout,
            url,
            folder,
            args,
            wrapper,
        }
    }

    /// Kills it and starts it again on the same data, at a new port.
    pub fn restart(&mut self) {
        self.kill9();
        let (child, stdout, url) = spawn(self.folder.path(), &self.wrapper, &self.args);
        (self.child, self._stdout, self.url) = (child, stdout, url);
    }

    /// SIGKILL, and waits until it is gone.
    pub fn kill9(&mut self) {
        // An error says that it is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// SIGTERM, and waits until it has ended.
    pub fn sigterm(&mut self) -> ExitStatus {
        kill_process(Pid::from_child(&self.child), Signal::TERM).expect("the bridge runs");
        self.child.wait().expect("the bridge ends")
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("the bridge runs");
    }

    /// SIGTERM; fails when it has not ended in this time, which is far longer than it may take.
    pub fn sigterm_within(&mut self, patience: Duration) -> ExitStatus {
        self.signal(Signal::TERM);
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                return status;
            }
            assert!(
                began.elapsed() < patience,
                "it does not end: {}",
                self.log()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The bare host: `http://127.0.0.1:PORT/`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The folder that goes when the bridge goes.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What it logged since its last start.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("stderr.log")).expect("a log file")
    }

    /// Where its data lies.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A client of one demonstration account.
    pub fn dav(&self, login: &str) -> Dav {
        Dav::new(&self.url, Some((login, super::demo::PASSWORD)))
    }

    /// A client that does not log in.
    pub fn anonymous(&self) -> Dav {
        Dav::new(&self.url, None)
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        self.kill9();
    }
}

/// A command line that has a shell do something and then become another program.
fn shell(first: &str) -> Vec<String> {
    let script = format!("{first} && exec \"$0\" \"$@\"");
    ["sh", "-c", &script].map(str::to_owned).into()
}

/// Starts the program and reads on until it says where it listens.
fn spawn(
    folder: &Path,
    wrapper: &[String],
    args: &[String],
) -> (Child, BufReader<ChildStdout>, String) {
    let log = folder.join("stderr.log");
    let program = env!("CARGO_BIN_EXE_advanta-bridge").to_owned();
    let line: Vec<&String> = wrapper.iter().chain([&program]).collect();
    let mut child = Command::new(line[0])
        .args(&line[1..])
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(folder.join("data"))
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(File::create(&log).expect("a log file"))
        .spawn()
        .unwrap_or_else(|error| panic!("{}: {error}", line[0]));
    let mut stdout = BufReader::new(child.stdout.take().expect("a piped stdout"));
    let Some(url) = ready(&mut stdout) else {
        let status = child.wait();
        let said = std::fs::read_to_string(&log).unwrap_or_default();
        panic!("the bridge ended ({status:?}) before it was ready:\n{said}");
    };
    (child, stdout, url)
}

/// The address of the line that says so; `None` at the end of the output.
fn ready(stdout: &mut impl BufRead) -> Option<String> {
    stdout
        .lines()
        .map_while(Result::ok)
        .find_map(|line| line.strip_prefix(READY).map(str::to_owned))
}
