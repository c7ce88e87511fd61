//! Typed control of a tmux server.
