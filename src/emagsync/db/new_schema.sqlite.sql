CREATE TABLE account_contacts (
    account VARCHAR(32) NOT NULL,
    let_in_at DATETIME,
    failed_at DATETIME,
    code VARCHAR(32),
    message TEXT,
    ip VARCHAR(64),
    CONSTRAINT pk_account_contacts PRIMARY KEY (account)
);

CREATE TABLE account_erasures (
    name VARCHAR(64) NOT NULL,
    asked_at DATETIME NOT NULL,
    CONSTRAINT pk_account_erasures PRIMARY KEY (name)
);

CREATE TABLE account_paces (
    account VARCHAR(32) NOT NULL,
    page_size INTEGER NOT NULL,
    seconds_per_offer FLOAT,
    failed_trials INTEGER NOT NULL,
    learnt_at DATETIME NOT NULL,
    CONSTRAINT pk_account_paces PRIMARY KEY (account)
);

CREATE TABLE accounts (
    name VARCHAR(32) NOT NULL,
    platform VARCHAR(16) NOT NULL,
    base_url VARCHAR(500),
    username VARCHAR(255) NOT NULL,
    password TEXT NOT NULL,
    push VARCHAR(16),
    enabled BOOLEAN NOT NULL,
    added_at DATETIME NOT NULL,
    changed_at DATETIME NOT NULL,
    CONSTRAINT pk_accounts PRIMARY KEY (name)
);

CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num));

