-- What each key and tenant has used by the day and by the month. Both have the columns of rollups; '' stands for what is not told apart. They
-- are gathered from the roll-ups of an hour when it is over, up to the hour in rollups_gathered, and begin empty: a gateway gathers what is
-- there in the background. rollups_of_keys is not written any more.
create table rollups_of_days (
  hour bigint not null,
  key text not null,
  tenant text not null,
  provider text not null,
  model text not null,
  alias text not null,
  lines bigint not null,
  finished bigint not null,
  failed bigint not null,
  abandoned bigint not null,
  cached bigint not null,
  unknown bigint not null,
  resolved bigint not null,
  estimates bigint not null,
  no_price bigint not null,
  no_rate bigint not null,
  no_usage bigint not null,
  other_unit bigint not null,
  input_tokens bigint not null,
  output_tokens bigint not null,
  cache_read_tokens bigint not null,
  cache_write_tokens bigint not null,
  reasoning_tokens bigint not null,
  input_audio_tokens bigint not null,
  output_audio_tokens bigint not null,
  input_cost bigint not null,
  output_cost bigint not null,
  cache_read_cost bigint not null,
  cache_write_cost bigint not null,
  reasoning_cost bigint not null,
  input_audio_cost bigint not null,
  output_audio_cost bigint not null,
  request_cost bigint not null,
  cost bigint not null,
  primary key (hour, key, tenant, provider, model, alias)
);

create table rollups_of_months (
  hour bigint not null,
  key text not null,
  tenant text not null,
  provider text not null,
  model text not null,
  alias text not null,
  lines bigint not null,
  finished bigint not null,
  failed bigint not null,
  abandoned bigint not null,
  cached bigint not null,
  unknown bigint not null,
  resolved bigint not null,
  estimates bigint not null,
  no_price bigint not null,
  no_rate bigint not null,
  no_usage bigint not null,
  other_unit bigint not null,
  input_tokens bigint not null,
  output_tokens bigint not null,
  cache_read_tokens bigint not null,
  cache_write_tokens bigint not null,
  reasoning_tokens bigint not null,
  input_audio_tokens bigint not null,
  output_audio_tokens bigint not null,
  input_cost bigint not null,
  output_cost bigint not null,
  cache_read_cost bigint not null,
  cache_write_cost bigint not null,
  reasoning_cost bigint not null,
  input_audio_cost bigint not null,
  output_audio_cost bigint not null,
  request_cost bigint not null,
  cost bigint not null,
  primary key (hour, key, tenant, provider, model, alias)
);

-- Which tenants there are.
create index rollups_of_months_by_tenant on rollups_of_months (tenant);

create table rollups_gathered (
  id integer primary key check (id = 1),
  until bigint not null
);
insert into rollups_gathered (id, until) values (1, 0);
