-- One line for each attempt that is counted. Times are milliseconds since 1970 UTC, money is nano-dollars.
create table entries (
  seq integer primary key autoincrement,
  call blob not null,
  attempt integer not null,
  request_id text not null,
  node blob not null,
  started integer not null,
  duration integer not null,
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
  input_tokens integer,
  output_tokens integer,
  cache_read_tokens integer,
  cache_write_tokens integer,
  cache_write_1h_tokens integer,
  reasoning_tokens integer,
  input_audio_tokens integer,
  output_audio_tokens integer,
  is_estimate integer not null,
  input_cost integer not null,
  output_cost integer not null,
  cache_read_cost integer not null,
  cache_write_cost integer not null,
  reasoning_cost integer not null,
  input_audio_cost integer not null,
  output_audio_cost integer not null,
  request_cost integer not null,
  cost integer not null,
  unpriced integer not null,
  price_version text,
  worst_case integer not null,
  budgets text,
  unique (call, attempt)
);

create index entries_by_time on entries (started);
create index entries_unknown on entries (outcome) where outcome = 0;

-- Calls that have begun and not ended, written only for those that take longer than one commit.
create table intents (
  call blob primary key,
  entry blob not null
) without rowid;

-- What each budget has spent in each of its periods.
create table budget_accounts (
  account text primary key,
  updated integer not null,
  spent integer not null
) without rowid;

-- What is to be said once, by whichever process says it first.
create table claims (
  name text primary key,
  claimed integer not null
) without rowid;

create table settings (
  name text primary key,
  value text not null
) without rowid;
