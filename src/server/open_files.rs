//! How many files the process may have open, and how many connections that leaves.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Connections that a bridge is of no use without.
const CONNECTIONS_MIN: u64 = 16;

/// Why the connections of the settings cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TooFewFiles {
    /// The settings ask for more than there is.
    #[error(
        "server.connections_max {connections} and server.descriptors_reserved {reserved} do not fit into the {files} files that this process may open: raise its hard limit (ulimit -Hn, LimitNOFILE=), or lower one of them"
    )]
    Wanted {
        /// What is asked for.
        connections: usize,
        /// What is kept for everything else.
        reserved: usize,
        /// What the system allows.
        files: u64,
    },
    /// What is reserved leaves next to nothing.
    #[error(
        "server.descriptors_reserved {reserved} leaves fewer than {CONNECTIONS_MIN} of the {files} files that this process may open to connections: raise its hard limit (ulimit -Hn, LimitNOFILE=), or lower it"
    )]
    Reserved {
        /// What is kept for everything else.
        reserved: usize,
        /// What the system allows.
        files: u64,
    },
}

/// Raises the limit of open files as far as the process may; returns how many it may open now.
pub fn raise_open_files() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    let limit = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(error) => {
            tracing::warn!("the limit of open files stays as it is: {error}");
            limit.current
        }
    };
    // No limit at all is said by no number.
    limit.unwrap_or(u64::MAX)
}

/// How many connections there may be at the same time: as many as the settings ask for, else as many as usual, if there are files
/// for that.
///
/// # Errors
/// The settings ask for what cannot be had.
pub fn connections_within(
    files: u64,
    reserved: usize,
    asked: Option<usize>,
    usual: usize,
) -> Result<usize, TooFewFiles> {
    let left = files.saturating_sub(reserved as u64);
    match asked {
        Some(connections) if connections as u64 > left => Err(TooFewFiles::Wanted {
            connections,
            reserved,
            files,
        }),
        Some(connections) => Ok(connections),
        None if left < CONNECTIONS_MIN => Err(TooFewFiles::Reserved { reserved, files }),
        None => Ok(usize::try_from(left).unwrap_or(usize::MAX).min(usual)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_are_what_the_reserve_leaves() {
        assert_eq!(connections_within(1 << 20, 256, None, 4096), Ok(4096));
        assert_eq!(connections_within(1024, 256, None, 4096), Ok(768));
        assert_eq!(connections_within(1024, 256, Some(768), 4096), Ok(768));
        let wanted = connections_within(1024, 256, Some(769), 4096).unwrap_err();
        assert_eq!(
            wanted.to_string(),
            "server.connections_max 769 and server.descriptors_reserved 256 do not fit into the 1024 files that this process may open: raise its hard limit (ulimit -Hn, LimitNOFILE=), or lower one of them"
        );
        let reserved = connections_within(256, 256, None, 4096).unwrap_err();
        assert_eq!(
            reserved.to_string(),
            "server.descriptors_reserved 256 leaves fewer than 16 of the 256 files that this process may open to connections: raise its hard limit (ulimit -Hn, LimitNOFILE=), or lower it"
        );
    }
}
