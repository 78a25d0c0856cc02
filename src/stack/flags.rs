//! The flags of the command line that settings come from.

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
    /// The flags as they stand on a command line.
    pub fn arguments(&self) -> Vec<String> {
        let all = [
            ("--stack", &self.stack),
            ("--api-url", &self.api_url),
            ("--region", &self.region),
            ("--profile", &self.profile),
            ("--account", &self.account),
            ("--output", &self.output),
            ("--color", &self.color),
            ("--deadline", &self.deadline),
            ("--runbooks", &self.runbooks),
            ("--history", &self.history),
            ("--state-dir", &self.state_dir),
        ];
        let given = all
            .into_iter()
            .filter_map(|(flag, value)| Some((flag, value.as_ref()?)));
        given
            .flat_map(|(flag, value)| [flag.to_owned(), value.clone()])
            .collect()
    }
}
