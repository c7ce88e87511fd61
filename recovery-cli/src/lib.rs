//! The tsm-recovery binary: the way back when everything is broken.
