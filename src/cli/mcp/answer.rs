//! One call of a tool: a command of duckops, run as the command line runs it, whose JSON
//! document is kept and handed back.

use super::super::args::Command;
use super::super::fail::Failure;
use super::super::kept::Kept;
use super::super::out::Out;
use super::super::{Context, Sending, dispatch};
use crate::engine::waiting::Waiting;
use crate::runbook::Library;
use crate::stack::{Environment, Flags, Settings};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{oneshot, watch};

/// So long after its deadline a command is given up that did not end by itself.
const GRACE: Duration = Duration::from_secs(5);

/// As much stack as the main thread of a process has, for which commands are written.
const STACK: usize = 8 << 20;

/// What a call came to.
#[derive(Debug)]
pub(super) struct ToolAnswer {
    /// The document of the command, as with `-o json`.
    pub(super) document: String,
    /// Whether the command came to no result: a wrong argument, or duckops itself failed.
    pub(super) has_failed: bool,
}

/// Runs commands with the settings that the server was started with.
#[derive(Clone)]
pub(super) struct Answers {
    settings: Arc<Settings>,
    env: Arc<Environment>,
    verbose: bool,
    /// How many calls are being answered.
    running: watch::Sender<usize>,
}

/// One call, counted as long as it lasts, also when it is given up.
struct Counted(watch::Sender<usize>);

impl Counted {
    fn begin(running: &watch::Sender<usize>) -> Self {
        running.send_modify(|calls| *calls += 1);
        Self(running.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.send_modify(|calls| *calls -= 1);
    }
}

impl Answers {
    pub(super) fn new(context: &Context) -> Self {
        Self {
            settings: Arc::new(context.settings.clone()),
            env: Arc::new(context.env.clone()),
            verbose: context.verbose,
            running: watch::Sender::new(0),
        }
    }

    /// Ends as soon as no call is being answered.
    pub(super) fn idle(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut running = self.running.subscribe();
        async move {
            // The sender is gone only when no call is left.
            let _ = running.wait_for(|calls| *calls == 0).await;
        }
    }

    /// Runs a command on a thread of its own, so that calls do not wait for each other.
    pub(super) async fn of(&self, command: Command) -> ToolAnswer {
        let _counted = Counted::begin(&self.running);
        let limit = self.settings.deadline.value + GRACE;
        let own = self.clone();
        let (answers, answer) = oneshot::channel();
        let thread = std::thread::Builder::new().stack_size(STACK);
        // The receiver is gone when the call was cancelled.
        let begun = thread.spawn(move || drop(answers.send(own.run(command))));
        if let Err(error) = begun {
            return ToolAnswer::failed(&Failure::own(format!("the call could not begin: {error}")));
        }
        match tokio::time::timeout(limit, answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => ToolAnswer::failed(&Failure::internal()),
            Err(_) => ToolAnswer::failed(&Failure::own(format!(
                "no answer within {} s: nothing was judged",
                limit.as_secs()
            ))),
        }
    }

    fn run(&self, command: Command) -> ToolAnswer {
        let kept = Kept::default();
        match self.carry_out(command, Out::json_kept_in(&kept)) {
            Ok(()) => ToolAnswer {
                document: kept.take(),
                has_failed: false,
            },
            Err(failure) => ToolAnswer::failed(&failure),
        }
    }

    fn carry_out(&self, command: Command, out: Out) -> Result<(), Failure> {
        let settings = Settings::clone(&self.settings);
        let folder = settings.runbooks.as_ref();
        // Opened again for each call: a runbook may have been changed since the last one.
        let library = Library::open(folder.map(|folder| folder.value.as_path()))?;
        let context = Context {
            settings,
            library,
            out,
            env: Environment::clone(&self.env),
            flags: Flags::default(),
            verbose: self.verbose,
            sending: Sending::default(),
            waiting: Waiting::default(),
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::own(format!("the runtime could not start: {error}")))?;
        let done = runtime.block_on(dispatch(&context, command));
        runtime.shutdown_background();
        done.map(|_| ())
    }
}

impl ToolAnswer {
    pub(super) fn failed(failure: &Failure) -> Self {
        let kept = Kept::default();
        Out::json_kept_in(&kept).fail(failure);
        Self {
            document: kept.take(),
            has_failed: true,
        }
    }
}
