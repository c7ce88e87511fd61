//! What a session is on disk: model, codec, store, history.
