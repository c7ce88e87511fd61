//! The verbs of the session manager: switch, create, save and the rest, without any user interface.
