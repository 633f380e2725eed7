//! Finding the files of a mapping in a folder.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use crate::import::{Import, Sink};
use crate::limits::{FILES_MAX, FOLDER_DEPTH_MAX};
use crate::mapping::{Mapping, SourceFile};
use crate::problem::{Fault, Problem};

/// The files of a folder that a mapping reads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceFiles {
    /// In the order of the sources, and by name within one.
    pub files: Vec<SourceFile>,
    /// Patterns without a file, names that `captures` do not match, folders that cannot be read.
    pub problems: Vec<Problem>,
}

impl Mapping {
    /// Finds the files of every source below a folder; a path to one file is that file alone.
    ///
    /// Links to folders are not followed. The order is the same on every machine.
    #[must_use]
    pub fn sources_in(&self, folder: &Path) -> SourceFiles {
        let mut found = SourceFiles::default();
        let mut names = Vec::new();
        if folder.is_file() {
            names.extend(folder.file_name().and_then(|name| name.to_str()).map(str::to_owned));
        } else {
            list(folder, "", 0, &mut names, &mut found.problems);
        }
        names.sort_unstable();
        for (index, source) in self.sources.iter().enumerate() {
            for (glob, pattern) in &source.files {
                if !names.iter().any(|name| pattern.is_match(name)) {
                    let mend = "mend the pattern, or give the folder that it is meant for";
                    let fault = Fault::new("files", "no file matches this pattern", mend);
                    found.problems.push(fault.at(glob, 0, 0));
                }
            }
            let matches = |name: &&String| source.files.iter().any(|(_, pattern)| pattern.is_match(name));
            for name in names.iter().filter(matches) {
                match self.source_file(index, name) {
                    Ok(mut file) => {
                        if !folder.is_file() {
                            file.path = folder.join(name);
                        } else {
                            file.path = folder.to_owned();
                        }
                        found.files.push(file);
                    }
                    Err(problem) => found.problems.push(problem),
                }
            }
        }
        found
    }
}

impl Import<'_> {
    /// Finds the files of the mapping below a folder and reads them all, one after the other.
    pub fn folder(&mut self, folder: &Path, sink: &mut Sink<'_>) -> ControlFlow<()> {
        let found = self.mapping().sources_in(folder);
        for problem in found.problems {
            self.problem(problem, sink)?;
        }
        for file in &found.files {
            match fs::File::open(&file.path) {
                Ok(reader) => self.read(file, reader, sink)?,
                Err(error) => {
                    let why = format!("the file cannot be opened: {error}");
                    self.problem(Fault::new("", why, "check its permissions").at(&file.name, 0, 0), sink)?;
                }
            }
        }
        ControlFlow::Continue(())
    }
}

fn list(folder: &Path, prefix: &str, depth: usize, names: &mut Vec<String>, problems: &mut Vec<Problem>) {
    let mut problem = |name: &str, why: String, mend: &str| {
        problems.push(Fault::new("files", why, mend).at(name, 0, 0));
    };
    if depth > FOLDER_DEPTH_MAX {
        return problem(
            prefix,
            format!("folders are nested deeper than {FOLDER_DEPTH_MAX}"),
            "move the files up",
        );
    }
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            let name = if prefix.is_empty() { folder.display().to_string() } else { prefix.to_owned() };
            return problem(&name, format!("the folder cannot be read: {error}"), "check that it is there");
        }
    };
    let mut folders = Vec::new();
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some(name) = name.to_str() else {
            let shown = format!("{prefix}{}", name.to_string_lossy());
            problem(&shown, "the file name is not valid Unicode".into(), "rename the file");
            continue;
        };
        // The kind of the entry itself: a link to a folder is neither, so no search runs in circles.
        let kind = entry.file_type();
        let name = format!("{prefix}{name}");
        if kind.as_ref().is_ok_and(fs::FileType::is_dir) {
            folders.push((entry.path(), format!("{name}/")));
        } else if entry.path().is_file() {
            if names.len() >= FILES_MAX {
                return problem(&name, format!("there are more than {FILES_MAX} files"), "split the folder");
            }
            names.push(name);
        }
    }
    for (path, prefix) in folders {
        list(&path, &prefix, depth + 1, names, problems);
    }
}
