//! A source file as the import test reads it: without comments and without its test code.

use std::path::Path;

/// The code of one file.
pub struct Source {
    /// Its path below `src/`.
    pub path: String,
    /// Its code; what is left out leaves its line breaks behind.
    code: String,
    /// Names of the modules that it declares for tests only, in files of their own.
    test_modules: Vec<String>,
}

impl Source {
    /// Reads the text of the file at `path` below `src/`.
    pub fn new(path: &str, text: &str) -> Self {
        let mut source = Self {
            path: path.to_owned(),
            code: String::new(),
            test_modules: Vec::new(),
        };
        let mut lines = text.lines().map(without_comment).peekable();
        while let Some(line) = lines.next() {
            if line.trim() == "#[cfg(test)]" {
                let next = lines.peek().map_or("", |next| next.trim());
                let module = next.strip_prefix("mod ").unwrap_or_default();
                if let Some(name) = module.strip_suffix(';') {
                    source.test_modules.push(name.to_owned());
                } else if module.ends_with('{') {
                    // Tests stand last in a file.
                    break;
                }
            }
            source.code += line;
            source.code.push('\n');
        }
        source
    }

    /// Every `.rs` file below a folder, by path.
    pub fn all(root: &Path) -> Vec<Self> {
        let mut sources = Vec::new();
        collect(root, "", &mut sources);
        sources.sort_by(|ours, theirs| ours.path.cmp(&theirs.path));
        sources
    }

    /// The top-level module that it belongs to.
    pub fn module(&self) -> &str {
        let first = self.path.split('/').next().unwrap_or_default();
        first.strip_suffix(".rs").unwrap_or(first)
    }

    /// The top-level names that its paths begin with, and their lines: `crate::NAME`, groups, and `super` chains up to the root.
    pub fn imports(&self) -> Vec<(usize, String)> {
        let mut found = Vec::new();
        for root in ["crate::", "advanta_bridge::"] {
            for at in self.words(root) {
                self.names_at(at + root.len(), &mut found);
            }
        }
        let climb = "super::".repeat(self.depth());
        for at in self.words(&climb) {
            let chain_goes_on = self.code[..at].ends_with("super::");
            if !chain_goes_on {
                self.names_at(at + climb.len(), &mut found);
            }
        }
        found
    }

    /// Lines that hold the word.
    pub fn lines_with(&self, word: &str) -> impl Iterator<Item = usize> {
        self.words(word).into_iter().map(|at| self.line(at))
    }

    /// How many `super` lead from it to the root.
    fn depth(&self) -> usize {
        let parts = self.path.split('/').count();
        let is_folder = self.path.ends_with("/mod.rs");
        (parts - usize::from(is_folder)).max(1)
    }

    /// The first names of a path or of a group of paths that begins at a byte.
    fn names_at(&self, start: usize, found: &mut Vec<(usize, String)>) {
        let rest = &self.code[start..];
        if !rest.starts_with('{') {
            found.push((self.line(start), first_name(rest)));
            return;
        }
        let mut depth = 0_usize;
        for (at, sign) in rest.char_indices() {
            match sign {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return;
            }
            let opens_item = depth == 1 && (sign == ',' || sign == '{');
            if opens_item {
                let item = &rest[at + 1..];
                let begin = at + 1 + (item.len() - item.trim_start().len());
                found.push((self.line(start + begin), first_name(item.trim_start())));
            }
        }
    }

    /// Where a word stands that is no part of a longer one.
    fn words(&self, word: &str) -> Vec<usize> {
        let part_of_name =
            |sign: Option<char>| sign.is_some_and(|c| c.is_alphanumeric() || c == '_');
        self.code
            .match_indices(word)
            .map(|(at, _)| at)
            .filter(|&at| {
                let after = self.code[at + word.len()..].chars().next();
                let whole = word.ends_with("::") || !part_of_name(after);
                whole && !part_of_name(self.code[..at].chars().next_back())
            })
            .collect()
    }

    fn line(&self, at: usize) -> usize {
        1 + self.code[..at].matches('\n').count()
    }
}

/// The paths of modules that are declared for tests only: `rules/scenarios` stands for a file and for a folder.
pub fn test_files(sources: &[Source]) -> Vec<String> {
    let mut files = Vec::new();
    for source in sources {
        let stem = source.path.trim_end_matches(".rs").trim_end_matches("/mod");
        let folder = if stem == "lib" || stem == "main" {
            ""
        } else {
            stem
        };
        for name in &source.test_modules {
            let path = format!("{folder}/{name}");
            files.push(format!("{}.rs", path.trim_start_matches('/')));
            files.push(format!("{}/", path.trim_start_matches('/')));
        }
    }
    files
}

fn collect(folder: &Path, prefix: &str, sources: &mut Vec<Source>) {
    for entry in std::fs::read_dir(folder).expect("a folder of sources") {
        let entry = entry.expect("a readable folder");
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            collect(&entry.path(), &format!("{name}/"), sources);
        } else if name.ends_with(".rs") {
            let text = std::fs::read_to_string(entry.path()).expect("UTF-8 source");
            sources.push(Source::new(&name, &text));
        }
    }
}

/// The line up to `//`, unless that is part of an address.
fn without_comment(line: &str) -> &str {
    let comment = line
        .match_indices("//")
        .find(|&(at, _)| !line[..at].ends_with(':'));
    comment.map_or(line, |(at, _)| &line[..at])
}

fn first_name(path: &str) -> String {
    path.chars()
        .take_while(|&c| c.is_alphanumeric() || c == '_')
        .collect()
}
