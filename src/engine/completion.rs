//! The names that a shell completes: runbooks, steps, facts, versions, profiles, stacks. Read from
//! files of this machine only; what cannot be read offers nothing.

use super::history_open;
use crate::fact;
use crate::history::{self, Location, StackKey};
use crate::lambda::alias_moves::read_alias_moves;
use crate::runbook::Library;
use crate::stack::{Environment, Flags, Settings, config_path, stack_names};
use crate::state_dir::input::{self, Links};
use crate::state_dir::journal::Journal;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;
use time::OffsetDateTime;

/// Recorded versions are offered for so long.
const RECORDED: time::Duration = time::Duration::days(30);

/// A shell waits for an answer: longer than this no database is waited for.
const BUDGET: Duration = Duration::from_millis(200);

/// A name, and what it stands for.
pub type DescribedWord = (String, Option<String>);

/// Where the names of one completion come from.
pub struct CompletionSources {
    settings: Option<Settings>,
    library: Option<Library>,
    env: Environment,
    now: OffsetDateTime,
}

impl CompletionSources {
    /// Those of the settings that the flags and the environment ask for.
    pub fn new(flags: &Flags, env: &Environment, now: OffsetDateTime) -> Self {
        let settings = Settings::resolve(flags, &|name| env.get(name).cloned()).ok();
        let folder = settings.as_ref().and_then(|found| found.runbooks.as_ref());
        let library = Library::open(folder.map(|folder| folder.value.as_path()));
        Self {
            library: library.or_else(|_| Library::open(None)).ok(),
            settings,
            env: env.clone(),
            now,
        }
    }

    /// Every runbook with its title.
    pub fn runbooks(&self) -> Vec<DescribedWord> {
        let Some(library) = &self.library else {
            return Vec::new();
        };
        let title = |id| library.get(id).ok().map(|runbook| runbook.title);
        library.ids().map(|id| (id.to_owned(), title(id))).collect()
    }

    /// The steps of the first of these words that names a runbook.
    pub fn steps_of<'a>(&self, words: impl IntoIterator<Item = &'a str>) -> Vec<DescribedWord> {
        let library = self.library.as_ref();
        let mut words = words.into_iter();
        let runbook = words.find_map(|word| library?.get(word).ok());
        let steps = runbook.into_iter().flat_map(|runbook| runbook.steps);
        let steps = steps.map(|step| (step.id, Some(step.title)));
        steps.collect()
    }

    /// Every declared fact with its meaning.
    pub fn facts(&self) -> Vec<DescribedWord> {
        let facts = fact::all().flat_map(|(_, facts)| facts);
        let named = facts.map(|fact| (fact.path.to_owned(), Some(fact.about.to_owned())));
        named.collect()
    }

    /// The versions that the journal moved the alias from or to, that history recorded lately, or
    /// that the configuration expects; the newest first.
    pub fn versions(&self) -> Vec<DescribedWord> {
        let Some(settings) = &self.settings else {
            return Vec::new();
        };
        let stack = &settings.stack;
        let expected = stack.expected_version.as_ref();
        let mut found: BTreeSet<u64> = expected
            .and_then(|version| version.value.parse().ok())
            .into_iter()
            .collect();
        if let Some(folder) = &settings.state_dir
            && let Ok(chain) = Journal::in_folder(&folder.value).recent()
        {
            let moves = read_alias_moves(&chain, &stack.key(), &stack.alias.value);
            let last = moves.last.iter().flat_map(|last| [&last.from, &last.to]);
            let whole = moves.whole.iter().map(|whole| &whole.version);
            found.extend(
                whole
                    .chain(last)
                    .filter_map(|version| version.parse::<u64>().ok()),
            );
        }
        if let Ok((Location::Sqlite(path), _)) = history_open::location(settings)
            && path.is_file()
            && let Ok(history) = history::open(&Location::Sqlite(path), BUDGET)
        {
            let from = self.now - RECORDED;
            let samples = history.samples(&StackKey(stack.key()), "alias.number", from);
            let recorded = samples.unwrap_or_default().into_iter();
            found.extend(recorded.filter_map(|sample| u64::try_from(sample.value).ok()));
        }
        let newest = found.into_iter().rev();
        newest.map(|version| (version.to_string(), None)).collect()
    }

    /// The profiles of the AWS configuration files.
    pub fn profiles(&self) -> Vec<DescribedWord> {
        let file = |variable: &str, name: &str| {
            let named = self.env.get(variable).map(PathBuf::from);
            let home = || Some(Path::new(self.env.get("HOME")?).join(".aws").join(name));
            let path = named.or_else(home);
            let text = path.map(|path| input::read_text(&path, Links::Follow, input::MAX_TEXT));
            text.and_then(Result::ok).unwrap_or_default()
        };
        let texts = [
            file("AWS_CONFIG_FILE", "config"),
            file("AWS_SHARED_CREDENTIALS_FILE", "credentials"),
        ];
        let lines = texts.iter().flat_map(|text| text.lines());
        let names = lines.filter_map(|line| line.trim().strip_prefix('[')?.strip_suffix(']'));
        let names = names.map(|name| name.strip_prefix("profile ").unwrap_or(name).trim());
        let is_profile = |name: &&str| {
            let is_section = ["sso-session ", "services "]
                .iter()
                .any(|s| name.starts_with(s));
            !is_section && !name.is_empty()
        };
        let unique: BTreeSet<_> = names.filter(is_profile).collect();
        unique
            .into_iter()
            .map(|name| (name.to_owned(), None))
            .collect()
    }

    /// The stacks of the configuration file.
    pub fn stacks(&self) -> Vec<DescribedWord> {
        let names = stack_names(config_path(&|name| self.env.get(name).cloned()).as_deref());
        names.into_iter().map(|name| (name, None)).collect()
    }

    /// The channels of the configuration file.
    pub fn channels(&self) -> Vec<DescribedWord> {
        let channels = self.settings.iter().flat_map(|settings| &settings.channels);
        channels
            .map(|channel| (channel.name.clone(), None))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_are_those_of_both_files_and_no_other_sections() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).expect("a file");
            path.to_string_lossy().into_owned()
        };
        let config = file(
            "c",
            "[default]\nregion = x\n[profile prod]\n[sso-session s]\n",
        );
        let credentials = file("k", "[prod]\naws_secret_access_key = [no]\n[old]\n");
        let env = Environment::from([
            ("AWS_CONFIG_FILE".to_owned(), config),
            ("AWS_SHARED_CREDENTIALS_FILE".to_owned(), credentials),
        ]);
        let sources = CompletionSources::new(&Flags::default(), &env, OffsetDateTime::UNIX_EPOCH);
        let names: Vec<_> = sources
            .profiles()
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        assert_eq!(names, ["default", "old", "prod"]);
    }

    #[test]
    fn steps_are_those_of_the_runbook_in_the_line() {
        let env = Environment::default();
        let sources = CompletionSources::new(&Flags::default(), &env, OffsetDateTime::UNIX_EPOCH);
        let ids = |words: &[&str]| -> Vec<_> {
            let steps = sources.steps_of(words.iter().copied());
            steps.into_iter().map(|(id, _)| id).collect()
        };
        assert!(ids(&["triage", "4"]).contains(&"executions".to_owned()));
        assert!(ids(&["triage", "inc-005"]).contains(&"quota".to_owned()));
        assert_eq!(ids(&["triage", "no-such"]), [""; 0]);
    }
}
