//! The right to change one thing, and its atomic replacement.
