//! What may stand on the command line.

mod alias;
mod bond;
mod check;
mod drill;
mod escalate;
mod history;
mod init;
mod lazy;
mod output_file;
mod peck;
mod record;
mod runbook;
mod triage;
mod webhook;

pub(super) use alias::{AliasAction, AliasArgs, AliasRead, Guard};
pub(super) use bond::{BondAction, BondArgs, BondGuard, Lists, Rotate, Watched};
pub(super) use check::CheckArgs;
pub(super) use drill::{DrillAction, DrillArgs};
pub(super) use escalate::EscalateArgs;
pub(super) use history::{Export, HistoryAction, HistoryArgs};
pub(super) use init::InitArgs;
pub(super) use lazy::Lazy;
pub(super) use output_file::output_file;
pub(super) use peck::{PeckAction, PeckArgs};
pub(super) use record::RecordArgs;
pub(super) use runbook::{RunbookAction, RunbookArgs};
pub(super) use triage::{DiffArgs, TriageArgs};
pub(super) use webhook::{DeliveryArgs, SecretFile, Target, WebhookAction, WebhookArgs};

use super::fail::Failure;
use super::format::Format;
use crate::fact::parse_duration;
use crate::stack::{Flags, Origin, Setting};
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// The value of `--since` in seconds; `example` is one that is right.
pub(super) fn since(text: &str, example: &str) -> Result<i64, Failure> {
    let seconds = parse_duration(text).filter(|seconds| *seconds > 0);
    let wanted = format!("a duration such as {example}");
    seconds.ok_or_else(|| Failure::unusable("--since", text, wanted))
}

/// Triage for the Space Duck production stack: a verdict and the next action for each step.
#[derive(Debug, Parser)]
#[command(
    name = "duckops",
    bin_name = "duckops",
    version,
    about,
    propagate_version = true,
    disable_help_subcommand = true
)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,

    /// A [stack.NAME] of the configuration file [default: prod]
    #[arg(long, global = true, value_name = "NAME", help_heading = "Which stack")]
    stack: Option<String>,
    /// Base URL of the API, before /beak
    #[arg(long, global = true, value_name = "URL", help_heading = "Which stack")]
    api_url: Option<String>,
    /// AWS region of the stack [default: us-east-1]
    #[arg(
        long,
        global = true,
        value_name = "REGION",
        help_heading = "Which stack"
    )]
    region: Option<String>,
    /// AWS profile to log in with
    #[arg(long, global = true, value_name = "NAME", help_heading = "Which stack")]
    profile: Option<String>,
    /// AWS account the stack must be in
    #[arg(long, global = true, value_name = "ID", help_heading = "Which stack")]
    account: Option<String>,

    /// table, short, json, nagios, prometheus, markdown, junit [default: table]
    #[arg(
        long,
        short,
        global = true,
        value_name = "FORMAT",
        help_heading = "Output"
    )]
    output: Option<String>,
    /// auto, always or never [default: auto]
    #[arg(long, global = true, value_name = "WHEN", help_heading = "Output")]
    color: Option<String>,
    /// Print only when the verdict is not ok
    #[arg(long, short, global = true, help_heading = "Output")]
    pub(super) quiet: bool,
    /// In tables, show evidence, requests and manual commands
    #[arg(long, global = true, help_heading = "Output")]
    pub(super) explain: bool,
    /// In tables, show times in the zone of this machine, not in UTC
    #[arg(long, global = true, help_heading = "Output")]
    pub(super) local: bool,
    /// Show each request with its time and size, on standard error
    #[arg(long, short, global = true, help_heading = "Output")]
    pub(super) verbose: bool,

    /// Limit of the whole run, such as 20s [default: 20s]
    #[arg(long, global = true, value_name = "DUR", help_heading = "Run")]
    deadline: Option<String>,
    /// A folder of runbooks, over the built-in ones
    #[arg(long, global = true, value_name = "DIR", help_heading = "Run")]
    runbooks: Option<String>,
    /// sqlite:PATH, dynamodb:TABLE or none [default: sqlite in the state folder]
    #[arg(long, global = true, value_name = "URL", help_heading = "Run")]
    history: Option<String>,
    /// State folder [default: duckops in the XDG state folder]
    #[arg(long, global = true, value_name = "DIR", help_heading = "Run")]
    state_dir: Option<String>,
}

