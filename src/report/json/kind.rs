//! The kinds of documents: every document that is neither a report nor a failure names one.

named_enum! {
    /// Which document it is; [`DocumentKind::name`] is the value of its key `kind`.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum DocumentKind, name {
        AliasMove "alias-move" "`alias rollback` and `alias promote`.";
        Audit "audit" "`audit`; with `--follow` one a line.";
        Bond "bond" "`bond show`.";
        BondVerify "bond-verify" "`bond verify`.";
        BondWrite "bond-write" "`bond pulse`, `bond rotate` and `bond disconnect`.";
        Bonds "bonds" "`bond list`.";
        Completions "completions" "`completions`.";
        Diff "diff" "`diff`.";
        Doctor "doctor" "`doctor`.";
        DoctorPolicy "doctor-policy" "`doctor --policy`.";
        Drill "drill" "`drill` of every scene.";
        DrillScenes "drill-scenes" "`drill scenes`.";
        DrillServe "drill-serve" "`drill serve`, once it serves.";
        Escalate "escalate" "`escalate`.";
        FactSchema "fact-schema" "`facts --schema`.";
        Facts "facts" "`facts`.";
        Guide "guide" "`peck guide` and `bond guide`.";
        Help "help" "`--help` and `--version`.";
        History "history" "`history`.";
        HistoryExport "history-export" "`history export`.";
        HistoryInit "history-init" "`history init`.";
        HistoryPrune "history-prune" "`history prune`.";
        Init "init" "`init`.";
        Journal "journal" "`journal`.";
        Man "man" "`man`.";
        Peck "peck" "`peck show`.";
        Pecks "pecks" "`peck list`.";
        Record "record" "`record`.";
        RecordDeploy "record-deploy" "`record --deploy-log`.";
        Rules "rules" "`rules`.";
        RunbookCase "runbook-case" "`runbook case`.";
        RunbookLint "runbook-lint" "`runbook lint`.";
        RunbookList "runbook-list" "`runbook list`.";
        RunbookNew "runbook-new" "`runbook new`.";
        RunbookShow "runbook-show" "`runbook show`.";
        RunbookTest "runbook-test" "`runbook test`.";
        Timeline "timeline" "`timeline`.";
        WebhookBundle "webhook-bundle" "`webhook bundle`.";
        WebhookDelivery "webhook-delivery" "`webhook listen`, one a line.";
        WebhookDiagnose "webhook-diagnose" "`webhook diagnose`.";
        WebhookSend "webhook-send" "`webhook send`.";
        WebhookVerify "webhook-verify" "`webhook verify`.";
    }
}
