//! How much a person may store, and how much they do.

/// What bounds a person's own texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Bytes of their texts.
    pub bytes_max: u64,
    /// Calendar objects of theirs.
    pub resources_max: u64,
}

/// What counts against it: texts that the person's own clients wrote, as they are served, and those of refused creates that the journal
/// keeps. What ADVANTA or a remote brought does not count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// Bytes of their texts.
    pub bytes: u64,
    /// Calendar objects of theirs.
    pub resources: u64,
}

impl Quota {
    /// Whether a change keeps to it. Who has too much already may still make it less.
    pub fn allows(&self, before: Used, after: Used) -> bool {
        (after.bytes <= self.bytes_max || after.bytes <= before.bytes)
            && (after.resources <= self.resources_max || after.resources <= before.resources)
    }

    /// Bytes that may still be stored.
    pub fn available(&self, used: Used) -> u64 {
        self.bytes_max.saturating_sub(used.bytes)
    }
}

impl Default for Quota {
    fn default() -> Self {
        Self {
            bytes_max: 64 << 20,
            resources_max: 20_000,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_too_much_may_make_it_less_and_nothing_more() {
        let quota = Quota {
            bytes_max: 100,
            resources_max: 2,
        };
        let used = |bytes, resources| Used { bytes, resources };
        assert!(quota.allows(used(0, 0), used(100, 2)));
        assert!(!quota.allows(used(100, 1), used(101, 1)));
        assert!(!quota.allows(used(10, 2), used(11, 3)));
        assert!(quota.allows(used(300, 5), used(299, 5)));
        assert!(quota.allows(used(300, 5), used(300, 4)));
        assert!(!quota.allows(used(300, 5), used(301, 4)));
        assert_eq!(
            (quota.available(used(40, 0)), quota.available(used(400, 0))),
            (60, 0)
        );
    }
}
