//! What an operator learns of a store: how a backup went, and whether everything in it is sound.

/// What a backup holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackupDone {
    /// How many commits led to the state that it holds, which is the number of the last of them. Commits after it are not in it.
    pub commits: u64,
    /// Rows that were copied. Those that commits changed while the copy was made are counted once.
    pub rows: u64,
    /// Length of the whole backup in bytes.
    pub bytes: u64,
}

/// Is told from time to time how many rows were looked at. Runs on the thread that looks: it should be quick.
pub type Progress = Box<dyn FnMut(u64) + Send>;

/// Something that cannot be so in a sound store.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Which kind of record, or which files.
    pub table: &'static str,
    /// The record's key in hexadecimal, because keys hold identities; for files the name and place.
    pub key: String,
    /// What is wrong, without content.
    pub what: String,
}

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckReport {
    /// Rows that were looked at.
    pub rows: u64,
    /// What is wrong, in the order of the tables; at most [`CheckReport::FINDINGS_MAX`].
    pub findings: Vec<Finding>,
    /// How many further findings there are.
    pub further: u64,
}

impl CheckReport {
    /// The most findings that are kept: enough to see what kind of damage it is.
    pub const FINDINGS_MAX: usize = 1_000;

    /// Whether nothing is wrong.
    pub fn is_sound(&self) -> bool {
        self.findings.is_empty()
    }

    /// Adds a finding, or counts it when there are too many.
    pub fn add(&mut self, finding: Finding) {
        if self.findings.len() < Self::FINDINGS_MAX {
            self.findings.push(finding);
        } else {
            self.further += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_beyond_the_bound_are_counted() {
        let mut report = CheckReport::default();
        for n in 0..CheckReport::FINDINGS_MAX + 3 {
            report.add(Finding {
                table: "users",
                key: format!("{n:04x}"),
                what: "it is empty".into(),
            });
        }
        assert_eq!((report.findings.len(), report.further), (1_000, 3));
        assert!(!report.is_sound() && CheckReport::default().is_sound());
    }
}