impl Cli {
    pub(super) fn flags(&self) -> Flags {
        Flags {
            stack: self.stack.clone(),
            api_url: self.api_url.clone(),
            region: self.region.clone(),
            profile: self.profile.clone(),
            account: self.account.clone(),
            output: self.output.clone(),
            color: self.color.clone(),
            deadline: self.deadline.clone(),
            runbooks: self.runbooks.clone(),
            history: self.history.clone(),
            state_dir: self.state_dir.clone(),
        }
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Judge all runbooks, one, or one step of one: verdict and next action
    Triage(Lazy<TriageArgs>),
    /// Run triage from cron: record, compare, report changes
    Check(Lazy<CheckArgs>),
    /// Show the readings behind the verdicts
    Facts(Lazy<FactsArgs>),
    /// List, show, check, test and make runbooks
    Runbook(Lazy<RunbookArgs>),
    /// Practise on the embedded stack
    Drill(Lazy<DrillArgs>),
    /// Stream the audit feed, filtered
    Audit(Lazy<AuditArgs>),
    /// Set up this machine: write the configuration, then run doctor
    Init(Lazy<InitArgs>),
    /// Check settings, login, account, clock, network and permissions
    Doctor(Lazy<DoctorArgs>),
    /// Show the recorded trend of a fact
    History(Lazy<HistoryArgs>),
    /// Print Prometheus alert rules for the file of check --textfile
    Rules(Lazy<RulesArgs>),
    /// Show, check or roll back the prod alias; promote with approval
    Alias(Lazy<AliasArgs>),
    /// List and diagnose peck requests
    Peck(Lazy<PeckArgs>),
    /// List and diagnose bonds; send a pulse, rotate a key, unpeck
    Bond(Lazy<BondArgs>),
    /// Send, verify and receive webhook deliveries
    Webhook(Lazy<WebhookArgs>),
    /// Append the incident to GOVERNANCE-LOG.md
    Record(Lazy<RecordArgs>),
    /// Page the on-call contact once, with the findings
    ///
    /// A test page: in a new shell, export XDG_CONFIG_HOME=$HOME/.config, so that your channels
    /// are used; then paste what `duckops drill serve --scene inc-004` prints. The message
    /// names the stack "practice".
    Escalate(Lazy<EscalateArgs>),
    /// Show events in order: verdicts, writes, alias, executions, audit
    Timeline(Lazy<TimelineArgs>),
    /// Write one run of a runbook as an HTML page
    Report(Lazy<ReportArgs>),
    /// Compare two recordings of triage --save
    Diff(Lazy<DiffArgs>),
    /// Show changes made from this machine, and who confirmed them
    Journal(Lazy<JournalArgs>),
    /// Serve the reading commands to coding agents (Model Context Protocol)
    Mcp,
    /// Print the JSON Schema of output, configuration or runbooks
    Schema {
        /// The schema of the configuration file
        #[arg(long, conflicts_with = "runbook")]
        config: bool,
        /// The schema of a runbook file
        #[arg(long)]
        runbook: bool,
    },
    /// Show the help of a command, of options or of exit-codes
    Help {
        /// The command, such as `alias rollback`, or options, or exit-codes
        #[arg(value_name = "COMMAND")]
        topic: Vec<String>,
    },
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page of a command, or write all of them
    Man {
        /// The command, such as `alias rollback`; without it, the overview
        #[arg(value_name = "COMMAND")]
        topic: Vec<String>,
        /// Write a page for every command into this folder
        #[arg(long, value_name = "DIR", conflicts_with = "topic")]
        out: Option<PathBuf>,
    },
}

impl Command {
    /// Whether it runs until it is interrupted.
    pub(super) fn serves(&self) -> bool {
        match self {
            Command::Drill(drill) => matches!(drill.action, Some(DrillAction::Serve { .. })),
            Command::Mcp => true,
            _ => false,
        }
    }

