//! What the bridge may never do is caught, and what it could not know is not held against it.
