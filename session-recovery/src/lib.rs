//! Detect, back up, verify and restore sessions.
