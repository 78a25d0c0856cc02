//! Who is called, how urgently and until when; nobody is called twice on a page.

use super::Page;
use crate::report::model::Escalation;
use crate::report::words::utc;

impl Page {
    pub(super) fn whom(&self, escalation: &Escalation) -> String {
        let by = match escalation.due {
            None => "now".to_owned(),
            Some(due) => {
                let left = (due - self.started_at).whole_seconds();
                let left = match left {
                    0 => "now".to_owned(),
                    1.. => format!("in {}", crate::fact::duration(left)),
                    _ => format!(
                        "overdue by {}",
                        crate::fact::duration(left.saturating_neg())
                    ),
                };
                let (day, clock) = (utc(self.started_at), utc(due));
                // Nobody has to read the date of today.
                let clock = match (day.get(..11), clock.get(..11)) {
                    (Some(today), Some(then)) if today == then => &clock[11..],
                    _ => &clock,
                };
                format!("by {clock} ({left})")
            }
        };
        let Escalation {
            to,
            priority,
            reason,
            ..
        } = escalation;
        format!("{to} {priority} {by}: {reason}")
    }

    /// Whether somebody is called already, at least as urgently and as soon; from now on so.
    pub(super) fn called(&mut self, escalation: &Escalation) -> bool {
        let known = |call: &Escalation| {
            let Escalation {
                to, priority, due, ..
            } = call;
            *to == escalation.to && *priority <= escalation.priority && *due <= escalation.due
        };
        let called = self.calls.iter().any(known);
        if !called {
            self.calls.push(escalation.clone());
        }
        called
    }
}
