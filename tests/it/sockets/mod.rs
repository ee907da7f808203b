//! The bridge besieged: silent connections, few descriptors, ends and certificates, from raw sockets.

mod certificates;
mod descriptors;
mod doors;
mod ending;
mod memory;
mod raw;
mod told;
