//! A door.
