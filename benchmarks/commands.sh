#!/usr/bin/env bash
# The commands of the operators' runbooks for one incident, pointed at the practice stack
# by its environment. Each part is what a person would paste, one command after the other.
#   commands.sh inc-001      probe, logs, alias
#   commands.sh inc-004      callback errors, peck events, failed executions
#   commands.sh inc-004-six  the same with INC-003's first two, to which step 4 refers, and
#                            the list of running executions that step 5 needs
#   commands.sh feed         the newest pulses of the audit feed
set -u
api=${DUCKOPS_API_URL:-}
arn=arn:aws:states:us-east-1:${DUCKOPS_ACCOUNT:-}:stateMachine:peck-approval-workflow

status() { curl -s "$api/beak/system/status" | python3 -c "$1"; }
audit() { curl -s -X POST "$api/beak/audit" -H 'Content-Type: application/json' -d '{}' | python3 -c "$1"; }

inc_001() {
  curl -s -o /dev/null -w '%{http_code}\n' "$api/beak/system/status"
  aws logs filter-log-events --log-group-name /aws/lambda/mission-control-api \
    --start-time "$(date -d '15 minutes ago' +%s000)" --filter-pattern ERROR --region us-east-1 \
    --query 'events[*].message' --output text | tail -20
  aws lambda get-alias --function-name mission-control-api --name prod --region us-east-1
}

inc_004() {
  status 'import json,sys; print(json.load(sys.stdin).get("peck_protocol", {}).get("failure_breakdown", {}))'
  audit 'import json,sys; [print(e.get("event_type"), e.get("timestamp", "")) for e in [e for e in json.load(sys.stdin).get("entries", []) if "peck" in e.get("event_type", "").lower()][:5]]'
  aws stepfunctions list-executions --state-machine-arn "$arn" --status-filter FAILED --region us-east-1 \
    --query 'executions[:5].{name:name,start:startDate,stop:stopDate}' --output table
}

agents_and_running() {
  status 'import json,sys; print(json.load(sys.stdin).get("agents", {}))'
  audit 'import json,sys; print([e for e in json.load(sys.stdin).get("entries", []) if "pulse" in e.get("event_type", "")][:3] or "none")'
  aws stepfunctions list-executions --state-machine-arn "$arn" --status-filter RUNNING --region us-east-1 --output table
}

case ${1:-} in
  inc-001) inc_001 ;;
  inc-004) inc_004 ;;
  inc-004-six) inc_004; agents_and_running ;;
  feed) audit 'import json,sys; print([e for e in json.load(sys.stdin).get("entries", []) if "pulse" in e.get("event_type", "")][:3] or "none")' ;;
  *) sed -n '2,9p' "$0"; exit 64 ;;
esac
