-- The roll-ups without keys, and those of keys by the month: however many keys there are, a page reads few lines. Both have the columns of
-- rollups and are written in the same transaction; '' stands for what is not told apart. They begin with what the roll-ups hold.
create table rollups_of_models (
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

create table rollups_of_keys (
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

insert into rollups_of_models (hour, key, tenant, provider, model, alias, lines, finished, failed, abandoned, cached, unknown, resolved,
  estimates, no_price, no_rate, no_usage, other_unit, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens,
  reasoning_tokens, input_audio_tokens, output_audio_tokens, input_cost, output_cost, cache_read_cost, cache_write_cost, reasoning_cost,
  input_audio_cost, output_audio_cost, request_cost, cost)
select hour, ''::text as key_, ''::text as tenant_, provider, model, alias, sum(lines), sum(finished), sum(failed), sum(abandoned),
  sum(cached), sum(unknown), sum(resolved), sum(estimates), sum(no_price), sum(no_rate), sum(no_usage), sum(other_unit),
  sum(input_tokens), sum(output_tokens), sum(cache_read_tokens), sum(cache_write_tokens), sum(reasoning_tokens), sum(input_audio_tokens),
  sum(output_audio_tokens), sum(input_cost), sum(output_cost), sum(cache_read_cost), sum(cache_write_cost), sum(reasoning_cost),
  sum(input_audio_cost), sum(output_audio_cost), sum(request_cost), sum(cost)
from rollups group by 1, 2, 3, 4, 5, 6;

-- Nothing of this version reads what follows (decision 0046). It stays as long as the version that does is the neighbour of one that runs these
-- migrations: a database brought here in one step, from before 0005, may be served by that version beside this one, or after a way back, and
-- it takes an empty table for months without a call. The later migration that drops rollups_of_keys takes this out with it.
insert into rollups_of_keys (hour, key, tenant, provider, model, alias, lines, finished, failed, abandoned, cached, unknown, resolved,
  estimates, no_price, no_rate, no_usage, other_unit, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens,
  reasoning_tokens, input_audio_tokens, output_audio_tokens, input_cost, output_cost, cache_read_cost, cache_write_cost, reasoning_cost,
  input_audio_cost, output_audio_cost, request_cost, cost)
select (extract(epoch from date_trunc('month', to_timestamp(hour / 1000) at time zone 'UTC') at time zone 'UTC') * 1000)::bigint as month,
  key, tenant, ''::text as provider_, ''::text as model_, ''::text as alias_, sum(lines), sum(finished), sum(failed), sum(abandoned),
  sum(cached), sum(unknown), sum(resolved), sum(estimates), sum(no_price), sum(no_rate), sum(no_usage), sum(other_unit),
  sum(input_tokens), sum(output_tokens), sum(cache_read_tokens), sum(cache_write_tokens), sum(reasoning_tokens), sum(input_audio_tokens),
  sum(output_audio_tokens), sum(input_cost), sum(output_cost), sum(cache_read_cost), sum(cache_write_cost), sum(reasoning_cost),
  sum(input_audio_cost), sum(output_audio_cost), sum(request_cost), sum(cost)
from rollups group by 1, 2, 3, 4, 5, 6;
