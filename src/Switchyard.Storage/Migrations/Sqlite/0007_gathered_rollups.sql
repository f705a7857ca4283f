-- What each key and tenant has used by the day and by the month. Both have the columns of rollups; '' stands for what is not told apart. They
-- are gathered from the roll-ups of an hour when it is over, up to the hour in rollups_gathered, and begin empty: a gateway gathers what is
-- there in the background. rollups_of_keys is not written any more.
create table rollups_of_days (
  hour integer not null,
  key text not null,
  tenant text not null,
  provider text not null,
  model text not null,
  alias text not null,
  lines integer not null,
  finished integer not null,
  failed integer not null,
  abandoned integer not null,
  cached integer not null,
  unknown integer not null,
  resolved integer not null,
  estimates integer not null,
  no_price integer not null,
  no_rate integer not null,
  no_usage integer not null,
  other_unit integer not null,
  input_tokens integer not null,
  output_tokens integer not null,
  cache_read_tokens integer not null,
  cache_write_tokens integer not null,
  reasoning_tokens integer not null,
  input_audio_tokens integer not null,
  output_audio_tokens integer not null,
  input_cost integer not null,
  output_cost integer not null,
  cache_read_cost integer not null,
  cache_write_cost integer not null,
  reasoning_cost integer not null,
  input_audio_cost integer not null,
  output_audio_cost integer not null,
  request_cost integer not null,
  cost integer not null,
  primary key (hour, key, tenant, provider, model, alias)
) without rowid;

create table rollups_of_months (
  hour integer not null,
  key text not null,
  tenant text not null,
  provider text not null,
  model text not null,
  alias text not null,
  lines integer not null,
  finished integer not null,
  failed integer not null,
  abandoned integer not null,
  cached integer not null,
  unknown integer not null,
  resolved integer not null,
  estimates integer not null,
  no_price integer not null,
  no_rate integer not null,
  no_usage integer not null,
  other_unit integer not null,
  input_tokens integer not null,
  output_tokens integer not null,
  cache_read_tokens integer not null,
  cache_write_tokens integer not null,
  reasoning_tokens integer not null,
  input_audio_tokens integer not null,
  output_audio_tokens integer not null,
  input_cost integer not null,
  output_cost integer not null,
  cache_read_cost integer not null,
  cache_write_cost integer not null,
  reasoning_cost integer not null,
  input_audio_cost integer not null,
  output_audio_cost integer not null,
  request_cost integer not null,
  cost integer not null,
  primary key (hour, key, tenant, provider, model, alias)
) without rowid;

-- Which tenants there are.
create index rollups_of_months_by_tenant on rollups_of_months (tenant);

create table rollups_gathered (
  id integer primary key check (id = 1),
  until integer not null
);
insert into rollups_gathered (id, until) values (1, 0);
