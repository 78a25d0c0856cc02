//! The tools: each is one command that only reads. None takes an argument by which a command
//! could change the stack or write a file that the caller names.

use super::super::args::{
    AliasAction, AliasArgs, AliasRead, Command, FactsArgs, HistoryArgs, JournalArgs, RunbookAction,
    RunbookArgs, TriageArgs,
};
use super::super::fail::Failure;
use super::answer::{Answers, ToolAnswer};
use crate::text::Printable;
use rmcp::handler::server::wrapper::Parameters;
use rmcp::model::{CallToolResult, ContentBlock};
use rmcp::schemars::{self, JsonSchema};
use rmcp::{ErrorData, ServerHandler, tool, tool_handler, tool_router};
use serde::Deserialize;
use std::path::PathBuf;

/// What the server offers.
#[derive(Clone)]
pub(super) struct Tools {
    answers: Answers,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Triage {
    /// Such as inc-004; without it, all runbooks.
    runbook: Option<String>,
    /// The version that the prod alias should have, such as 42.
    expect: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct StepArguments {
    /// Such as inc-004.
    runbook: String,
    /// The step by number or id, such as 1.
    step: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AliasCheck {
    /// The version to check, such as 41; without it, the one that serves now.
    to: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Facts {
    /// Only facts whose path begins with this, such as status.agents.
    prefix: Option<String>,
    /// List what facts there are, with type and meaning, and ask nobody.
    #[serde(default)]
    schema: bool,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RunbookArguments {
    /// Such as inc-004; without it, the list of all runbooks.
    runbook: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct HistoryArguments {
    /// The path of a recorded fact, such as peck.callback_errors; without it, every one.
    fact: Option<String>,
    /// How far back, such as 24h, which is the default.
    since: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct JournalArguments {
    /// Also check that no line was changed, removed or inserted.
    #[serde(default)]
    verify: bool,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RecordingArguments {
    /// The file that `duckops triage --save` wrote.
    file: PathBuf,
    /// Judge by this runbook, such as inc-004; without it, by what was asked for then.
    runbook: Option<String>,
    /// One step of that runbook, by number or id.
    step: Option<String>,
}

type Called = Result<CallToolResult, ErrorData>;

fn result(answer: ToolAnswer) -> CallToolResult {
    let content = vec![ContentBlock::text(answer.document)];
    match answer.has_failed {
        true => CallToolResult::error(content),
        false => CallToolResult::success(content),
    }
}

#[tool_router]
impl Tools {
    pub(super) fn new(answers: Answers) -> Self {
        Self { answers }
    }

    async fn answer(&self, command: Command) -> Called {
        Ok(result(self.answers.of(command).await))
    }

    #[tool(
        description = "Judge the production stack now, by all runbooks or one: a verdict, the evidence and the next action for each step. Asks the stack and AWS; changes neither. The run is recorded in history.",
        annotations(title = "Triage", read_only_hint = true)
    )]
    async fn triage(&self, Parameters(asked): Parameters<Triage>) -> Called {
        self.answer(Command::Triage(
            TriageArgs {
                runbook: asked.runbook,
                expect: asked.expect,
                ..TriageArgs::default()
            }
            .into(),
        ))
        .await
    }

    #[tool(
        description = "Judge one step of one runbook now. Asks only what this step needs.",
        annotations(title = "Triage of one step", read_only_hint = true)
    )]
    async fn step(&self, Parameters(asked): Parameters<StepArguments>) -> Called {
        self.answer(Command::Triage(
            TriageArgs {
                runbook: Some(asked.runbook),
                step: Some(asked.step),
                ..TriageArgs::default()
            }
            .into(),
        ))
        .await
    }

    #[tool(
        description = "Check whether a version of the function is safe to serve prod. Does not move the alias and does not invoke the version.",
        annotations(title = "Check of a version", read_only_hint = true)
    )]
    async fn alias_check(&self, Parameters(asked): Parameters<AliasCheck>) -> Called {
        let action = AliasAction::Check {
            to: asked.to,
            read: AliasRead::default(),
            strict: false,
        };
        self.answer(Command::Alias(AliasArgs { action }.into()))
            .await
    }

    #[tool(
        description = "Read the facts that verdicts are based on: the value of each, or the reason why it is not known.",
        annotations(title = "Facts", read_only_hint = true)
    )]
    async fn facts(&self, Parameters(asked): Parameters<Facts>) -> Called {
        self.answer(Command::Facts(
            FactsArgs {
                prefix: asked.prefix,
                schema: asked.schema,
            }
            .into(),
        ))
        .await
    }

    #[tool(
        description = "Show a runbook as a document: its steps, rules, limits and manual commands; or list the runbooks. No network.",
        annotations(title = "Runbook", read_only_hint = true, open_world_hint = false)
    )]
    async fn runbook(&self, Parameters(asked): Parameters<RunbookArguments>) -> Called {
        let action = match asked.runbook {
            Some(runbook) => RunbookAction::Show { runbook },
            None => RunbookAction::List,
        };
        self.answer(Command::Runbook(RunbookArgs { action }.into()))
            .await
    }

    #[tool(
        description = "Show the recorded trend of a fact, or of every recorded one. Reads history alone.",
        annotations(title = "History", read_only_hint = true)
    )]
    async fn history(&self, Parameters(asked): Parameters<HistoryArguments>) -> Called {
        self.answer(Command::History(
            HistoryArgs {
                action: None,
                fact: asked.fact,
                since: asked.since.unwrap_or_else(|| "24h".to_owned()),
                svg: None,
            }
            .into(),
        ))
        .await
    }

    #[tool(
        description = "Show the changes made from this machine, and who confirmed them. No network.",
        annotations(title = "Journal", read_only_hint = true, open_world_hint = false)
    )]
    async fn journal(&self, Parameters(asked): Parameters<JournalArguments>) -> Called {
        self.answer(Command::Journal(
            JournalArgs {
                verify: asked.verify,
            }
            .into(),
        ))
        .await
    }

    #[tool(
        description = "Judge a recording of `duckops triage --save` again. No network.",
        annotations(title = "Recording", read_only_hint = true, open_world_hint = false)
    )]
    async fn recording(&self, Parameters(asked): Parameters<RecordingArguments>) -> Called {
        // Standard input is the protocol, and a pipe or a device may never end.
        if !asked.file.is_file() {
            let path = Printable::path(&asked.file);
            let failure = Failure::usage(format!("file: {path} is not a file"));
            return Ok(result(ToolAnswer::failed(&failure)));
        }
        self.answer(Command::Triage(
            TriageArgs {
                runbook: asked.runbook,
                step: asked.step,
                from: Some(asked.file),
                ..TriageArgs::default()
            }
            .into(),
        ))
        .await
    }
}

#[tool_handler(
    name = "duckops",
    instructions = "duckops judges the Space Duck production stack by its runbooks. Every tool only reads and returns the JSON document that the command of the same name prints with `-o json`; `duckops schema` describes it. `verdict` is ok, warning, critical or unknown: unknown means that it could not be told, never that all is well. `next_action` is what a person should do; no tool does it."
)]
impl ServerHandler for Tools {}
