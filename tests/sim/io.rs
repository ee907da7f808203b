//! Everything that goes in and out of the bridge passes here: it is counted, written down, cut off and interrupted.
//!
//! A crash is a call that never ends: before its effect or after it. Whoever waits for the whole then drops it and opens the
//! world again over what is left ([`Life`] is one process).

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Calls of one undertaking before it is said never to end.
const CALLS_MAX: u32 = 20_000;
/// Lines of the trace that are kept for reading; the hash is over all.
const LINES_KEPT: usize = 400;

/// Something that happens outside just before a call has its effect.
pub type Intrusion = Box<dyn FnOnce() + Send>;

/// The wire between the bridge and the world. It outlives processes.
#[derive(Default)]
pub struct Io(Mutex<Inside>);

#[derive(Default)]
struct Inside {
    lines: Vec<String>,
    hasher: DefaultHasher,
    /// Calls of the present undertaking.
    calls: u32,
    fuse: Option<Fuse>,
    /// After so many more calls, this.
    intrusions: Vec<(u32, Intrusion)>,
    crashes: u32,
}

/// When the process dies.
#[derive(Clone, Copy, Debug)]
pub struct Fuse {
    /// In the call after so many others.
    pub calls: u32,
    /// After the call's effect, so that only the answer is missing.
    pub after_effect: bool,
}

impl Io {
    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes a line into the trace.
    pub fn note(&self, line: impl Into<String>) {
        let line = line.into();
        let mut inside = self.inside();
        line.hash(&mut inside.hasher);
        if inside.lines.len() >= LINES_KEPT * 2 {
            inside.lines.drain(..LINES_KEPT);
        }
        inside.lines.push(line);
    }

    /// The trace's last lines, and a hash over all of it.
    pub fn trace(&self) -> (Vec<String>, u64) {
        let inside = self.inside();
        (inside.lines.clone(), inside.hasher.finish())
    }

    /// The process will die in a while.
    pub fn light(&self, fuse: Fuse) {
        self.inside().fuse = Some(fuse);
    }

    /// It will not, and nobody intrudes any more.
    pub fn calm(&self) {
        let mut inside = self.inside();
        inside.fuse = None;
        inside.intrusions.clear();
    }

    /// Something will happen after so many more calls.
    pub fn intrude(&self, calls: u32, intrusion: Intrusion) {
        self.inside().intrusions.push((calls, intrusion));
    }

    /// A new undertaking begins: its calls are counted from here.
    pub fn begin(&self) {
        self.inside().calls = 0;
    }

    /// How often the process died.
    pub fn crashes(&self) -> u32 {
        self.inside().crashes
    }

    /// What happens now, before a call; and whether the process dies before (`Some(false)`) or after (`Some(true)`) its effect.
    fn pass(&self) -> (Vec<Intrusion>, Option<bool>) {
        let mut inside = self.inside();
        inside.calls += 1;
        assert!(inside.calls < CALLS_MAX, "it never comes to an end");
        let dies = match &mut inside.fuse {
            Some(Fuse {
                calls: 0,
                after_effect,
            }) => Some(*after_effect),
            Some(fuse) => {
                fuse.calls -= 1;
                None
            }
            None => None,
        };
        if dies.is_some() {
            inside.fuse = None;
            inside.crashes += 1;
        }
        let (now, later) = std::mem::take(&mut inside.intrusions)
            .into_iter()
            .partition::<Vec<_>, _>(|(calls, _)| *calls == 0);
        inside.intrusions = later
            .into_iter()
            .map(|(calls, intrusion)| (calls - 1, intrusion))
            .collect();
        (
            now.into_iter().map(|(_, intrusion)| intrusion).collect(),
            dies,
        )
    }
}

/// One process.
pub struct Life {
    pub io: Arc<Io>,
    dead: AtomicBool,
    died: Notify,
}

/// A call that is under way.
#[must_use]
pub struct Call {
    dies: bool,
}

impl Life {
    pub fn new(io: &Arc<Io>) -> Arc<Self> {
        Arc::new(Self {
            io: Arc::clone(io),
            dead: AtomicBool::new(false),
            died: Notify::new(),
        })
    }

    /// Ends when the process dies.
    pub async fn died(&self) {
        self.died.notified().await;
    }

    /// The process is over: nothing of it has an effect any more.
    pub fn end(&self) {
        self.dead.store(true, Ordering::SeqCst);
    }

    /// A call begins.
    pub async fn before(&self) -> Call {
        // A call takes a while: others get a turn.
        tokio::task::yield_now().await;
        self.alive().await;
        let (intrusions, dies) = self.io.pass();
        for intrusion in intrusions {
            intrusion();
        }
        match dies {
            Some(false) => self.die("before").await,
            Some(true) => Call { dies: true },
            None => Call { dies: false },
        }
    }

    /// A call had its effect.
    pub async fn after(&self, call: Call, line: String) {
        self.io.note(line);
        if call.dies {
            let _: Call = self.die("after").await;
        }
        tokio::task::yield_now().await;
        self.alive().await;
    }

    /// Never ends in a process that is over.
    async fn alive(&self) {
        if self.dead.load(Ordering::SeqCst) {
            std::future::pending().await
        }
    }

    async fn die(&self, when: &str) -> Call {
        self.io.note(format!("KILLED {when} the effect"));
        self.end();
        self.died.notify_one();
        std::future::pending().await
    }
}
