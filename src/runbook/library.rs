//! Which runbooks there are: the built-in ones, and a folder laid over them.

use super::metric::MetricDefinition;
use super::model::Runbook;
use super::{Complaint, Complaints, embedded, load};
use crate::state_dir::input::{self, Links};
use crate::text::{near, words_of};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The most runbooks that a folder may hold.
const MAX_FILES: usize = 1000;

/// The texts of all runbooks by id; each is read only when it is asked for.
///
/// The built-in ones stand in it without their cases, which are half of each file: they prove the
/// rules to whoever changes them, and those are proven when the tool is built.
#[derive(Clone, Debug)]
pub struct Library(BTreeMap<String, RunbookFile>);

#[derive(Clone, Debug)]
struct RunbookFile {
    name: Cow<'static, str>,
    text: Cow<'static, str>,
    /// The text with its cases, of one that is built in.
    with_cases: Option<&'static str>,
}

/// There is no such runbook.
#[derive(Debug, thiserror::Error)]
pub enum Missing {
    /// No runbook or step of that name.
    #[error("no {kind} \"{asked}\"{}\n{}", near.as_ref().map(|n| format!("\ndid you mean: {n}")).unwrap_or_default(), listed(kind, known, near.is_some()))]
    Name {
        /// `runbook` or `step`.
        kind: &'static str,
        /// What was asked for.
        asked: crate::text::Printable,
        /// The nearest name, where one is near.
        near: Option<String>,
        /// All names.
        known: String,
    },
    /// The folder of runbooks cannot be read.
    #[error(
        "the runbook folder {path} cannot be read: {}\ngive a folder of runbooks: --runbooks DIR",
        words_of(why)
    )]
    Folder {
        /// The folder.
        path: crate::text::Printable,
        /// Why.
        why: crate::text::Printable,
    },
    /// A file in it cannot be read.
    #[error(
        "the runbook {path} cannot be read: {}\nmake it readable, or move it out of the folder",
        words_of(why)
    )]
    File {
        /// The file.
        path: crate::text::Printable,
        /// Why.
        why: crate::text::Printable,
    },
    /// A runbook is wrong.
    #[error(transparent)]
    Wrong(#[from] Complaints),
}

/// More names than this, in bytes, fill a screen: the command that lists them stands for them.
const MOST_NAMES: usize = 400;
/// The same beside the name that was meant.
const MOST_BESIDE: usize = 80;

/// The names there are, or the command that lists them.
fn listed(kind: &str, known: &str, is_near: bool) -> String {
    let lists = match kind {
        "scene" => "duckops drill scenes",
        "recorded fact" => "duckops history",
        _ => "duckops help",
    };
    let most = if is_near { MOST_BESIDE } else { MOST_NAMES };
    match known.len() {
        0 => format!("{kind}s: none yet"),
        many if many > most => format!("list: {lists}"),
        _ => format!("{kind}s: {known}"),
    }
}

impl Missing {
    /// Names what was asked for and what is nearest to it.
    pub fn name<'a>(kind: &'static str, asked: &str, known: impl Iterator<Item = &'a str>) -> Self {
        let known: Vec<_> = known.collect();
        let number = || incident_id(asked.rsplit('-').next()?);
        let by_number = || number().and_then(|id| known.iter().copied().find(|name| *name == id));
        let near = near(asked, &known).or_else(by_number);
        let near = near.map(str::to_owned);
        Missing::Name {
            kind,
            asked: asked.into(),
            near,
            known: known.join(", "),
        }
    }
}

/// The id of the incident with a number of at most three digits: `inc-004` of `4`, `004` and `INC4`.
fn incident_id(asked: &str) -> Option<String> {
    let lower = asked.to_ascii_lowercase();
    let number = lower.strip_prefix("inc").unwrap_or(&lower);
    let is_number = (1..=3).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| format!("inc-{number:0>3}"))
}

