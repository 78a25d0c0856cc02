"""Makes the function, three versions of different code, and the alias on the third."""
import io
import json
import sys
import zipfile

import boto3


def client(name):
    return boto3.client(name, endpoint_url=sys.argv[1], region_name="us-east-1",
                        aws_access_key_id="practice", aws_secret_access_key="practice")


def code(number):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("lambda_v8.py", f"def lambda_handler(event, context):\n    return {number}\n")
    return packed.getvalue()


trust = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}]}
role = client("iam").create_role(
    RoleName="mission-control", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
function, aws = "mission-control-api", client("lambda")
aws.create_function(FunctionName=function, Runtime="python3.12", Role=role,
                    Handler="lambda_v8.lambda_handler", Code={"ZipFile": code(1)})
aws.publish_version(FunctionName=function)
for number in (2, 3):
    aws.update_function_code(FunctionName=function, ZipFile=code(number))
    aws.publish_version(FunctionName=function)
for number in (1, 2, 3):
    for state in ("function_active_v2", "function_updated_v2"):
        aws.get_waiter(state).wait(FunctionName=f"{function}:{number}")
aws.create_alias(FunctionName=function, Name="prod", FunctionVersion="3")
