//! The published versions of the function, over all pages.

use super::answer_owner::check_function_arn;
use super::version_config::parse_last_modified;
use crate::cloud::PageTokens;
use crate::observation::{Unavailable, UnavailableReason};
use crate::stack::Stack;
use aws_sdk_lambda::Client;
use aws_sdk_lambda::operation::list_versions_by_function::ListVersionsByFunctionOutput;
use aws_sdk_lambda::operation::list_versions_by_function::builders::ListVersionsByFunctionFluentBuilder;

/// The permission that listing them needs.
pub(crate) const LIST_VERSIONS: &str = "lambda:ListVersionsByFunction";

/// The pages of the list that were read so far.
#[derive(Debug, Default)]
pub(crate) struct VersionPages {
    versions: Vec<(i64, Option<i64>)>,
    markers: PageTokens,
    asked: usize,
}

impl VersionPages {
    /// The request for the next page, and what it is called.
    pub(crate) fn request(
        &mut self,
        client: &Client,
        function: &str,
    ) -> (String, ListVersionsByFunctionFluentBuilder) {
        self.asked += 1;
        let request = client
            .list_versions_by_function()
            .function_name(function)
            .set_marker(self.markers.current());
        let question = format!("ListVersionsByFunction, page {}", self.asked);
        (question, request)
    }

    /// Adds a page; yields whether another one follows.
    ///
    /// # Errors
    /// The list is not what it should be, so nothing is known of its end.
    pub(crate) fn add(
        &mut self,
        stack: &Stack,
        answer: ListVersionsByFunctionOutput,
    ) -> Result<bool, Unavailable> {
        let missing = |detail| Unavailable::new(UnavailableReason::Missing, detail);
        let listed = answer.versions;
        for version in listed.ok_or_else(|| missing("the answer holds no versions"))? {
            if let (Some(number), arn @ Some(_)) = (version.version(), version.function_arn()) {
                check_function_arn(stack, arn, &[number])?;
            }
            let number = match version.version() {
                Some("$LATEST") => continue,
                number => number.and_then(|number| number.parse().ok()),
            };
            let number =
                number.ok_or_else(|| missing("a version of the function has no number"))?;
            let published = version.last_modified().and_then(parse_last_modified);
            self.versions.push((number, published));
        }
        let next = answer.next_marker.filter(|next| !next.is_empty());
        self.markers.advance(next, "the function's versions")
    }

    /// Number and publication of each version, newest first, `$LATEST` left out.
    pub(crate) fn newest_first(mut self) -> Vec<(i64, Option<i64>)> {
        self.versions.sort_unstable_by(|one, other| other.cmp(one));
        self.versions
    }
}