    /// Whether its result has a form in this format.
    fn has(&self, format: Format) -> bool {
        match self {
            Command::Facts(_)
            | Command::Audit(_)
            | Command::History(_)
            | Command::Journal(_)
            | Command::Diff(_) => matches!(format, Format::Table | Format::Json),
            Command::Timeline(_) => {
                matches!(format, Format::Table | Format::Json | Format::Markdown)
            }
            Command::Check(_) => true,
            Command::Alias(alias) if matches!(alias.action, AliasAction::Check { .. }) => true,
            Command::Runbook(runbook) if matches!(runbook.action, RunbookAction::Test { .. }) => {
                true
            }
            _ => format != Format::Junit,
        }
    }

    /// A format that is asked for by name must be one that the command has, and test cases are never
    /// made up. Any other that is set for all commands leaves those without it as they are.
    ///
    /// # Errors
    /// The formats that it has.
    pub(super) fn check_format(
        &self,
        format: Format,
        setting: &Setting<String>,
    ) -> Result<(), Failure> {
        let is_meant = matches!(setting.origin, Origin::Flag(_)) || format == Format::Junit;
        if self.has(format) || !is_meant {
            return Ok(());
        }
        if format == Format::Junit {
            return Err(Failure::usage(
                "-o junit: only check, alias check and runbook test have test cases\nuse another format, such as -o json",
            ));
        }
        let known = Format::ALL.iter().filter(|(_, known)| self.has(*known));
        let names: Vec<_> = known.map(|(name, _)| *name).collect();
        Err(Failure::not_one_of(&setting.origin, &setting.value, &names))
    }

    /// Whether it makes the folder of runbooks where there is none.
    pub(super) fn makes_runbooks(&self) -> bool {
        let Command::Runbook(runbook) = self else {
            return false;
        };
        matches!(runbook.action, RunbookAction::New { .. })
    }

    /// Whether the command listens for signals itself.
    pub(super) fn ends_itself(&self) -> bool {
        match self {
            Command::Webhook(webhook) => matches!(webhook.action, WebhookAction::Listen { .. }),
            Command::Triage(triage) => triage.guide,
            _ => false,
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct RulesArgs {
    /// How often the check runs
    #[arg(long, value_name = "DUR", default_value = "5m")]
    pub(super) interval: String,
}

#[derive(Debug, Args)]
pub(super) struct AuditArgs {
    /// Only entries whose type contains this, such as peck
    #[arg(long = "type", value_name = "T")]
    pub(super) kind: Option<String>,
    /// Only entries newer than this, such as 24h
    #[arg(long, value_name = "DUR")]
    pub(super) since: Option<String>,
    /// Keep reading, and print new entries until interrupted [default: 10s]
    #[arg(long, value_name = "DUR", num_args = 0..=1, default_missing_value = "10s")]
    pub(super) follow: Option<String>,
    /// Print the details too; they may hold ids of other people
    #[arg(long)]
    pub(super) details: bool,
}

#[derive(Debug, Args)]
pub(super) struct DoctorArgs {
    /// Print the minimal AWS policy that reading needs
    #[arg(long)]
    pub(super) policy: bool,
    /// Add to that policy what moving the alias needs
    #[arg(long, requires = "policy")]
    pub(super) writes: bool,
}

#[derive(Debug, Args)]
pub(super) struct ReportArgs {
    /// Such as inc-004
    pub(super) runbook: String,
    /// The file that the page is written to
    #[arg(long, value_name = "FILE", value_parser = output_file())]
    pub(super) html: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct TimelineArgs {
    /// How far back, such as 6h
    #[arg(long, value_name = "DUR", default_value = "6h")]
    pub(super) since: String,
}

#[derive(Debug, Args)]
pub(super) struct JournalArgs {
    /// Check that no line was changed, removed or inserted
    #[arg(long)]
    pub(super) verify: bool,
}

#[derive(Debug, Args)]
pub(super) struct FactsArgs {
    /// Only facts whose path begins with this, such as status.agents
    pub(super) prefix: Option<String>,
    /// List all facts with type and meaning, no network
    #[arg(long)]
    pub(super) schema: bool,
}
