//! (random commits)
