//! The mutants: which protection is taken out, where, and the tests that must notice. A file for each topic.

mod agents;
mod backups;
mod locks;
mod projects;
mod saving;
mod states;

/// One protection that is taken out.
pub(super) struct Mutant {
    /// What is missing then.
    pub(super) name: &'static str,
    pub(super) file: &'static str,
    /// The text, which stands there once.
    from: &'static str,
    to: &'static str,
    /// The tests that must fail, as arguments of `cargo test`.
    pub(super) tests: &'static [&'static str],
}

impl Mutant {
    /// The file without the protection.
    pub(super) fn apply(&self, text: &str) -> Result<String, String> {
        match text.matches(self.from).count() {
            1 => Ok(text.replacen(self.from, self.to, 1)),
            count => Err(format!(
                "the mutant {:?} is out of date: its text stands {count} times in {}",
                self.name, self.file
            )),
        }
    }
}

const fn mutant(
    name: &'static str,
    file: &'static str,
    from: &'static str,
    to: &'static str,
    tests: &'static [&'static str],
) -> Mutant {
    Mutant {
        name,
        file,
        from,
        to,
        tests,
    }
}

/// All of them.
pub(super) fn mutants() -> impl Iterator<Item = &'static Mutant> {
    let topics = [
        locks::MUTANTS,
        states::MUTANTS,
        saving::MUTANTS,
        agents::MUTANTS,
        backups::MUTANTS,
        projects::MUTANTS,
    ];
    topics.into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cargo;

    #[test]
    fn every_mutant_still_finds_its_text() {
        for mutant in mutants() {
            let text = std::fs::read_to_string(cargo::root().join(mutant.file)).unwrap();
            let mutated = mutant.apply(&text).unwrap();
            assert_ne!(mutated, text, "{}", mutant.name);
        }
    }
}
