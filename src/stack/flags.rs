//! The flags of the command line that settings come from.

use crate::text::quoted;

/// The flags of the command line that settings come from.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)] // each is the flag of its name
pub struct Flags {
    pub stack: Option<String>,
    pub api_url: Option<String>,
    pub region: Option<String>,
    pub profile: Option<String>,
    pub account: Option<String>,
    pub output: Option<String>,
    pub color: Option<String>,
    pub deadline: Option<String>,
    pub runbooks: Option<String>,
    pub history: Option<String>,
    pub state_dir: Option<String>,
}

impl Flags {
    /// The flags as they stand on a command line, each with its value.
    pub fn arguments(&self) -> Vec<[String; 2]> {
        let how = [
            ("--output", &self.output),
            ("--color", &self.color),
            ("--deadline", &self.deadline),
        ];
        given(self.targets().into_iter().chain(how)).collect()
    }

    /// The flags that say which system is meant, with which credentials and which records, each as it
    /// stands in a command that is suggested, such as `--stack staging`.
    pub fn naming(&self) -> Vec<String> {
        let given = given(self.targets());
        given
            .map(|[flag, value]| format!("{flag} {}", quoted(&value)))
            .collect()
    }

    fn targets(&self) -> [(&'static str, &Option<String>); 8] {
        [
            ("--stack", &self.stack),
            ("--api-url", &self.api_url),
            ("--region", &self.region),
            ("--profile", &self.profile),
            ("--account", &self.account),
            ("--runbooks", &self.runbooks),
            ("--history", &self.history),
            ("--state-dir", &self.state_dir),
        ]
    }
}

fn given<'a>(
    flags: impl IntoIterator<Item = (&'a str, &'a Option<String>)>,
) -> impl Iterator<Item = [String; 2]> {
    let flags = flags.into_iter();
    flags.filter_map(|(flag, value)| Some([flag.to_owned(), value.clone()?]))
}