impl Library {
    /// The built-in runbooks, with those of `folder` over them.
    ///
    /// # Errors
    /// [`Missing::Folder`] when the folder cannot be read.
    pub fn open(folder: Option<&Path>) -> Result<Self, Missing> {
        let mut library = Self(BTreeMap::new());
        for (name, text) in embedded::RUNBOOKS {
            library.add(RunbookFile {
                name: (*name).into(),
                text: embedded::without_cases(text).into(),
                with_cases: Some(text),
            });
        }
        if let Some(folder) = folder {
            for path in
                input::files_in(folder, "toml", MAX_FILES).map_err(|why| Missing::Folder {
                    path: folder.to_string_lossy().into_owned().into(),
                    why: why.to_string().into(),
                })?
            {
                let text = input::read_text(&path, Links::Follow, input::MAX_TEXT);
                let text = text.map_err(|why| Missing::File {
                    path: path.to_string_lossy().into_owned().into(),
                    why: why.to_string().into(),
                })?;
                library.add(RunbookFile {
                    name: path.to_string_lossy().into_owned().into(),
                    text: text.into(),
                    with_cases: None,
                });
            }
        }
        Ok(library)
    }

    /// The same runbooks, the built-in ones with their cases.
    pub fn with_cases(&self) -> Self {
        let mut library = self.clone();
        for file in library.0.values_mut() {
            if let Some(text) = file.with_cases {
                file.text = text.into();
            }
        }
        library
    }

    fn add(&mut self, file: RunbookFile) {
        let id = Path::new(file.name.as_ref())
            .file_stem()
            .map(|stem| stem.to_string_lossy().into_owned());
        self.0.insert(id.unwrap_or_default(), file);
    }

    /// The ids of all runbooks, in order.
    pub fn ids(&self) -> impl Iterator<Item = &str> + Clone {
        self.0.keys().map(String::as_str)
    }

    /// One runbook by its id, or an incident by its number alone, checked.
    ///
    /// # Errors
    /// That there is none, with the nearest name; or everything that is wrong with it.
    pub fn get(&self, id: &str) -> Result<Runbook, Missing> {
        let by_number = || self.0.get(&incident_id(id)?);
        let found = self.0.get(&id.to_lowercase()).or_else(by_number);
        let RunbookFile { name, text, .. } =
            found.ok_or_else(|| Missing::name("runbook", id, self.ids()))?;
        let runbook = load(name, text)?;
        let strangers = runbook
            .explanations()
            .filter(|parent| !self.0.contains_key(*parent));
        let complaints: Vec<_> = strangers
            .map(|parent| Complaint {
                file: name.to_string(),
                line: 1,
                text: format!("explained_by names `{parent}`, which is no runbook"),
            })
            .collect();
        if complaints.is_empty() {
            Ok(runbook)
        } else {
            Err(Complaints(complaints).into())
        }
    }

    /// The metrics of all runbooks that a rule holds against a limit.
    ///
    /// # Errors
    /// Everything that is wrong with any runbook.
    pub fn limited_metrics(&self) -> Result<Vec<MetricDefinition>, Missing> {
        let metrics = self.all()?.into_iter().flat_map(|runbook| runbook.metrics);
        Ok(metrics.filter(MetricDefinition::is_limited).collect())
    }

    /// All runbooks, checked; all complaints of all files at once.
    ///
    /// # Errors
    /// Everything that is wrong with any of them.
    pub fn all(&self) -> Result<Vec<Runbook>, Missing> {
        self.those(|_| true)
    }

    /// The incidents, checked: all but the runbooks about requests and bonds.
    ///
    /// # Errors
    /// Everything that is wrong with any of them.
    pub fn incidents(&self) -> Result<Vec<Runbook>, Missing> {
        self.those(|id| !embedded::BY_NAME.contains(&id))
    }

    fn those(&self, wanted: impl Fn(&str) -> bool) -> Result<Vec<Runbook>, Missing> {
        let (mut runbooks, mut complaints) = (Vec::<Runbook>::new(), Vec::new());
        for id in self.ids().filter(|id| wanted(id)) {
            match self.get(id) {
                Ok(runbook) => runbooks.push(runbook),
                Err(Missing::Wrong(Complaints(more))) => complaints.extend(more),
                Err(other) => return Err(other),
            }
        }
        let mut names = BTreeSet::new();
        for (runbook, metric) in runbooks
            .iter()
            .flat_map(|runbook| runbook.metrics.iter().map(move |metric| (runbook, metric)))
        {
            if !names.insert(&metric.name) {
                complaints.push(Complaint {
                    file: runbook.file.clone(),
                    line: metric.line,
                    text: format!("another runbook names a metric `{}`", metric.name),
                });
            }
        }
        if complaints.is_empty() {
            Ok(runbooks)
        } else {
            Err(Complaints(complaints).into())
        }
    }
}
