//! The kinds of documents: every document that is neither a report nor a failure names one.

/// Which document it is; [`DocumentKind::name`] is the value of its key `kind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentKind {
    /// `alias rollback` and `alias promote`.
    AliasMove,
    /// `audit`; with `--follow` one a line.
    Audit,
    /// `bond show`.
    Bond,
    /// `bond verify`.
    BondVerify,
    /// `bond pulse`, `bond rotate` and `bond disconnect`.
    BondWrite,
    /// `bond list`.
    Bonds,
    /// `completions`.
    Completions,
    /// `diff`.
    Diff,
    /// `doctor`.
    Doctor,
    /// `doctor --policy`.
    DoctorPolicy,
    /// `drill` of every scene.
    Drill,
    /// `drill scenes`.
    DrillScenes,
    /// `drill serve`, once it serves.
    DrillServe,
    /// `escalate`.
    Escalate,
    /// `facts --schema`.
    FactSchema,
    /// `facts`.
    Facts,
    /// `peck guide` and `bond guide`.
    Guide,
    /// `--help` and `--version`.
    Help,
    /// `history`.
    History,
    /// `history export`.
    HistoryExport,
    /// `history init`.
    HistoryInit,
    /// `history prune`.
    HistoryPrune,
    /// `journal`.
    Journal,
    /// `man`.
    Man,
    /// `peck show`.
    Peck,
    /// `peck list`.
    Pecks,
    /// `record`.
    Record,
    /// `record --deploy-log`.
    RecordDeploy,
    /// `rules`.
    Rules,
    /// `runbook case`.
    RunbookCase,
    /// `runbook lint`.
    RunbookLint,
    /// `runbook list`.
    RunbookList,
    /// `runbook new`.
    RunbookNew,
    /// `runbook show`.
    RunbookShow,
    /// `runbook test`.
    RunbookTest,
    /// `timeline`.
    Timeline,
    /// `webhook bundle`.
    WebhookBundle,
    /// `webhook listen`, one a line.
    WebhookDelivery,
    /// `webhook diagnose`.
    WebhookDiagnose,
    /// `webhook send`.
    WebhookSend,
    /// `webhook verify`.
    WebhookVerify,
}

impl DocumentKind {
    /// All of them.
    pub const ALL: [DocumentKind; 41] = [
        DocumentKind::AliasMove,
        DocumentKind::Audit,
        DocumentKind::Bond,
        DocumentKind::BondVerify,
        DocumentKind::BondWrite,
        DocumentKind::Bonds,
        DocumentKind::Completions,
        DocumentKind::Diff,
        DocumentKind::Doctor,
        DocumentKind::DoctorPolicy,
        DocumentKind::Drill,
        DocumentKind::DrillScenes,
        DocumentKind::DrillServe,
        DocumentKind::Escalate,
        DocumentKind::FactSchema,
        DocumentKind::Facts,
        DocumentKind::Guide,
        DocumentKind::Help,
        DocumentKind::History,
        DocumentKind::HistoryExport,
        DocumentKind::HistoryInit,
        DocumentKind::HistoryPrune,
        DocumentKind::Journal,
        DocumentKind::Man,
        DocumentKind::Peck,
        DocumentKind::Pecks,
        DocumentKind::Record,
        DocumentKind::RecordDeploy,
        DocumentKind::Rules,
        DocumentKind::RunbookCase,
        DocumentKind::RunbookLint,
        DocumentKind::RunbookList,
        DocumentKind::RunbookNew,
        DocumentKind::RunbookShow,
        DocumentKind::RunbookTest,
        DocumentKind::Timeline,
        DocumentKind::WebhookBundle,
        DocumentKind::WebhookDelivery,
        DocumentKind::WebhookDiagnose,
        DocumentKind::WebhookSend,
        DocumentKind::WebhookVerify,
    ];

    /// Its name in documents.
    pub fn name(self) -> &'static str {
        match self {
            DocumentKind::AliasMove => "alias-move",
            DocumentKind::Audit => "audit",
            DocumentKind::Bond => "bond",
            DocumentKind::BondVerify => "bond-verify",
            DocumentKind::BondWrite => "bond-write",
            DocumentKind::Bonds => "bonds",
            DocumentKind::Completions => "completions",
            DocumentKind::Diff => "diff",
            DocumentKind::Doctor => "doctor",
            DocumentKind::DoctorPolicy => "doctor-policy",
            DocumentKind::Drill => "drill",
            DocumentKind::DrillScenes => "drill-scenes",
            DocumentKind::DrillServe => "drill-serve",
            DocumentKind::Escalate => "escalate",
            DocumentKind::FactSchema => "fact-schema",
            DocumentKind::Facts => "facts",
            DocumentKind::Guide => "guide",
            DocumentKind::Help => "help",
            DocumentKind::History => "history",
            DocumentKind::HistoryExport => "history-export",
            DocumentKind::HistoryInit => "history-init",
            DocumentKind::HistoryPrune => "history-prune",
            DocumentKind::Journal => "journal",
            DocumentKind::Man => "man",
            DocumentKind::Peck => "peck",
            DocumentKind::Pecks => "pecks",
            DocumentKind::Record => "record",
            DocumentKind::RecordDeploy => "record-deploy",
            DocumentKind::Rules => "rules",
            DocumentKind::RunbookCase => "runbook-case",
            DocumentKind::RunbookLint => "runbook-lint",
            DocumentKind::RunbookList => "runbook-list",
            DocumentKind::RunbookNew => "runbook-new",
            DocumentKind::RunbookShow => "runbook-show",
            DocumentKind::RunbookTest => "runbook-test",
            DocumentKind::Timeline => "timeline",
            DocumentKind::WebhookBundle => "webhook-bundle",
            DocumentKind::WebhookDelivery => "webhook-delivery",
            DocumentKind::WebhookDiagnose => "webhook-diagnose",
            DocumentKind::WebhookSend => "webhook-send",
            DocumentKind::WebhookVerify => "webhook-verify",
        }
    }
}
