//! The tsm binary: switches between projects that each live in a tmux session.
