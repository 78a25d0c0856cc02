//! `duckops webhook diagnose`: why deliveries fail, one question after the other.

use super::{event, made, secret};
use crate::cli::args::{SecretFile, Target};
use crate::cli::checklist::{self, Check};
use crate::cli::fail::Failure;
use crate::cli::{Context, now};
use crate::webhook::diagnose::diagnose;
use crate::webhook::target;

pub(super) async fn main(
    context: &Context,
    place: &Target,
    name: &str,
    secret_file: &SecretFile,
) -> Result<u8, Failure> {
    let secret = secret(secret_file)?;
    let payload = made(context, event(name)?);
    let url = target::parse(&place.url).map_err(|why| Failure::usage(format!("--url: {why}")))?;
    let now = now(&context.env);
    let findings = diagnose(&url, place.allow_private, secret.expose(), &payload, now).await;
    let checks: Vec<_> = findings
        .into_iter()
        .map(|finding| Check {
            name: finding.id.to_owned(),
            verdict: finding.verdict,
            found: finding.found.into(),
            fix: finding.fix.map(Into::into),
        })
        .collect();
    Ok(checklist::print(context, "webhook-diagnose", &checks))
}
