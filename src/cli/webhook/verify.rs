//! `duckops webhook verify`: is a signature that of a body?

use super::{body, secret};
use crate::cli::Context;
use crate::cli::args::SecretFile;
use crate::cli::fail::Failure;
use crate::exit;
use crate::report::json::DocumentKind;
use crate::report::model::Verdict;
use crate::webhook::{explain_mismatch, verify};
use serde_json::json;
use std::path::Path;

pub(super) async fn main(
    context: &Context,
    file: &Path,
    signature: &str,
    secret_file: &SecretFile,
) -> Result<u8, Failure> {
    let secret = secret(context, secret_file)?;
    let body = body(context, "", file).await?;
    let right = verify(secret.expose(), &body, signature)
        .map_err(|why| Failure::usage(format!("--signature: {why}")))?;
    let reason = match right {
        true => None,
        false => explain_mismatch(secret.expose(), &body, signature),
    };
    let (verdict, code, summary) = match right {
        true => (Verdict::Ok, exit::OK, "the signature is right".to_owned()),
        false => (
            Verdict::Critical,
            exit::CRITICAL,
            format!(
                "the signature is wrong: {}",
                reason.unwrap_or("another secret, or other bytes than were signed")
            ),
        ),
    };
    let text = format!(
        "{}: {summary} ({} bytes)\n",
        verdict.word().to_uppercase(),
        body.len()
    );
    let extra = json!({"right": right, "reason": reason, "bytes": body.len()});
    Ok(context.out.document(
        DocumentKind::WebhookVerify,
        verdict,
        code,
        &summary,
        &text,
        &extra,
    ))
}
