//! `duckops webhook diagnose`: why deliveries fail, one question after the other.

use super::{event, example, out_of_the_way, secret};
use crate::cli::args::{SecretFile, Target};
use crate::cli::fail::Failure;
use crate::cli::{Context, now};
use crate::cloud::Http;
use crate::report::checklist::{self, ChecklistItem};
use crate::report::json::DocumentKind;
use crate::text::Printable;
use crate::webhook::diagnose::{DiagnosisInput, diagnose, next};
use crate::webhook::target;
use std::time::Instant;

pub(super) async fn main(
    context: &Context,
    place: &Target,
    name: &str,
    secret_file: &SecretFile,
) -> Result<u8, Failure> {
    let until = Instant::now() + context.settings.deadline.value;
    let secret = secret(context, secret_file)?;
    let payload = example(context, event(name)?);
    let url = target::parse(&place.url).map_err(super::bad_url)?;
    out_of_the_way(context);
    let http = Http::new(crate::cli::observer(context.verbose));
    let case = DiagnosisInput {
        url: &url,
        allow_private: place.allow_private,
        payload: &payload,
        now: now(&context.env),
        until,
    };
    let findings = diagnose(&http, &case, secret.expose()).await;
    let next = next(&findings);
    let checks: Vec<_> = findings.into_iter().map(ChecklistItem::from).collect();
    let (kind, style) = (DocumentKind::WebhookDiagnose, context.out.style);
    let subject = Printable::from(url.host_str().unwrap_or_default());
    let document = checklist::document(kind, subject.as_str(), &checks, Some(next), style);
    Ok(context.out.document(&document))
}
