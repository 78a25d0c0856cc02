//! Who is asking, as STS says it.

use super::FakeStack;
use super::wire::{OperationResult, REQUEST_ID, RequestContext, ResponseBody, escape};

/// The session that every caller of the practice stack has.
pub(super) const SESSION: &str = "practice";

/// The role that every caller of the practice stack has.
pub(super) fn caller(world: &FakeStack) -> String {
    format!(
        "arn:aws:sts::{}:assumed-role/duckops-read/{SESSION}",
        world.account
    )
}

/// `GetCallerIdentity`
pub(super) fn get_caller_identity(context: &RequestContext<'_>) -> OperationResult {
    let world = context.world;
    let xml = format!(
        "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
         <GetCallerIdentityResult><Arn>{}</Arn><UserId>AROAEXAMPLE:practice</UserId>\
         <Account>{}</Account></GetCallerIdentityResult><ResponseMetadata>\
         <RequestId>{REQUEST_ID}</RequestId></ResponseMetadata></GetCallerIdentityResponse>",
        escape(&caller(world)),
        escape(&world.account),
    );
    OperationResult::new("GetCallerIdentity", Ok(ResponseBody::Xml(xml)))
}
