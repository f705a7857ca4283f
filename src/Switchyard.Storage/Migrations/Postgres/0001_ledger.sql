-- One line for each attempt that is counted. Times are milliseconds since 1970 UTC, money is nano-dollars.
create table entries (
  seq bigint generated always as identity primary key,
  call uuid not null,
  attempt integer not null,
  request_id text not null,
  node uuid not null,
  started bigint not null,
  duration bigint not null,
  outcome integer not null,
  key text,
  tenant text,
  end_user text,
  session text,
  tag text,
  alias text not null,
  provider text not null,
  model text not null,
  operation text not null,
  input_tokens bigint,
  output_tokens bigint,
  cache_read_tokens bigint,
  cache_write_tokens bigint,
  cache_write_1h_tokens bigint,
  reasoning_tokens bigint,
  input_audio_tokens bigint,
  output_audio_tokens bigint,
  is_estimate boolean not null,
  input_cost bigint not null,
  output_cost bigint not null,
  cache_read_cost bigint not null,
  cache_write_cost bigint not null,
  reasoning_cost bigint not null,
  input_audio_cost bigint not null,
  output_audio_cost bigint not null,
  request_cost bigint not null,
  cost bigint not null,
  unpriced integer not null,
  price_version text,
  worst_case bigint not null,
  budgets text,
  unique (call, attempt)
);

create index entries_by_time on entries (started);
create index entries_unknown on entries (outcome) where outcome = 0;

-- What each budget has spent in each of its periods.
create table budget_accounts (
  account text primary key,
  updated bigint not null,
  spent bigint not null
);

-- What each gateway may spend of a budget without asking again: what all have together and what is spent never exceeds the budget.
create table budget_leases (
  account text not null,
  node uuid not null,
  amount bigint not null,
  expires timestamptz not null,
  primary key (account, node)
);

-- What is to be said once, by whichever process says it first.
create table claims (
  name text primary key,
  claimed bigint not null
);

create table settings (
  name text primary key,
  value text not null
);
