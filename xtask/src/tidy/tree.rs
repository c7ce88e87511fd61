//! The files that tidy looks at: the manifests of the workspace and the Rust sources of its members.

use std::fs;
use std::path::{Path, PathBuf};

use super::source::Source;

/// The workspace, read once.
pub(crate) struct Tree {
    pub(crate) root: PathBuf,
    /// The manifest of the workspace.
    pub(crate) workspace: toml::Table,
    pub(crate) members: Vec<Member>,
    pub(crate) sources: Vec<Source>,
}

/// One crate.
pub(crate) struct Member {
    /// Its folder, from the root.
    pub(crate) folder: String,
    pub(crate) package: String,
    pub(crate) text: String,
    pub(crate) manifest: toml::Table,
}

/// One entry of a dependency table.
pub(crate) struct Dependency<'a> {
    /// The name of the table, as in `dev-dependencies` or `target.'cfg(unix)'.dependencies`.
    pub(crate) table: String,
    pub(crate) key: &'a str,
    pub(crate) value: &'a toml::Value,
    pub(crate) line: usize,
}

impl Tree {
    pub(crate) fn read(root: &Path) -> Result<Self, String> {
        let (_, workspace) = manifest(&root.join("Cargo.toml"))?;
        let folders = workspace
            .get("workspace")
            .and_then(|table| table.get("members")?.as_array());
        let folders = folders.ok_or("Cargo.toml at the root names no members")?;
        let folders: Vec<String> = folders
            .iter()
            .filter_map(|folder| folder.as_str().map(str::to_owned))
            .collect();
        let mut tree = Self {
            root: root.to_path_buf(),
            workspace,
            members: Vec::new(),
            sources: Vec::new(),
        };
        for folder in folders {
            let (text, manifest) = manifest(&root.join(&folder).join("Cargo.toml"))?;
            let package = manifest
                .get("package")
                .and_then(|table| table.get("name"))
                .and_then(toml::Value::as_str);
            let package = package.unwrap_or(&folder).to_owned();
            tree.members.push(Member {
                folder: folder.clone(),
                package,
                text,
                manifest,
            });
            let mut files = Vec::new();
            rust_files(&root.join(&folder), &mut files)?;
            for file in files {
                let path = file.strip_prefix(root).unwrap_or(&file).to_string_lossy().into_owned();
                tree.sources.push(Source::new(path, read(&file)?));
            }
        }
        Ok(tree)
    }

    pub(crate) fn source(&self, path: &str) -> Option<&Source> {
        self.sources.iter().find(|source| source.path == path)
    }

    pub(crate) fn is_member(&self, package: &str) -> bool {
        self.members.iter().any(|member| member.package == package)
    }

    /// The package that an entry of a dependency table stands for.
    pub(crate) fn package_of(&self, dependency: &Dependency<'_>) -> String {
        let renamed = |value: &toml::Value| value.get("package").and_then(toml::Value::as_str).map(str::to_owned);
        let at_root = || {
            let tables = self.workspace.get("workspace")?.get("dependencies")?;
            renamed(tables.get(dependency.key)?)
        };
        renamed(dependency.value)
            .or_else(at_root)
            .unwrap_or_else(|| dependency.key.to_owned())
    }
}

impl Member {
    /// The path of its manifest, from the root.
    pub(crate) fn manifest_path(&self) -> String {
        format!("{}/Cargo.toml", self.folder)
    }

    /// All its dependencies: normal, dev and build, for all targets.
    pub(crate) fn dependencies(&self) -> Vec<Dependency<'_>> {
        let mut found = Vec::new();
        self.collect(&self.manifest, "", &mut found);
        let targets = self.manifest.get("target").and_then(toml::Value::as_table);
        for (target, tables) in targets.into_iter().flatten() {
            if let Some(tables) = tables.as_table() {
                self.collect(tables, &format!("target.{target}."), &mut found);
            }
        }
        found
    }

    fn collect<'a>(&'a self, tables: &'a toml::Table, prefix: &str, found: &mut Vec<Dependency<'a>>) {
        for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let entries = tables.get(kind).and_then(toml::Value::as_table);
            for (key, value) in entries.into_iter().flatten() {
                let line = self.line_of(kind, key);
                found.push(Dependency {
                    table: format!("{prefix}{kind}"),
                    key,
                    value,
                    line,
                });
            }
        }
    }

    /// The line of `key` below a header that ends in `table`; 1 when there is no such line.
    pub(crate) fn line_of(&self, table: &str, key: &str) -> usize {
        let mut inside = false;
        for (index, line) in self.text.lines().map(str::trim).enumerate() {
            if let Some(header) = line.strip_prefix('[') {
                let header = header.split(']').next().unwrap_or_default();
                inside = header == table || header.ends_with(&format!(".{table}"));
                if header.ends_with(&format!("{table}.{key}")) {
                    return index + 1;
                }
            }
            let rest = line.strip_prefix(key).unwrap_or_default();
            if inside && rest.starts_with(['.', ' ', '=']) {
                return index + 1;
            }
        }
        1
    }
}

fn manifest(path: &Path) -> Result<(String, toml::Table), String> {
    let text = read(path)?;
    let table = text.parse().map_err(|error| format!("{}: {error}", path.display()))?;
    Ok((text, table))
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// The .rs files below a folder, in a stable order. Build output and hidden folders are left out, and links
/// are not followed.
fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut entries = fs::read_dir(folder)
        .map_err(failed)?
        .collect::<Result<Vec<_>, _>>()
        .map_err(failed)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let (path, kind) = (entry.path(), entry.file_type().map_err(failed)?);
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        if kind.is_dir() && !hidden && !path.join("CACHEDIR.TAG").exists() {
            rust_files(&path, files)?;
        } else if kind.is_file() && path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Fixture;

    #[test]
    fn dependencies_of_all_kinds_are_found_with_their_lines() {
        let fixture = Fixture::new();
        let manifest = "[package]\nname = \"session-ops\"\n\n[dependencies]\nbstr.workspace = true\n\n\
                        [target.'cfg(unix)'.build-dependencies]\nnix = \"1\"\n\n[dev-dependencies.insta]\nversion = \"1\"\n";
        fixture.write("session-ops/Cargo.toml", manifest);
        let tree = fixture.tree();
        let member = tree
            .members
            .iter()
            .find(|member| member.package == "session-ops")
            .unwrap();
        let dependencies = member.dependencies();
        let found: Vec<(&str, usize)> = dependencies.iter().map(|found| (found.key, found.line)).collect();
        assert_eq!(found, [("bstr", 5), ("insta", 10), ("nix", 8)]);
    }

    #[test]
    fn build_output_is_left_out() {
        let fixture = Fixture::new();
        fixture.write("tsm-cli/target/CACHEDIR.TAG", "");
        fixture.write("tsm-cli/target/debug/build/out.rs", "todo!()");
        fixture.write("tsm-cli/src/.hidden/out.rs", "todo!()");
        let tree = fixture.tree();
        assert!(tree.sources.iter().all(|source| !source.path.ends_with("out.rs")));
        assert!(tree.source("tsm-cli/src/lib.rs").is_some());
    }
}
