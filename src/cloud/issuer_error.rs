//! What AWS said to a request for keys: STS for a role, IAM Identity Center for a sign-in. The
//! classifier of all other requests judges these, too.

use super::aws_error::classify;
use crate::observation::Unavailable;
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_sso::operation::get_role_credentials::GetRoleCredentialsError;
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_sdk_sts::operation::assume_role_with_web_identity::AssumeRoleWithWebIdentityError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use std::error::Error;

/// The reason that the service gave, and what helps; `None` where none was asked.
pub(super) fn of(error: &CredentialsError) -> Option<Unavailable> {
    let mut next = error.source();
    while let Some(error) = next {
        let role = error.downcast_ref::<SdkError<AssumeRoleError, HttpResponse>>();
        let identity =
            error.downcast_ref::<SdkError<AssumeRoleWithWebIdentityError, HttpResponse>>();
        let sign_in = error.downcast_ref::<SdkError<GetRoleCredentialsError, HttpResponse>>();
        let classified = role
            .map(|error| classify(error, "sts:AssumeRole"))
            .or_else(|| identity.map(|error| classify(error, "sts:AssumeRoleWithWebIdentity")))
            .or_else(|| sign_in.map(|error| classify(error, "sso:GetRoleCredentials")));
        if classified.is_some() {
            return classified;
        }
        next = error.source();
    }
    None
}
