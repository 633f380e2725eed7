//! The modules as one script: a browser asks once and what is compressed is compressed together. Each module becomes a
//! function that gives what it exports, after those that it imports; nothing else of it changes.

use std::collections::BTreeSet;

/// A module: its name, and its content without comments.
pub(crate) struct Module<'a> {
    pub name: &'a str,
    pub code: &'a str,
}

/// The script that does what importing `entry` does. What it imports must be among the modules, in no circle.
pub(crate) fn bundle(entry: &str, modules: &[Module<'_>]) -> String {
    let mut out = String::new();
    add(entry, modules, &mut BTreeSet::new(), &mut out);
    out
}

fn add(name: &str, modules: &[Module<'_>], done: &mut BTreeSet<String>, out: &mut String) {
    let Some(module) = modules.iter().find(|module| module.name == name) else { return };
    if !done.insert(name.to_owned()) {
        return;
    }
    for line in module.code.lines() {
        if let Some((_, from)) = import_of(line) {
            add(from, modules, done, out);
        }
    }
    let mut exports: Vec<&str> = Vec::new();
    out.push_str(&format!("const {} = (() => {{\n", variable(name)));
    for line in module.code.lines() {
        if let Some((names, from)) = import_of(line) {
            out.push_str(&format!("const {{ {} }} = {};\n", names.replace(" as ", ": "), variable(from)));
            continue;
        }
        let line = match line.strip_prefix("export ") {
            Some(rest) => {
                exports.extend(declared(rest));
                rest
            }
            None => line,
        };
        out.push_str(line);
        out.push('\n');
    }
    out.push_str(&format!("return {{ {} }};\n}})();\n", exports.join(", ")));
}

/// The names and the module of a line that imports.
pub(crate) fn import_of(line: &str) -> Option<(&str, &str)> {
    let (names, from) = line.strip_prefix("import { ")?.split_once(" } from './")?;
    Some((names, from.strip_suffix("';")?))
}

/// The name that a declaration gives.
fn declared(rest: &str) -> Option<&str> {
    let name = ["const ", "async function ", "function ", "class "]
        .iter()
        .find_map(|kind| rest.strip_prefix(kind))?;
    name.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '$').next()
}

fn variable(name: &str) -> String {
    format!("${}", name.trim_end_matches(".js").replace('-', "_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_stands_once_and_after_what_it_imports() {
        let modules = [
            Module {
                name: "app.js",
                code: "import { b } from './b.js';\nimport { A, c as d } from './a-c.js';\nb(A, d);\n",
            },
            Module {
                name: "b.js",
                code: "import { A } from './a-c.js';\nexport function b(x) {\nreturn A + x;\n}\n",
            },
            Module {
                name: "a-c.js",
                code: "export const A = 1;\nexport async function c() {}\nconst own = 2;\n",
            },
        ];
        assert_eq!(
            bundle("app.js", &modules),
            "const $a_c = (() => {\nconst A = 1;\nasync function c() {}\nconst own = 2;\nreturn { A, c };\n})();\n\
             const $b = (() => {\nconst { A } = $a_c;\nfunction b(x) {\nreturn A + x;\n}\nreturn { b };\n})();\n\
             const $app = (() => {\nconst { b } = $b;\nconst { A, c: d } = $a_c;\nb(A, d);\nreturn {  };\n})();\n"
        );
    }
}
