//! STS `GetCallerIdentity`: which account answers. What AWS says counts only when it is
//! the stack's.

use super::{ProbeContext, aws};
use crate::fact::{FactValue, Probe};
use crate::observation::{Observation, Unavailable, UnavailableReason};
use crate::text::Untrusted;

pub(super) async fn observe(context: &ProbeContext) -> Observation {
    let mut observation = Observation::new(Probe::Identity);
    let Some(config) = aws::config(context, &mut observation).await else {
        return observation;
    };
    let request = aws_sdk_sts::Client::new(config).get_caller_identity();
    let question = "GetCallerIdentity".to_owned();
    let answer = aws::question(
        &mut observation,
        context.deadline,
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
                        Unavailable::new(
                            UnavailableReason::Missing,
                            format!("the caller identity has no {name}"),
                        )
                    })
            };
            observation.put(
                "aws.account",
                word(identity.account(), "account"),
                context.now,
            );
            observation.put("aws.identity", word(identity.arn(), "ARN"), context.now);
        }
        Err(unavailable) => observation.default_unavailable(unavailable),
    }
    observation
}
