//! STS `GetCallerIdentity`: which account answers. What AWS says counts only when it is
//! the stack's.

use super::{Ask, aws};
use crate::fact::{FactValue, Probe};
use crate::observation::{Reading, Silence, Why};
use crate::text::Untrusted;

pub(super) async fn ask(ask: &Ask) -> Reading {
    let mut reading = Reading::new(Probe::Identity);
    let Some(config) = aws::config(ask, &mut reading).await else {
        return reading;
    };
    let request = aws_sdk_sts::Client::new(config).get_caller_identity();
    let question = "GetCallerIdentity".to_owned();
    let answer = aws::question(
        &mut reading,
        ask.deadline,
        question,
        "sts:GetCallerIdentity",
        request.send(),
    )
    .await;
    match answer {
        Ok(identity) => {
            let word = |text: Option<&str>, name: &str| {
                let text = text.filter(|text| !text.is_empty());
                text.map(|text| FactValue::Text(Untrusted::new(text)))
                    .ok_or_else(|| {
                        Silence::new(Why::Missing, format!("the caller identity has no {name}"))
                    })
            };
            reading.put("aws.account", word(identity.account(), "account"), ask.now);
            reading.put("aws.identity", word(identity.arn(), "ARN"), ask.now);
        }
        Err(silence) => reading.rest(silence),
    }
    reading
}
