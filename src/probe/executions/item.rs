//! One execution of a list and the times that count for it.
//!
//! An execution may run for a year, so its start says little about when it ended; and one that was
//! redriven keeps its first start (Step Functions API, `ExecutionListItem`).

use crate::lambda::answer_owner::check_state_machine_arn;
use crate::observation::{Unavailable, UnavailableReason};
use crate::stack::Stack;
use crate::text::Untrusted;
use aws_sdk_sfn::types::{ExecutionListItem, ExecutionStatus};

/// Seconds by which clocks may differ; a time further ahead is invalid.
const AHEAD: i64 = 300;

/// An execution as it is listed. Times are seconds since 1970.
#[derive(Clone, Debug)]
pub(super) struct ListedExecution {
    pub(super) name: Untrusted,
    pub(super) start: i64,
    pub(super) stop: Option<i64>,
    /// How often it was redriven.
    pub(super) redrives: i32,
    pub(super) redriven: Option<i64>,
}

/// When an execution that is over ended, as far as a window is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// Then, or at least after that moment, which lies inside the window.
    Inside(i64),
    /// Before the window.
    Before,
    /// It may have been inside.
    Unknown,
}

impl ListedExecution {
    /// Reads an item of the list of this status.
    ///
    /// # Errors
    /// What in it is missing, contradictory or about another workflow.
    pub(super) fn of(
        item: &ExecutionListItem,
        status: &ExecutionStatus,
        stack: &Stack,
        now: i64,
    ) -> Result<Self, Unavailable> {
        check_state_machine_arn(stack, item.state_machine_arn())?;
        let contradictory = |what: &str| {
            Unavailable::new(
                UnavailableReason::Contradictory,
                format!("an execution in the list {what}"),
            )
        };
        let execution = Self {
            name: Untrusted::new(item.name()),
            start: item.start_date().secs(),
            stop: item.stop_date().map(aws_smithy_types::DateTime::secs),
            redrives: item.redrive_count().unwrap_or_default(),
            redriven: item.redrive_date().map(aws_smithy_types::DateTime::secs),
        };
        if execution.start <= 0 {
            // The client puts 1970 where the answer has no start.
            return Err(Unavailable::new(
                UnavailableReason::Missing,
                "an execution in the list has no start",
            ));
        }
        // The client invents a status where the answer has none.
        let is_named = ExecutionStatus::values().contains(&item.status().as_str());
        if is_named && item.status() != status {
            return Err(contradictory("has another status than was asked for"));
        }
        if *status == ExecutionStatus::Running && execution.stop.is_some() {
            return Err(contradictory("runs and has ended"));
        }
        let times = [Some(execution.start), execution.stop, execution.redriven];
        if times.into_iter().flatten().any(|at| at > now + AHEAD) {
            return Err(contradictory("starts or ends in the future"));
        }
        if times.into_iter().flatten().any(|at| at < execution.start) {
            return Err(contradictory("ends before it starts"));
        }
        Ok(execution)
    }

    /// When it ended, for a window that begins after `since`: by its stop, else its redrive, else a
    /// start inside the window.
    pub(super) fn ended(&self, since: i64) -> Ended {
        match (self.stop, self.redriven) {
            (Some(at), _) if at > since => Ended::Inside(at),
            (Some(_), _) => Ended::Before,
            (None, Some(at)) if at > since => Ended::Inside(at),
            (None, None) if self.start > since => Ended::Inside(self.start),
            (None, _) => Ended::Unknown,
        }
    }

    /// Since when it is running: since its start or its last redrive.
    ///
    /// # Errors
    /// That it was redriven and the list does not say when.
    pub(super) fn running_since(&self) -> Result<i64, Unavailable> {
        match (self.redriven, self.redrives) {
            (Some(at), _) => Ok(at),
            (None, 1..) => Err(Unavailable::new(
                UnavailableReason::Missing,
                format!(
                    "{} was redriven, and the list does not say when",
                    self.name.printable(80)
                ),
            )),
            (None, _) => Ok(self.start),
        }
    }
}