CREATE TABLE api_tokens (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    token_hash VARCHAR(64) NOT NULL,
    name VARCHAR(64) NOT NULL,
    role VARCHAR(16) NOT NULL,
    user_id INTEGER,
    created_at DATETIME NOT NULL,
    expires_at DATETIME,
    last_used_at DATETIME,
    revoked_at DATETIME,
    CONSTRAINT uq_api_tokens_token_hash UNIQUE (token_hash),
    CONSTRAINT fk_api_tokens_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE TABLE audit_log (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    at DATETIME NOT NULL,
    username VARCHAR(80) NOT NULL,
    user_id INTEGER,
    caller VARCHAR(16) NOT NULL,
    token_id INTEGER,
    address VARCHAR(64),
    action VARCHAR(64) NOT NULL,
    target VARCHAR(200) NOT NULL,
    detail TEXT NOT NULL
);

CREATE TABLE bulk_change_rows (
    change_id INTEGER NOT NULL,
    "row" INTEGER NOT NULL,
    account VARCHAR(32) NOT NULL,
    emag_id BIGINT NOT NULL,
    effect VARCHAR(24),
    version VARCHAR(64),
    changes TEXT,
    problems TEXT,
    outcome VARCHAR(16),
    CONSTRAINT pk_bulk_change_rows PRIMARY KEY (change_id, "row"),
    CONSTRAINT fk_bulk_change_rows_change_id_bulk_changes FOREIGN KEY(change_id) REFERENCES bulk_changes (id) ON DELETE CASCADE
);

CREATE TABLE bulk_changes (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    kind VARCHAR(16) NOT NULL,
    asked TEXT NOT NULL,
    batch_id VARCHAR(36) NOT NULL,
    state VARCHAR(16) NOT NULL,
    made_by VARCHAR(120) NOT NULL,
    made_at DATETIME NOT NULL,
    found INTEGER,
    position INTEGER NOT NULL,
    counts TEXT NOT NULL,
    alarms TEXT NOT NULL,
    confirm BOOLEAN NOT NULL,
    kept INTEGER NOT NULL,
    changed_since INTEGER NOT NULL,
    came_since INTEGER,
    applied_by VARCHAR(120),
    finished_at DATETIME,
    has_rows BOOLEAN NOT NULL,
    holder VARCHAR(255),
    fence INTEGER NOT NULL,
    until DATETIME,
    attempts INTEGER DEFAULT 0 NOT NULL,
    reason TEXT,
    reason_code VARCHAR(32),
    reason_values TEXT
);

CREATE TABLE categories (
    account VARCHAR(64) NOT NULL,
    category_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    parent_id BIGINT,
    CONSTRAINT pk_categories PRIMARY KEY (account, category_id)
);

CREATE TABLE conflicts (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    account VARCHAR(32) NOT NULL,
    emag_id BIGINT NOT NULL,
    field VARCHAR(40) NOT NULL,
    warehouse_id INTEGER NOT NULL,
    edit_id INTEGER NOT NULL,
    base TEXT,
    local TEXT NOT NULL,
    emag TEXT,
    currency VARCHAR(8),
    emag_currency VARCHAR(8),
    opened_at DATETIME NOT NULL,
    run_id VARCHAR(36),
    state VARCHAR(16) NOT NULL,
    resolution VARCHAR(16),
    value TEXT,
    resolved_by VARCHAR(120),
    resolved_at DATETIME,
    CONSTRAINT fk_conflicts_edit_id_local_edits FOREIGN KEY(edit_id) REFERENCES local_edits (id) ON DELETE CASCADE
);

CREATE TABLE ean_marks (
    id INTEGER NOT NULL,
    seq BIGINT NOT NULL,
    CONSTRAINT pk_ean_marks PRIMARY KEY (id)
);

CREATE TABLE emag_calls (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    account VARCHAR(32) NOT NULL,
    route VARCHAR(64) NOT NULL,
    filters TEXT NOT NULL,
    started_at DATETIME NOT NULL,
    duration_ms INTEGER NOT NULL,
    waited_ms INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    status INTEGER,
    outcome VARCHAR(32) NOT NULL,
    error TEXT,
    rows INTEGER,
    run_id VARCHAR(36),
    request_id VARCHAR(64)
);

CREATE TABLE export_presets (
    id INTEGER NOT NULL,
    owner VARCHAR(100) NOT NULL,
    name VARCHAR(100) NOT NULL,
    format VARCHAR(16) NOT NULL,
    language VARCHAR(8),
    columns TEXT,
    filter TEXT,
    is_shared BOOLEAN NOT NULL,
    updated_at DATETIME NOT NULL,
    CONSTRAINT pk_export_presets PRIMARY KEY (id),
    CONSTRAINT uq_export_presets_owner_name UNIQUE (owner, name)
);

CREATE TABLE freshness_targets (
    account VARCHAR(32) NOT NULL,
    place INTEGER NOT NULL,
    selection TEXT NOT NULL,
    max_age_seconds INTEGER NOT NULL,
    CONSTRAINT pk_freshness_targets PRIMARY KEY (account, place)
);

CREATE TABLE histories (
    number INTEGER NOT NULL,
    id VARCHAR(12) NOT NULL,
    began_at DATETIME NOT NULL,
    forked_at BIGINT NOT NULL,
    starts_after BIGINT NOT NULL,
    place TEXT NOT NULL,
    CONSTRAINT pk_histories PRIMARY KEY (number),
    CONSTRAINT uq_histories_id UNIQUE (id)
);

CREATE TABLE holds (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    account VARCHAR(32) NOT NULL,
    kind VARCHAR(16) NOT NULL,
    source_id VARCHAR(36),
    reason VARCHAR(32) NOT NULL,
    counts TEXT NOT NULL,
    most INTEGER NOT NULL,
    state VARCHAR(16) NOT NULL,
    created_at DATETIME NOT NULL,
    decided_by VARCHAR(120),
    decided_at DATETIME
);

CREATE TABLE home_visits (
    user_id INTEGER NOT NULL,
    last_at DATETIME NOT NULL,
    previous_at DATETIME,
    CONSTRAINT pk_home_visits PRIMARY KEY (user_id),
    CONSTRAINT fk_home_visits_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE TABLE idempotency_keys (
    owner VARCHAR(40) NOT NULL,
    "key" VARCHAR(255) NOT NULL,
    claim VARCHAR(32) NOT NULL,
    alive_at DATETIME NOT NULL,
    status SMALLINT,
    answer TEXT,
    CONSTRAINT pk_idempotency_keys PRIMARY KEY (owner, "key")
);

CREATE TABLE local_edits (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    account VARCHAR(32) NOT NULL,
    emag_id BIGINT NOT NULL,
    field VARCHAR(40) NOT NULL,
    warehouse_id INTEGER NOT NULL,
    kind VARCHAR(16) NOT NULL,
    base TEXT,
    value TEXT NOT NULL,
    confirmed BOOLEAN NOT NULL,
    made_by VARCHAR(120) NOT NULL,
    made_at DATETIME NOT NULL,
    source VARCHAR(16) NOT NULL,
    batch_id VARCHAR(36),
    currency VARCHAR(8),
    state VARCHAR(16) NOT NULL,
    reason TEXT,
    reason_code VARCHAR(32),
    reason_values TEXT,
    emag_changed_at DATETIME,
    closed_at DATETIME,
    closed_by_run VARCHAR(36),
    closed_value TEXT,
    remarks TEXT,
    needs_approval BOOLEAN DEFAULT 0 NOT NULL
);

CREATE TABLE login_failures (
    "key" VARCHAR(80) NOT NULL,
    failures INTEGER NOT NULL,
    since DATETIME NOT NULL,
    last_at DATETIME NOT NULL,
    blocked_until DATETIME,
    CONSTRAINT pk_login_failures PRIMARY KEY ("key")
);

CREATE TABLE mail_servers (
    id INTEGER NOT NULL,
    host VARCHAR(255) NOT NULL,
    port INTEGER NOT NULL,
    security VARCHAR(16) NOT NULL,
    username VARCHAR(255),
    password TEXT,
    sender VARCHAR(320) NOT NULL,
    updated_at DATETIME NOT NULL,
    CONSTRAINT pk_mail_servers PRIMARY KEY (id)
);

CREATE TABLE metric_totals (
    name VARCHAR(80) NOT NULL,
    labels VARCHAR(512) NOT NULL,
    value FLOAT NOT NULL,
    CONSTRAINT pk_metric_totals PRIMARY KEY (name, labels)
);

CREATE TABLE notable_changes (
    id INTEGER NOT NULL,
    account VARCHAR(32) NOT NULL,
    emag_id BIGINT NOT NULL,
    kind VARCHAR(24) NOT NULL,
    at DATETIME NOT NULL,
    run_id VARCHAR(36),
    detail TEXT,
    CONSTRAINT pk_notable_changes PRIMARY KEY (id)
);

CREATE TABLE notification_deliveries (
    id VARCHAR(36) NOT NULL,
    recipient_id VARCHAR(36) NOT NULL,
    event VARCHAR(32) NOT NULL,
    body TEXT NOT NULL,
    status VARCHAR(16) NOT NULL,
    attempts INTEGER NOT NULL,
    next_attempt_at DATETIME NOT NULL,
    created_at DATETIME NOT NULL,
    delivered_at DATETIME,
    answer INTEGER,
    error TEXT,
    CONSTRAINT pk_notification_deliveries PRIMARY KEY (id),
    CONSTRAINT fk_notification_deliveries_recipient_id_notification_recipients FOREIGN KEY(recipient_id) REFERENCES notification_recipients (id) ON DELETE CASCADE
);

CREATE TABLE notification_late_accounts (
    account VARCHAR(32) NOT NULL,
    since DATETIME NOT NULL,
    CONSTRAINT pk_notification_late_accounts PRIMARY KEY (account)
);

CREATE TABLE notification_notices (
    id INTEGER NOT NULL,
    rule_id VARCHAR(36) NOT NULL,
    account VARCHAR(32) NOT NULL,
    number BIGINT NOT NULL,
    detail TEXT NOT NULL,
    at DATETIME NOT NULL,
    CONSTRAINT pk_notification_notices PRIMARY KEY (id),
    CONSTRAINT fk_notification_notices_rule_id_notification_rules FOREIGN KEY(rule_id) REFERENCES notification_rules (id) ON DELETE CASCADE
);

CREATE TABLE notification_recipients (
    id VARCHAR(36) NOT NULL,
    name VARCHAR(100) NOT NULL,
    service VARCHAR(16) NOT NULL,
    address TEXT NOT NULL,
    shown TEXT NOT NULL,
    language VARCHAR(2) NOT NULL,
    time_zone VARCHAR(64) NOT NULL,
    daily_hour INTEGER NOT NULL,
    page_url TEXT,
    enabled BOOLEAN NOT NULL,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    timeouts INTEGER DEFAULT 0 NOT NULL,
    paused_until DATETIME,
    off_reason VARCHAR(16),
    CONSTRAINT pk_notification_recipients PRIMARY KEY (id)
);

CREATE TABLE notification_rules (
    id VARCHAR(36) NOT NULL,
    recipient_id VARCHAR(36) NOT NULL,
    kind VARCHAR(16) NOT NULL,
    account VARCHAR(32),
    threshold INTEGER,
    timing VARCHAR(16) NOT NULL,
    seq BIGINT NOT NULL,
    next_at DATETIME NOT NULL,
    version INTEGER DEFAULT 0 NOT NULL,
    CONSTRAINT pk_notification_rules PRIMARY KEY (id),
    CONSTRAINT fk_notification_rules_recipient_id_notification_recipients FOREIGN KEY(recipient_id) REFERENCES notification_recipients (id) ON DELETE CASCADE
);

CREATE TABLE occurrences (
    id INTEGER NOT NULL,
    kind VARCHAR(16) NOT NULL,
    account VARCHAR(32) NOT NULL,
    number BIGINT NOT NULL,
    detail TEXT NOT NULL,
    at DATETIME NOT NULL,
    CONSTRAINT pk_occurrences PRIMARY KEY (id)
);

CREATE TABLE offer_changes (
    seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    account VARCHAR(32) NOT NULL,
    emag_id BIGINT NOT NULL,
    field VARCHAR(40) NOT NULL,
    old TEXT,
    new TEXT,
    run_id VARCHAR(36),
    at DATETIME NOT NULL,
    source VARCHAR(16) NOT NULL
);

CREATE TABLE offer_counts (
    account VARCHAR(32) NOT NULL,
    what TEXT NOT NULL,
    number BIGINT NOT NULL,
    CONSTRAINT pk_offer_counts PRIMARY KEY (account, what)
);

CREATE TABLE offer_eans (
    account VARCHAR(32) NOT NULL,
    ean TEXT NOT NULL,
    emag_id BIGINT NOT NULL,
    CONSTRAINT pk_offer_eans PRIMARY KEY (account, ean, emag_id)
)
 WITHOUT ROWID;

CREATE TABLE offer_payloads (
    account VARCHAR(32) NOT NULL,
    emag_id BIGINT NOT NULL,
    payload TEXT NOT NULL,
    stored_at DATETIME NOT NULL,
    CONSTRAINT pk_offer_payloads PRIMARY KEY (account, emag_id),
    CONSTRAINT fk_offer_payloads_account_offers FOREIGN KEY(account, emag_id) REFERENCES offers (account, emag_id) ON DELETE CASCADE
);

CREATE TABLE offer_search (
    offer_id INTEGER NOT NULL,
    text TEXT NOT NULL,
    CONSTRAINT pk_offer_search PRIMARY KEY (offer_id),
    CONSTRAINT fk_offer_search_offer_id_offers FOREIGN KEY(offer_id) REFERENCES offers (id) ON DELETE CASCADE
);

CREATE VIRTUAL TABLE offer_search_index USING fts5(text, content='', columnsize=0, detail=none, tokenize='trigram case_sensitive 1');

CREATE TABLE offer_sightings (
    account VARCHAR(32) NOT NULL,
    seen_at DATETIME NOT NULL,
    number BIGINT NOT NULL,
    ids TEXT NOT NULL,
    CONSTRAINT pk_offer_sightings PRIMARY KEY (account, seen_at)
);

CREATE TABLE offers (
    id INTEGER NOT NULL,
    account VARCHAR(32) NOT NULL,
    emag_id BIGINT NOT NULL,
    part_number TEXT,
    part_number_key TEXT,
    name TEXT,
    brand TEXT,
    category_id BIGINT,
    status INTEGER,
    sale_price BIGINT,
    recommended_price BIGINT,
    min_sale_price BIGINT,
    max_sale_price BIGINT,
    currency VARCHAR(8) NOT NULL,
    currency_type TEXT,
    vat_id BIGINT,
    stock BIGINT NOT NULL,
    estimated_stock BIGINT,
    handling_time BIGINT,
    validation_status BIGINT,
    translation_validation_status BIGINT,
    offer_validation_status BIGINT,
    buy_button_rank BIGINT,
    number_of_offers BIGINT,
    best_offer_sale_price BIGINT,
    main_offer_price BIGINT,
    ownership SMALLINT,
    genius_eligibility BIGINT,
    genius_eligibility_type BIGINT,
    genius_computed BIGINT,
    warranty BIGINT,
    main_image TEXT,
    eans TEXT NOT NULL,
    sellable BOOLEAN NOT NULL,
    not_sellable TEXT NOT NULL,
    remarks TEXT,
    fingerprint VARCHAR(32) NOT NULL,
    raw_digest BLOB NOT NULL,
    first_seen_at DATETIME NOT NULL,
    changed_at DATETIME NOT NULL,
    last_seen_at DATETIME NOT NULL,
    last_seen_run VARCHAR(36) NOT NULL,
    removed_at DATETIME,
    CONSTRAINT pk_offers PRIMARY KEY (id),
    CONSTRAINT uq_offers_account_emag_id UNIQUE (account, emag_id)
);

CREATE TABLE outbox (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    account VARCHAR(32) NOT NULL,
    emag_id BIGINT NOT NULL,
    items TEXT NOT NULL,
    rank INTEGER NOT NULL,
    state VARCHAR(16) NOT NULL,
    push_id VARCHAR(36),
    batch_id VARCHAR(36),
    fence INTEGER,
    attempts INTEGER NOT NULL,
    reason TEXT,
    reason_code VARCHAR(32),
    reason_values TEXT,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    next_at DATETIME,
    sent_at DATETIME,
    finished_at DATETIME,
    approved_by VARCHAR(120),
    approved_at DATETIME,
    alarm VARCHAR(16),
    hold_id INTEGER
);

CREATE TABLE preferences (
    owner VARCHAR(100) NOT NULL,
    name VARCHAR(40) NOT NULL,
    value TEXT NOT NULL,
    CONSTRAINT pk_preferences PRIMARY KEY (owner, name)
);

CREATE TABLE process_marks (
    name VARCHAR(32) NOT NULL,
    started_at DATETIME NOT NULL,
    CONSTRAINT pk_process_marks PRIMARY KEY (name)
);

CREATE TABLE push_leases (
    account VARCHAR(32) NOT NULL,
    holder VARCHAR(255),
    fence INTEGER NOT NULL,
    until DATETIME,
    CONSTRAINT pk_push_leases PRIMARY KEY (account)
);

CREATE TABLE pushes (
    id VARCHAR(36) NOT NULL,
    account VARCHAR(32) NOT NULL,
    "trigger" VARCHAR(16) NOT NULL,
    status VARCHAR(16) NOT NULL,
    counts TEXT NOT NULL,
    created_at DATETIME NOT NULL,
    finished_at DATETIME,
    error TEXT,
    reason_code VARCHAR(32),
    reason_values TEXT,
    CONSTRAINT pk_pushes PRIMARY KEY (id)
);

CREATE TABLE recovery_codes (
    id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    code_hash VARCHAR(64) NOT NULL,
    CONSTRAINT pk_recovery_codes PRIMARY KEY (id),
    CONSTRAINT uq_recovery_codes_user_id_code_hash UNIQUE (user_id, code_hash),
    CONSTRAINT fk_recovery_codes_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE TABLE reference_reads (
    account VARCHAR(64) NOT NULL,
    kind VARCHAR(16) NOT NULL,
    tried_at DATETIME NOT NULL,
    read_at DATETIME,
    error VARCHAR(64),
    CONSTRAINT pk_reference_reads PRIMARY KEY (account, kind)
);

CREATE TABLE saved_filters (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    owner VARCHAR(100) NOT NULL,
    name VARCHAR(60) NOT NULL,
    "query" TEXT NOT NULL,
    is_shared BOOLEAN NOT NULL,
    updated_at DATETIME NOT NULL,
    CONSTRAINT uq_saved_filters_owner_name UNIQUE (owner, name)
);

CREATE TABLE schedules (
    name VARCHAR(64) NOT NULL,
    kind VARCHAR(16) NOT NULL,
    account VARCHAR(32),
    enabled BOOLEAN,
    interval_seconds INTEGER,
    next_run_at DATETIME NOT NULL,
    last_run_at DATETIME,
    last_result VARCHAR(16),
    last_message TEXT,
    CONSTRAINT pk_schedules PRIMARY KEY (name)
);

CREATE TABLE second_factors (
    user_id INTEGER NOT NULL,
    secret VARCHAR(255) NOT NULL,
    created_at DATETIME NOT NULL,
    confirmed_at DATETIME,
    last_step INTEGER NOT NULL,
    CONSTRAINT pk_second_factors PRIMARY KEY (user_id),
    CONSTRAINT fk_second_factors_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE TABLE sessions (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    token_hash VARCHAR(64) NOT NULL,
    kind VARCHAR(16) NOT NULL,
    user_id INTEGER NOT NULL,
    created_at DATETIME NOT NULL,
    expires_at DATETIME NOT NULL,
    last_seen_at DATETIME NOT NULL,
    address VARCHAR(64),
    agent VARCHAR(200),
    CONSTRAINT uq_sessions_token_hash UNIQUE (token_hash),
    CONSTRAINT fk_sessions_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE TABLE shared_eans (
    account VARCHAR(32) NOT NULL,
    ean TEXT NOT NULL,
    CONSTRAINT pk_shared_eans PRIMARY KEY (account, ean)
)
 WITHOUT ROWID;

CREATE TABLE source_reading_rows (
    reading_id INTEGER NOT NULL,
    position INTEGER NOT NULL,
    kind VARCHAR(16) NOT NULL,
    "row" INTEGER,
    account VARCHAR(32) NOT NULL,
    emag_id BIGINT,
    product_id BIGINT,
    named TEXT,
    product_name TEXT,
    currency VARCHAR(8),
    given TEXT NOT NULL,
    changes TEXT NOT NULL,
    problems TEXT NOT NULL,
    CONSTRAINT pk_source_reading_rows PRIMARY KEY (reading_id, position),
    CONSTRAINT fk_source_reading_rows_reading_id_source_readings FOREIGN KEY(reading_id) REFERENCES source_readings (id) ON DELETE CASCADE
);

CREATE TABLE source_readings (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    source_id VARCHAR(36) NOT NULL,
    status VARCHAR(16) NOT NULL,
    "trigger" VARCHAR(16) NOT NULL,
    started_by VARCHAR(120) NOT NULL,
    started_at DATETIME NOT NULL,
    finished_at DATETIME,
    code VARCHAR(40),
    reason VARCHAR(40),
    reason_values TEXT,
    message TEXT,
    counts TEXT NOT NULL,
    file TEXT,
    brakes TEXT,
    batch_id VARCHAR(36),
    applied_by VARCHAR(120),
    applied_at DATETIME,
    CONSTRAINT fk_source_readings_source_id_sources FOREIGN KEY(source_id) REFERENCES sources (id) ON DELETE CASCADE
);

CREATE TABLE sources (
    id VARCHAR(36) NOT NULL,
    name VARCHAR(100) NOT NULL,
    kind VARCHAR(16) NOT NULL,
    address TEXT,
    username VARCHAR(255),
    secrets TEXT,
    host_key TEXT,
    account VARCHAR(32) NOT NULL,
    format TEXT NOT NULL,
    columns TEXT,
    "key" VARCHAR(32),
    mode VARCHAR(16) NOT NULL,
    missing_means VARCHAR(16) NOT NULL,
    most_shrink_percent INTEGER NOT NULL,
    interval_minutes INTEGER,
    enabled BOOLEAN NOT NULL,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    next_at DATETIME,
    reading_until DATETIME,
    digest VARCHAR(64),
    etag TEXT,
    last_modified TEXT,
    rows INTEGER,
    taken_in_at DATETIME,
    failures INTEGER DEFAULT 0 NOT NULL,
    CONSTRAINT pk_sources PRIMARY KEY (id),
    CONSTRAINT uq_sources_name UNIQUE (name)
);

CREATE TABLE sync_certificates (
    run_id VARCHAR(36) NOT NULL,
    evidence TEXT NOT NULL,
    copied_at DATETIME,
    offers INTEGER,
    state VARCHAR(64),
    digest VARCHAR(64),
    digest_version INTEGER,
    CONSTRAINT pk_sync_certificates PRIMARY KEY (run_id),
    CONSTRAINT fk_sync_certificates_run_id_sync_runs FOREIGN KEY(run_id) REFERENCES sync_runs (id) ON DELETE CASCADE
);

CREATE TABLE sync_differences (
    run_id VARCHAR(36) NOT NULL,
    emag_id BIGINT NOT NULL,
    kind VARCHAR(16) NOT NULL,
    kinds TEXT DEFAULT '' NOT NULL,
    fields TEXT NOT NULL,
    CONSTRAINT pk_sync_differences PRIMARY KEY (run_id, emag_id),
    CONSTRAINT fk_sync_differences_run_id_sync_runs FOREIGN KEY(run_id) REFERENCES sync_runs (id) ON DELETE CASCADE
);

CREATE TABLE sync_failed_requests (
    run_id VARCHAR(36) NOT NULL,
    number INTEGER NOT NULL,
    started_at DATETIME NOT NULL,
    seconds FLOAT NOT NULL,
    code VARCHAR(64) NOT NULL,
    page INTEGER,
    size INTEGER,
    CONSTRAINT pk_sync_failed_requests PRIMARY KEY (run_id, number),
    CONSTRAINT fk_sync_failed_requests_run_id_sync_runs FOREIGN KEY(run_id) REFERENCES sync_runs (id) ON DELETE CASCADE
);

CREATE TABLE sync_pages (
    run_id VARCHAR(36) NOT NULL,
    pass_number INTEGER NOT NULL,
    scope VARCHAR(16) NOT NULL,
    page INTEGER NOT NULL,
    size INTEGER NOT NULL,
    status VARCHAR(16) NOT NULL,
    ids TEXT NOT NULL,
    items INTEGER NOT NULL,
    rejected INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    inherited BOOLEAN NOT NULL,
    error TEXT,
    started_at DATETIME NOT NULL,
    finished_at DATETIME NOT NULL,
    CONSTRAINT pk_sync_pages PRIMARY KEY (run_id, pass_number, scope, page),
    CONSTRAINT fk_sync_pages_run_id_sync_runs FOREIGN KEY(run_id) REFERENCES sync_runs (id) ON DELETE CASCADE
);

CREATE TABLE sync_runs (
    id VARCHAR(36) NOT NULL,
    sync_id VARCHAR(36) NOT NULL,
    account VARCHAR(32) NOT NULL,
    mode VARCHAR(16) NOT NULL,
    parameters TEXT NOT NULL,
    status VARCHAR(16) NOT NULL,
    "trigger" VARCHAR(16) NOT NULL,
    attempt INTEGER NOT NULL,
    fence INTEGER NOT NULL,
    worker VARCHAR(255),
    created_at DATETIME NOT NULL,
    started_at DATETIME,
    heartbeat_at DATETIME,
    finished_at DATETIME,
    resumed_from VARCHAR(36),
    total_items INTEGER,
    total_pages INTEGER,
    current_page INTEGER NOT NULL,
    pages_read INTEGER NOT NULL,
    passes INTEGER NOT NULL,
    processed INTEGER NOT NULL,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    unchanged INTEGER NOT NULL,
    removed INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    requests INTEGER NOT NULL,
    rate_limit_hits INTEGER NOT NULL,
    wait_seconds FLOAT NOT NULL,
    errors TEXT NOT NULL,
    error_count INTEGER NOT NULL,
    error_codes TEXT,
    attempt_started_at DATETIME,
    phase VARCHAR(16),
    items_per_second FLOAT,
    announced BOOLEAN DEFAULT false NOT NULL,
    counted BOOLEAN DEFAULT false NOT NULL,
    inherited TEXT,
    failed_requests INTEGER DEFAULT 0 NOT NULL,
    failing_since DATETIME,
    last_failure VARCHAR(64),
    page_size INTEGER,
    CONSTRAINT pk_sync_runs PRIMARY KEY (id)
);

CREATE TABLE users (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    username VARCHAR(64) NOT NULL,
    password_hash VARCHAR(255) NOT NULL,
    role VARCHAR(16) NOT NULL,
    enabled BOOLEAN NOT NULL,
    created_at DATETIME NOT NULL,
    password_changed_at DATETIME NOT NULL,
    last_login_at DATETIME,
    CONSTRAINT uq_users_username UNIQUE (username)
);

CREATE TABLE vat_rates (
    account VARCHAR(64) NOT NULL,
    vat_id BIGINT NOT NULL,
    since DATE NOT NULL,
    rate BIGINT NOT NULL,
    name TEXT,
    CONSTRAINT pk_vat_rates PRIMARY KEY (account, vat_id, since)
);

CREATE TABLE webhook_deliveries (
    id VARCHAR(36) NOT NULL,
    webhook_id VARCHAR(36) NOT NULL,
    event VARCHAR(32) NOT NULL,
    body TEXT NOT NULL,
    status VARCHAR(16) NOT NULL,
    attempts INTEGER NOT NULL,
    next_attempt_at DATETIME NOT NULL,
    created_at DATETIME NOT NULL,
    delivered_at DATETIME,
    answer INTEGER,
    error TEXT,
    CONSTRAINT pk_webhook_deliveries PRIMARY KEY (id),
    CONSTRAINT fk_webhook_deliveries_webhook_id_webhooks FOREIGN KEY(webhook_id) REFERENCES webhooks (id) ON DELETE CASCADE
);

CREATE TABLE webhooks (
    id VARCHAR(36) NOT NULL,
    name VARCHAR(100) NOT NULL,
    url TEXT NOT NULL,
    events TEXT NOT NULL,
    enabled BOOLEAN NOT NULL,
    secret_version INTEGER NOT NULL,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    changes TEXT,
    position BIGINT,
    told_position BIGINT,
    timeouts INTEGER DEFAULT 0 NOT NULL,
    paused_until DATETIME,
    off_reason VARCHAR(16),
    CONSTRAINT pk_webhooks PRIMARY KEY (id)
);

CREATE INDEX ix_api_tokens_user_id ON api_tokens (user_id);

CREATE INDEX ix_audit_log_action_at ON audit_log (action, at);

CREATE INDEX ix_audit_log_at ON audit_log (at);

CREATE UNIQUE INDEX ix_bulk_change_rows_change_id_account_emag_id ON bulk_change_rows (change_id, account, emag_id);

CREATE INDEX ix_bulk_change_rows_change_id_effect_row ON bulk_change_rows (change_id, effect, "row");

CREATE UNIQUE INDEX ix_bulk_changes_batch_id ON bulk_changes (batch_id);

CREATE INDEX ix_bulk_changes_state ON bulk_changes (state);

CREATE INDEX ix_conflicts_account_state_id ON conflicts (account, state, id);

CREATE UNIQUE INDEX uq_conflicts_open ON conflicts (edit_id) WHERE state = 'open';

CREATE INDEX ix_emag_calls_account_id ON emag_calls (account, id);

CREATE INDEX ix_emag_calls_started_at ON emag_calls (started_at);

CREATE INDEX ix_holds_account_id ON holds (account, id);

CREATE UNIQUE INDEX uq_holds_waiting ON holds (account, kind) WHERE state = 'waiting';

CREATE INDEX ix_idempotency_keys_alive_at ON idempotency_keys (alive_at);

CREATE INDEX ix_local_edits_account_emag_id_id ON local_edits (account, emag_id, id);

CREATE INDEX ix_local_edits_batch_id ON local_edits (batch_id);

CREATE INDEX ix_local_edits_closed_by_run ON local_edits (closed_by_run);

CREATE UNIQUE INDEX uq_local_edits_open ON local_edits (account, emag_id, field, warehouse_id) WHERE state IN ('open', 'conflict');

CREATE INDEX ix_login_failures_last_at ON login_failures (last_at);

CREATE INDEX ix_notable_changes_kind_at_account_emag_id ON notable_changes (kind, at, account, emag_id);

CREATE INDEX ix_notable_changes_run_id_kind_account_emag_id ON notable_changes (run_id, kind, account, emag_id);

CREATE INDEX ix_notification_deliveries_lane ON notification_deliveries (recipient_id, next_attempt_at) WHERE status IN ('pending', 'sending');

CREATE INDEX ix_notification_deliveries_recipient_id_created_at ON notification_deliveries (recipient_id, created_at);

CREATE INDEX ix_notification_notices_rule_id ON notification_notices (rule_id);

CREATE INDEX ix_notification_rules_recipient_id ON notification_rules (recipient_id);

CREATE INDEX ix_offer_changes_account_emag_id_seq ON offer_changes (account, emag_id, seq);

CREATE INDEX ix_offer_changes_currency ON offer_changes (account, emag_id) WHERE field = 'currency';

CREATE INDEX ix_offer_changes_run_id ON offer_changes (run_id);

CREATE INDEX ix_offer_sightings_last ON offer_sightings (account, seen_at) WHERE number > 0;

CREATE INDEX ix_offers_facets ON offers (account, emag_id, removed_at, status, sellable, stock, validation_status, offer_validation_status, category_id, currency, sale_price, changed_at, min_sale_price, max_sale_price, buy_button_rank, vat_id, brand, not_sellable);

CREATE INDEX ix_offers_no_image ON offers (account, emag_id) WHERE main_image IS NULL AND removed_at IS NULL;

CREATE INDEX ix_offers_part_number ON offers (part_number);

CREATE INDEX ix_offers_removed ON offers (account, emag_id) WHERE removed_at IS NOT NULL;

CREATE INDEX ix_outbox_account_emag_id_id ON outbox (account, emag_id, id);

CREATE INDEX ix_outbox_account_state_rank_id ON outbox (account, state, rank, id);

CREATE INDEX ix_outbox_alarming ON outbox (account, sent_at) WHERE alarm IS NOT NULL AND hold_id IS NULL;

CREATE INDEX ix_outbox_push_id ON outbox (push_id);

CREATE UNIQUE INDEX uq_outbox_not_final ON outbox (account, emag_id) WHERE state IN ('waiting', 'pending', 'sending', 'uncertain');

CREATE INDEX ix_pushes_account_created_at ON pushes (account, created_at);

CREATE INDEX ix_pushes_running ON pushes (account) WHERE status = 'running';

CREATE INDEX ix_sessions_expires_at ON sessions (expires_at);

CREATE INDEX ix_sessions_user_id ON sessions (user_id);

CREATE INDEX ix_source_reading_rows_reading_id_kind_position ON source_reading_rows (reading_id, kind, position);

CREATE INDEX ix_source_readings_source_id_id ON source_readings (source_id, id);

CREATE INDEX ix_source_readings_started_at ON source_readings (started_at);

CREATE INDEX ix_sources_next_at ON sources (next_at) WHERE next_at IS NOT NULL;

CREATE INDEX ix_sync_certificates_state ON sync_certificates (state);

CREATE INDEX ix_sync_runs_account_created_at ON sync_runs (account, created_at);

CREATE INDEX ix_sync_runs_created_at ON sync_runs (created_at);

CREATE INDEX ix_sync_runs_failed ON sync_runs (created_at) WHERE status = 'failed';

CREATE INDEX ix_sync_runs_sync_id ON sync_runs (sync_id);

CREATE INDEX ix_sync_runs_unannounced ON sync_runs (finished_at) WHERE NOT announced AND finished_at IS NOT NULL;

CREATE INDEX ix_sync_runs_uncounted ON sync_runs (created_at) WHERE NOT counted;

CREATE UNIQUE INDEX uq_sync_runs_active_account ON sync_runs (account) WHERE status IN ('queued', 'running', 'interrupted');

CREATE INDEX ix_webhook_deliveries_lane ON webhook_deliveries (webhook_id, next_attempt_at) WHERE status IN ('pending', 'sending');

CREATE INDEX ix_webhook_deliveries_webhook_id_created_at ON webhook_deliveries (webhook_id, created_at);

CREATE VIEW v_accounts AS SELECT names.account AS account, added.platform AS platform, COALESCE(counts.number, 0) AS offers, replace((SELECT max(runs.finished_at) FROM sync_runs AS runs WHERE runs.account = names.account AND runs.status = 'completed'), ' ', 'T') || 'Z' AS last_completed_at, replace((SELECT max(runs.finished_at) FROM sync_runs AS runs WHERE runs.account = names.account AND runs.status = 'completed' AND runs.mode = 'full'), ' ', 'T') || 'Z' AS last_full_at, replace(contacts.let_in_at, ' ', 'T') || 'Z' AS let_in_at, replace(contacts.failed_at, ' ', 'T') || 'Z' AS failed_at FROM (SELECT name AS account FROM accounts UNION SELECT account FROM account_contacts UNION SELECT account FROM sync_runs UNION SELECT account FROM offer_counts) AS names LEFT JOIN accounts AS added ON added.name = names.account LEFT JOIN account_contacts AS contacts ON contacts.account = names.account LEFT JOIN offer_counts AS counts ON counts.account = names.account AND counts.what = 'offers';

CREATE VIEW v_categories AS SELECT categories.account AS account, categories.category_id AS category_id, categories.name AS category_name, categories.parent_id AS parent_id FROM categories;

CREATE VIEW v_changes AS SELECT changes.seq AS seq, changes.account AS account, changes.emag_id AS emag_id, offers.id AS product_id, offers.part_number AS part_number, changes.field AS field, changes.old AS old, changes.new AS new, CASE WHEN changes.old IS NULL OR changes.field NOT IN ('sale_price', 'recommended_price', 'min_sale_price', 'max_sale_price', 'best_offer_sale_price', 'main_offer_price') THEN NULL WHEN EXISTS (SELECT 1 FROM offer_changes AS later WHERE later.account = changes.account AND later.emag_id = changes.emag_id AND later.field = 'currency' AND later.at >= changes.at) THEN (SELECT later.old FROM offer_changes AS later WHERE later.account = changes.account AND later.emag_id = changes.emag_id AND later.field = 'currency' AND later.at >= changes.at ORDER BY later.seq LIMIT 1) ELSE offers.currency END AS old_currency, CASE WHEN changes.new IS NULL OR changes.field NOT IN ('sale_price', 'recommended_price', 'min_sale_price', 'max_sale_price', 'best_offer_sale_price', 'main_offer_price') THEN NULL WHEN EXISTS (SELECT 1 FROM offer_changes AS later WHERE later.account = changes.account AND later.emag_id = changes.emag_id AND later.field = 'currency' AND later.at > changes.at) THEN (SELECT later.old FROM offer_changes AS later WHERE later.account = changes.account AND later.emag_id = changes.emag_id AND later.field = 'currency' AND later.at > changes.at ORDER BY later.seq LIMIT 1) ELSE offers.currency END AS currency, replace(changes.at, ' ', 'T') || 'Z' AS at, changes.source AS source, changes.run_id AS run_id FROM offer_changes AS changes LEFT JOIN offers ON offers.account = changes.account AND offers.emag_id = changes.emag_id;

CREATE VIEW v_conflicts AS SELECT conflicts.id AS id, conflicts.account AS account, conflicts.emag_id AS emag_id, offers.id AS product_id, offers.part_number AS part_number, conflicts.field AS field, NULLIF(conflicts.warehouse_id, 0) AS warehouse_id, conflicts.edit_id AS edit_id, conflicts.base AS base, conflicts.local AS local, conflicts.emag AS emag, conflicts.currency AS currency, conflicts.emag_currency AS emag_currency, replace(conflicts.opened_at, ' ', 'T') || 'Z' AS opened_at, conflicts.run_id AS run_id, conflicts.state AS state, conflicts.resolution AS resolution, conflicts.value AS value, conflicts.resolved_by AS resolved_by, replace(conflicts.resolved_at, ' ', 'T') || 'Z' AS resolved_at FROM conflicts LEFT JOIN offers ON offers.account = conflicts.account AND offers.emag_id = conflicts.emag_id;

CREATE VIEW v_contract AS SELECT 1 AS version, 1 AS revision;

CREATE VIEW v_edits AS SELECT edits.id AS id, edits.account AS account, edits.emag_id AS emag_id, offers.id AS product_id, offers.part_number AS part_number, edits.field AS field, NULLIF(edits.warehouse_id, 0) AS warehouse_id, edits.kind AS kind, edits.base AS base, edits.value AS value, edits.currency AS currency, edits.state AS state, edits.reason AS reason, edits.reason_code AS reason_code, edits.confirmed AS confirmed, edits.made_by AS made_by, replace(edits.made_at, ' ', 'T') || 'Z' AS made_at, edits.source AS source, edits.batch_id AS batch_id, replace(edits.emag_changed_at, ' ', 'T') || 'Z' AS emag_changed_at, replace(edits.closed_at, ' ', 'T') || 'Z' AS closed_at, edits.closed_by_run AS closed_by_run, edits.closed_value AS closed_value, edits.remarks AS remarks FROM local_edits AS edits LEFT JOIN offers ON offers.account = edits.account AND offers.emag_id = edits.emag_id;

CREATE VIEW v_histories AS SELECT histories.number AS number, histories.id AS history, replace(histories.began_at, ' ', 'T') || 'Z' AS began_at, histories.forked_at AS forked_at, histories.starts_after AS starts_after FROM histories;

CREATE VIEW v_offer_eans AS SELECT offers.account AS account, offers.emag_id AS emag_id, codes.key + 1 AS position, codes.value AS ean, offers.id AS product_id, offers.part_number AS part_number FROM offers JOIN json_each(offers.eans) AS codes WHERE offers.removed_at IS NULL;

CREATE VIEW v_offer_payloads AS SELECT offer_payloads.account AS account, offer_payloads.emag_id AS emag_id, offer_payloads.payload AS payload, replace(offer_payloads.stored_at, ' ', 'T') || 'Z' AS stored_at FROM offer_payloads;

CREATE VIEW v_offers AS SELECT offers.id AS id, offers.account AS account, offers.emag_id AS emag_id, offers.part_number AS part_number, offers.part_number_key AS part_number_key, offers.name AS name, offers.brand AS brand, CASE WHEN offers.sale_price IS NULL THEN NULL ELSE printf('%s%d.%04d', CASE WHEN offers.sale_price < 0 THEN '-' ELSE '' END, abs(offers.sale_price) / 10000, abs(offers.sale_price) % 10000) END AS sale_price, offers.currency AS currency, offers.currency_type AS currency_type, offers.stock AS stock, CASE offers.status WHEN 0 THEN 'inactive' WHEN 1 THEN 'active' WHEN 2 THEN 'end_of_life' ELSE NULL END AS status, offers.status AS status_code, offers.sellable AS sellable, CASE offers.not_sellable WHEN '' THEN '[]' ELSE '["' || replace(offers.not_sellable, ' ', '","') || '"]' END AS not_sellable, offers.category_id AS category_id, (SELECT categories.name FROM categories WHERE categories.account = offers.account AND categories.category_id = offers.category_id) AS category_name, offers.eans AS eans, offers.main_image AS main_image, CASE WHEN offers.recommended_price IS NULL THEN NULL ELSE printf('%s%d.%04d', CASE WHEN offers.recommended_price < 0 THEN '-' ELSE '' END, abs(offers.recommended_price) / 10000, abs(offers.recommended_price) % 10000) END AS recommended_price, CASE WHEN offers.min_sale_price IS NULL THEN NULL ELSE printf('%s%d.%04d', CASE WHEN offers.min_sale_price < 0 THEN '-' ELSE '' END, abs(offers.min_sale_price) / 10000, abs(offers.min_sale_price) % 10000) END AS min_sale_price, CASE WHEN offers.max_sale_price IS NULL THEN NULL ELSE printf('%s%d.%04d', CASE WHEN offers.max_sale_price < 0 THEN '-' ELSE '' END, abs(offers.max_sale_price) / 10000, abs(offers.max_sale_price) % 10000) END AS max_sale_price, CASE WHEN offers.best_offer_sale_price IS NULL THEN NULL ELSE printf('%s%d.%04d', CASE WHEN offers.best_offer_sale_price < 0 THEN '-' ELSE '' END, abs(offers.best_offer_sale_price) / 10000, abs(offers.best_offer_sale_price) % 10000) END AS best_offer_sale_price, CASE WHEN offers.main_offer_price IS NULL THEN NULL ELSE printf('%s%d.%04d', CASE WHEN offers.main_offer_price < 0 THEN '-' ELSE '' END, abs(offers.main_offer_price) / 10000, abs(offers.main_offer_price) % 10000) END AS main_offer_price, offers.buy_button_rank AS buy_button_rank, offers.number_of_offers AS number_of_offers, offers.vat_id AS vat_id, (SELECT CASE WHEN units IS NULL THEN NULL ELSE printf('%s%d.%04d', CASE WHEN units < 0 THEN '-' ELSE '' END, abs(units) / 10000, abs(units) % 10000) END FROM (SELECT (SELECT rates.rate FROM vat_rates AS rates WHERE rates.account = offers.account AND rates.vat_id = offers.vat_id ORDER BY rates.since DESC LIMIT 1) AS units)) AS vat_rate, (SELECT CASE WHEN units IS NULL THEN NULL ELSE printf('%s%d.%04d', CASE WHEN units < 0 THEN '-' ELSE '' END, abs(units) / 10000, abs(units) % 10000) END FROM (SELECT offers.sale_price + offers.sale_price / 10000 * (SELECT rates.rate FROM vat_rates AS rates WHERE rates.account = offers.account AND rates.vat_id = offers.vat_id ORDER BY rates.since DESC LIMIT 1) + (offers.sale_price % 10000 * (SELECT rates.rate FROM vat_rates AS rates WHERE rates.account = offers.account AND rates.vat_id = offers.vat_id ORDER BY rates.since DESC LIMIT 1) + CASE WHEN offers.sale_price < 0 THEN -5000 ELSE 5000 END) / 10000 AS units)) AS sale_price_with_vat, offers.estimated_stock AS estimated_stock, offers.handling_time AS handling_time, offers.warranty AS warranty, offers.validation_status AS validation_status, offers.translation_validation_status AS translation_validation_status, offers.offer_validation_status AS offer_validation_status, offers.ownership AS ownership, offers.genius_eligibility AS genius_eligibility, offers.genius_eligibility_type AS genius_eligibility_type, offers.genius_computed AS genius_computed, replace(offers.first_seen_at, ' ', 'T') || 'Z' AS created_at, replace(offers.changed_at, ' ', 'T') || 'Z' AS updated_at, replace(offers.last_seen_at, ' ', 'T') || 'Z' AS last_synced_at FROM offers WHERE offers.removed_at IS NULL;

CREATE VIEW v_removed_offers AS SELECT offers.id AS id, offers.account AS account, offers.emag_id AS emag_id, offers.part_number AS part_number, offers.part_number_key AS part_number_key, offers.name AS name, offers.brand AS brand, CASE WHEN offers.sale_price IS NULL THEN NULL ELSE printf('%s%d.%04d', CASE WHEN offers.sale_price < 0 THEN '-' ELSE '' END, abs(offers.sale_price) / 10000, abs(offers.sale_price) % 10000) END AS sale_price, offers.currency AS currency, offers.currency_type AS currency_type, offers.stock AS stock, CASE offers.status WHEN 0 THEN 'inactive' WHEN 1 THEN 'active' WHEN 2 THEN 'end_of_life' ELSE NULL END AS status, offers.status AS status_code, offers.sellable AS sellable, CASE offers.not_sellable WHEN '' THEN '[]' ELSE '["' || replace(offers.not_sellable, ' ', '","') || '"]' END AS not_sellable, offers.category_id AS category_id, (SELECT categories.name FROM categories WHERE categories.account = offers.account AND categories.category_id = offers.category_id) AS category_name, offers.eans AS eans, offers.main_image AS main_image, CASE WHEN offers.recommended_price IS NULL THEN NULL ELSE printf('%s%d.%04d', CASE WHEN offers.recommended_price < 0 THEN '-' ELSE '' END, abs(offers.recommended_price) / 10000, abs(offers.recommended_price) % 10000) END AS recommended_price, CASE WHEN offers.min_sale_price IS NULL THEN NULL ELSE printf('%s%d.%04d', CASE WHEN offers.min_sale_price < 0 THEN '-' ELSE '' END, abs(offers.min_sale_price) / 10000, abs(offers.min_sale_price) % 10000) END AS min_sale_price, CASE WHEN offers.max_sale_price IS NULL THEN NULL ELSE printf('%s%d.%04d', CASE WHEN offers.max_sale_price < 0 THEN '-' ELSE '' END, abs(offers.max_sale_price) / 10000, abs(offers.max_sale_price) % 10000) END AS max_sale_price, CASE WHEN offers.best_offer_sale_price IS NULL THEN NULL ELSE printf('%s%d.%04d', CASE WHEN offers.best_offer_sale_price < 0 THEN '-' ELSE '' END, abs(offers.best_offer_sale_price) / 10000, abs(offers.best_offer_sale_price) % 10000) END AS best_offer_sale_price, CASE WHEN offers.main_offer_price IS NULL THEN NULL ELSE printf('%s%d.%04d', CASE WHEN offers.main_offer_price < 0 THEN '-' ELSE '' END, abs(offers.main_offer_price) / 10000, abs(offers.main_offer_price) % 10000) END AS main_offer_price, offers.buy_button_rank AS buy_button_rank, offers.number_of_offers AS number_of_offers, offers.vat_id AS vat_id, (SELECT CASE WHEN units IS NULL THEN NULL ELSE printf('%s%d.%04d', CASE WHEN units < 0 THEN '-' ELSE '' END, abs(units) / 10000, abs(units) % 10000) END FROM (SELECT (SELECT rates.rate FROM vat_rates AS rates WHERE rates.account = offers.account AND rates.vat_id = offers.vat_id ORDER BY rates.since DESC LIMIT 1) AS units)) AS vat_rate, (SELECT CASE WHEN units IS NULL THEN NULL ELSE printf('%s%d.%04d', CASE WHEN units < 0 THEN '-' ELSE '' END, abs(units) / 10000, abs(units) % 10000) END FROM (SELECT offers.sale_price + offers.sale_price / 10000 * (SELECT rates.rate FROM vat_rates AS rates WHERE rates.account = offers.account AND rates.vat_id = offers.vat_id ORDER BY rates.since DESC LIMIT 1) + (offers.sale_price % 10000 * (SELECT rates.rate FROM vat_rates AS rates WHERE rates.account = offers.account AND rates.vat_id = offers.vat_id ORDER BY rates.since DESC LIMIT 1) + CASE WHEN offers.sale_price < 0 THEN -5000 ELSE 5000 END) / 10000 AS units)) AS sale_price_with_vat, offers.estimated_stock AS estimated_stock, offers.handling_time AS handling_time, offers.warranty AS warranty, offers.validation_status AS validation_status, offers.translation_validation_status AS translation_validation_status, offers.offer_validation_status AS offer_validation_status, offers.ownership AS ownership, offers.genius_eligibility AS genius_eligibility, offers.genius_eligibility_type AS genius_eligibility_type, offers.genius_computed AS genius_computed, replace(offers.first_seen_at, ' ', 'T') || 'Z' AS created_at, replace(offers.changed_at, ' ', 'T') || 'Z' AS updated_at, replace(offers.last_seen_at, ' ', 'T') || 'Z' AS last_synced_at, replace(offers.removed_at, ' ', 'T') || 'Z' AS removed_at FROM offers WHERE offers.removed_at IS NOT NULL;

CREATE VIEW v_runs AS SELECT runs.id AS id, runs.sync_id AS sync_id, runs.account AS account, runs.mode AS mode, runs.status AS status, COALESCE(json_extract(runs.parameters, '$.dry_run'), 0) AS dry_run, runs.trigger AS triggered_by, replace(runs.created_at, ' ', 'T') || 'Z' AS created_at, replace(runs.started_at, ' ', 'T') || 'Z' AS started_at, replace(runs.finished_at, ' ', 'T') || 'Z' AS completed_at, runs.total_items AS total_items, runs.processed AS processed_items, runs.created AS created_items, runs.updated AS updated_items, runs.unchanged AS unchanged_items, runs.removed AS removed_items, runs.failed AS failed_items, runs.pages_read AS pages_read, runs.requests AS api_requests_made, runs.rate_limit_hits AS rate_limit_hits, runs.wait_seconds AS wait_seconds, runs.attempt AS attempt, runs.error_count AS error_count, runs.errors AS errors, runs.resumed_from AS resumed_from FROM sync_runs AS runs;

CREATE VIEW v_vat_rates AS SELECT vat_rates.account AS account, vat_rates.vat_id AS vat_id, vat_rates.since AS since, CASE WHEN vat_rates.rate IS NULL THEN NULL ELSE printf('%s%d.%04d', CASE WHEN vat_rates.rate < 0 THEN '-' ELSE '' END, abs(vat_rates.rate) / 10000, abs(vat_rates.rate) % 10000) END AS vat_rate, vat_rates.name AS name FROM vat_rates;

CREATE TRIGGER offer_search_forgotten AFTER DELETE ON offer_search BEGIN INSERT INTO offer_search_index(offer_search_index, rowid, text) VALUES ('delete', old.offer_id, old.text); END;

INSERT INTO offer_search_index(offer_search_index, rank) VALUES ('automerge', 16);
