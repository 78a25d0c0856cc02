//! The state of a version as Lambda reports it, with the reason that Lambda gives.

use aws_sdk_lambda::operation::get_function_configuration::GetFunctionConfigurationOutput;
use std::fmt;

/// State and last update of a version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VersionState {
    /// `Active`, `Pending`, `Inactive` or `Failed`; `None` when the answer has no state.
    pub state: Option<String>,
    /// The code of why it has that state.
    pub state_code: Option<String>,
    /// Why it has that state: code and sentence, as far as they were given.
    pub state_reason: Option<String>,
    /// `Successful`, `InProgress` or `Failed`; `None` when the answer has no update status.
    pub update: Option<String>,
    /// Why the last update has that status, in the same form.
    pub update_reason: Option<String>,
}

/// Whether a version can take traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VersionStanding {
    /// At once.
    Ready,
    /// After its first invocation, which fails or takes longer.
    Inactive,
    /// When Lambda has finished an update; until then as before.
    Coming,
    /// When Lambda has prepared it; until then every invocation fails.
    Pending,
    /// It cannot serve until the failure is fixed.
    Failed,
}

impl VersionState {
    pub(crate) fn of(answer: &GetFunctionConfigurationOutput) -> Self {
        // An empty word means nothing, least of all a failure.
        let told = |word: &str| (!word.is_empty()).then(|| word.to_owned());
        Self {
            state: answer.state().and_then(|state| told(state.as_str())),
            state_code: answer
                .state_reason_code()
                .and_then(|code| told(code.as_str())),
            state_reason: reason(
                answer.state_reason_code().map(|code| code.as_str()),
                answer.state_reason(),
            ),
            update: answer
                .last_update_status()
                .and_then(|status| told(status.as_str())),
            update_reason: reason(
                answer
                    .last_update_status_reason_code()
                    .map(|code| code.as_str()),
                answer.last_update_status_reason(),
            ),
        }
    }

    /// Whether it can take traffic.
    ///
    /// # Errors
    /// What the answer does not tell.
    pub fn standing(&self) -> Result<VersionStanding, &'static str> {
        let state = self.state.as_deref().ok_or("the state")?;
        match state {
            "Active" => {}
            "Pending" => return Ok(VersionStanding::Pending),
            // Any other code says why it could not be made active again.
            "Inactive" if self.state_code.as_deref().is_none_or(|code| code == "Idle") => {
                return Ok(VersionStanding::Inactive);
            }
            _ => return Ok(VersionStanding::Failed),
        }
        Ok(match self.update.as_deref().ok_or("the last update")? {
            "Successful" => VersionStanding::Ready,
            "InProgress" => VersionStanding::Coming,
            _ => VersionStanding::Failed,
        })
    }
}

/// Code and sentence of a reason.
fn reason(code: Option<&str>, sentence: Option<&str>) -> Option<String> {
    let parts = [code, sentence].into_iter().flatten();
    let parts: Vec<_> = parts.filter(|part| !part.is_empty()).collect();
    (!parts.is_empty()).then(|| parts.join(": "))
}

/// State and last update, each with its reason in brackets.
impl fmt::Display for VersionState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let with_reason = |reason: &Option<String>| {
            let reason = reason.as_ref().map(|reason| format!(" ({reason})"));
            reason.unwrap_or_default()
        };
        write!(
            f,
            "{}{}, last update {}{}",
            self.state.as_deref().unwrap_or("no state"),
            with_reason(&self.state_reason),
            self.update.as_deref().unwrap_or("not returned"),
            with_reason(&self.update_reason)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(state: &str, update: &str) -> VersionState {
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        VersionState {
            state: given(state),
            update: given(update),
            ..VersionState::default()
        }
    }

    #[test]
    fn only_an_active_version_with_its_last_update_done_is_ready() {
        use VersionStanding::{Coming, Failed, Inactive, Pending, Ready};
        let table = [
            ("Active", "Successful", Ok(Ready)),
            ("Active", "InProgress", Ok(Coming)),
            ("Active", "Failed", Ok(Failed)),
            ("Active", "", Err("the last update")),
            ("Pending", "Successful", Ok(Pending)),
            ("Pending", "", Ok(Pending)),
            ("Inactive", "Successful", Ok(Inactive)),
            ("Failed", "Successful", Ok(Failed)),
            ("Deleting", "Successful", Ok(Failed)),
            ("", "Successful", Err("the state")),
        ];
        for (state, update, standing) in table {
            assert_eq!(
                sample(state, update).standing(),
                standing,
                "{state} {update}"
            );
        }
    }

    #[test]
    fn an_inactive_version_becomes_active_by_itself_only_if_it_was_idle() {
        for (code, standing) in [
            ("Idle", VersionStanding::Inactive),
            ("ImageDeleted", VersionStanding::Failed),
            ("DisabledKMSKey", VersionStanding::Failed),
        ] {
            let answer = GetFunctionConfigurationOutput::builder()
                .state("Inactive".into())
                .state_reason_code(code.into())
                .last_update_status("Successful".into());
            let state = VersionState::of(&answer.build());
            assert_eq!(state.standing(), Ok(standing), "{code}");
        }
    }

    #[test]
    fn an_empty_word_is_no_state() {
        let of = |state: &str, update: &str| {
            let answer = GetFunctionConfigurationOutput::builder()
                .state(state.into())
                .last_update_status(update.into());
            VersionState::of(&answer.build()).standing()
        };
        assert_eq!(of("", "Successful"), Err("the state"));
        assert_eq!(of("Active", ""), Err("the last update"));
        assert_eq!(of("Active", "Successful"), Ok(VersionStanding::Ready));
    }

    #[test]
    fn the_reason_stands_beside_what_it_explains() {
        let answer = GetFunctionConfigurationOutput::builder()
            .state("Failed".into())
            .state_reason_code("DisabledKMSKey".into())
            .state_reason("KMS key is disabled")
            .last_update_status("Failed".into())
            .last_update_status_reason("no subnet")
            .build();
        assert_eq!(
            VersionState::of(&answer).to_string(),
            "Failed (DisabledKMSKey: KMS key is disabled), last update Failed (no subnet)"
        );
    }
}
