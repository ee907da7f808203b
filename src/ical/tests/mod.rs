//! Tests of the layer as a whole, through its one door.

mod samples;
