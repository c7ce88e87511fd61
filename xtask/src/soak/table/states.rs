//! The states on disk.

use super::{Mutant, mutant};

const STATE: &[&str] = &["--package", "session-state", "--lib"];
const FAULTS: &[&str] = &["--package", "tests", "--test", "faults"];

pub(super) const MUTANTS: &[Mutant] = &[
    mutant(
        "leftovers aren't swept",
        "session-state/src/store.rs",
        "sweep_leftovers(&self.dir)?;",
        "",
        STATE,
    ),
    mutant(
        "what was written isn't read back",
        "session-state/src/store/pass.rs",
        "Some((staged, bytes)) if !reads_back(&staged, bytes)? =>",
        "Some((staged, _)) if false =>",
        FAULTS,
    ),
    mutant(
        "the former state isn't kept",
        "session-state/src/store/pass.rs",
        "Former::Good(loaded) if job.saving.changed && !job.amends => {",
        "Former::Good(loaded) if false => {",
        STATE,
    ),
    mutant(
        "what a state amended isn't put back",
        "session-state/src/store/pass.rs",
        "(None, Former::Good(loaded)) => replace_file(&self.saving.path, &loaded.bytes),",
        "(None, Former::Good(_)) => Ok(()),",
        FAULTS,
    ),
    mutant(
        "the history isn't synced before the rename",
        "session-state/src/store/pass.rs",
        "        self.sync_second_names(&mut jobs);\n",
        "",
        FAULTS,
    ),
    mutant(
        "a save whose directory couldn't be synced isn't undone",
        "session-state/src/store/pass.rs",
        "                job.put_back();\n",
        "",
        FAULTS,
    ),
    mutant(
        "a damaged file isn't put aside",
        "session-state/src/store/pass.rs",
        "                job.saving.quarantined = Some(aside.clone());\n                job.second_name = Some(aside);\n",
        "                let _removed = remove_file(&aside);\n",
        STATE,
    ),
    mutant(
        "a newer file is written over",
        "session-state/src/store/save.rs",
        "=> Err(StoreError::NewerVersion {\n                path: path.to_owned(),\n                version,\n            }),",
        "=> { let _ = version; Ok(Former::None) }",
        STATE,
    ),
    mutant(
        "a digest that doesn't match isn't noticed",
        "session-state/src/codec/header.rs",
        "self.digest.as_ref() == Some(&hex(body))",
        "true",
        STATE,
    ),
    mutant(
        "a shell sees what is between double quotes",
        "session-state/src/codec/quote.rs",
        "!text.contains(['$', '`', '\"', '\\\\'])",
        "!text.contains(['\"', '\\\\'])",
        STATE,
    ),
    mutant(
        "a state of another project will do",
        "session-state/src/store/file.rs",
        "if decoded.state.project != project {",
        "if false {",
        STATE,
    ),
    mutant(
        "an entry that was tampered with is as good as any",
        "session-state/src/store/load.rs",
        "if matches!(found.1.notice, None | Some(Notice::OriginalScript)) {",
        "if true {",
        STATE,
    ),
    mutant(
        "a clock that was ahead makes the history old",
        "session-state/src/store/pass.rs",
        "newest.chain([former.saved.at]).min().unwrap_or_default()",
        "newest.map(|_| former.saved.at).last().unwrap_or_default()",
        STATE,
    ),
];
