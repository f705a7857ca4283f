-- The roll-ups without keys, and those of keys by the month: however many keys there are, a page reads few lines. Both have the columns of
-- rollups and are written in the same transaction; '' stands for what is not told apart. They begin with what the roll-ups hold.
create table rollups_of_models (
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

create table rollups_of_keys (
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

insert into rollups_of_models (hour, key, tenant, provider, model, alias, lines, finished, failed, abandoned, cached, unknown, resolved,
  estimates, no_price, no_rate, no_usage, other_unit, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens,
  reasoning_tokens, input_audio_tokens, output_audio_tokens, input_cost, output_cost, cache_read_cost, cache_write_cost, reasoning_cost,
  input_audio_cost, output_audio_cost, request_cost, cost)
select hour, '' as key_, '' as tenant_, provider, model, alias, sum(lines), sum(finished), sum(failed), sum(abandoned), sum(cached),
  sum(unknown), sum(resolved), sum(estimates), sum(no_price), sum(no_rate), sum(no_usage), sum(other_unit), sum(input_tokens),
  sum(output_tokens), sum(cache_read_tokens), sum(cache_write_tokens), sum(reasoning_tokens), sum(input_audio_tokens),
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
select cast(strftime('%s', hour / 1000, 'unixepoch', 'start of month') as integer) * 1000 as month, key, tenant, '' as provider_, '' as
  model_, '' as alias_, sum(lines), sum(finished), sum(failed), sum(abandoned), sum(cached), sum(unknown), sum(resolved), sum(estimates),
  sum(no_price), sum(no_rate), sum(no_usage), sum(other_unit), sum(input_tokens), sum(output_tokens), sum(cache_read_tokens),
  sum(cache_write_tokens), sum(reasoning_tokens), sum(input_audio_tokens), sum(output_audio_tokens), sum(input_cost), sum(output_cost),
  sum(cache_read_cost), sum(cache_write_cost), sum(reasoning_cost), sum(input_audio_cost), sum(output_audio_cost), sum(request_cost),
  sum(cost)
from rollups group by 1, 2, 3, 4, 5, 6;
